#include "platform/ids/trace.h"

#include <sodium.h>

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace tallystick {
namespace {

// 00-TRACE_ID-PARENT_ID-FLAGS
constexpr size_t kTraceAt = 3, kTraceDigits = 32;
constexpr size_t kParentAt = 36, kParentDigits = 16;
constexpr size_t kFlagsAt = 53, kFlagsDigits = 2;
constexpr size_t kLength = kFlagsAt + kFlagsDigits;

bool IsHex(absl::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool IsId(absl::string_view text) {
  return IsHex(text) && text.find_first_not_of('0') != absl::string_view::npos;
}

// Never all zeros: that would be no id.
std::string NewId(size_t digits) {
  std::string bytes(digits / 2, '\0');
  randombytes_buf(bytes.data(), bytes.size());
  bytes.back() = static_cast<char>(bytes.back() | 1);
  return absl::BytesToHexString(bytes);
}

std::string Written(absl::string_view trace_id, bool is_sampled) {
  return absl::StrCat("00-", trace_id, "-", NewId(kParentDigits), is_sampled ? "-01" : "-00");
}

}  // namespace

bool IsTraceparent(absl::string_view text) {
  if (text.size() < kLength) return false;
  const absl::string_view version = text.substr(0, 2);
  if (!IsHex(version) || version == "ff") return false;
  if (text.size() > kLength && (version == "00" || text[kLength] != '-')) return false;
  return text[kTraceAt - 1] == '-' && text[kParentAt - 1] == '-' && text[kFlagsAt - 1] == '-' &&
         IsId(text.substr(kTraceAt, kTraceDigits)) && IsId(text.substr(kParentAt, kParentDigits)) &&
         IsHex(text.substr(kFlagsAt, kFlagsDigits));
}

std::string TraceIdOf(absl::string_view traceparent) {
  if (!IsTraceparent(traceparent)) return "";
  return std::string(traceparent.substr(kTraceAt, kTraceDigits));
}

std::string NewTraceparent() { return Written(NewId(kTraceDigits), false); }

std::string ChildOf(absl::string_view traceparent) {
  if (!IsTraceparent(traceparent)) return NewTraceparent();
  // The lowest bit of the flags: the last digit is odd.
  const char last = traceparent[kLength - 1];
  const int digit = last <= '9' ? last - '0' : last - 'a' + 10;
  return Written(traceparent.substr(kTraceAt, kTraceDigits), digit % 2 == 1);
}

}  // namespace tallystick
