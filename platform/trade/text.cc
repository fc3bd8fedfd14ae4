#include "platform/trade/text.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "platform/error/error.h"

namespace tallystick {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool PassesLuhn(absl::string_view digits) {
  int sum = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    int digit = digits[digits.size() - 1 - i] - '0';
    if (i % 2 == 1) digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
    sum += digit;
  }
  return sum % 10 == 0;
}

// Length of the UTF-8 sequence that starts `text`; 0 when there is none.
size_t SequenceLength(absl::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const size_t length = first < 0x80                    ? 1
                        : first >= 0xc2 && first < 0xe0 ? 2
                        : first >= 0xe0 && first < 0xf0 ? 3
                        : first >= 0xf0 && first < 0xf5 ? 4
                                                        : 0;
  if (length == 0 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  if (first == 0xe0 && byte(1) < 0xa0) return 0;   // overlong
  if (first == 0xed && byte(1) >= 0xa0) return 0;  // surrogate
  if (first == 0xf0 && byte(1) < 0x90) return 0;   // overlong
  if (first == 0xf4 && byte(1) >= 0x90) return 0;  // beyond U+10FFFF
  return length;
}

}  // namespace

bool IsValidUtf8(absl::string_view text) {
  while (!text.empty()) {
    const size_t length = SequenceLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool HasControlCharacters(absl::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7f) return true;
    // U+0080 to U+009F are C2 80 to C2 9F.
    if (byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0) {
      return true;
    }
  }
  return false;
}

bool ContainsCardNumber(absl::string_view text) {
  // The groups of digits that only separators stand between; a card's number is some of them in a
  // row, whatever is written before or after it.
  std::vector<std::string> groups;
  const auto has_card = [&groups] {
    for (size_t first = 0; first < groups.size(); ++first) {
      std::string digits;
      for (size_t i = first; i < groups.size() && digits.size() < 19; ++i) {
        digits += groups[i];
        if (digits.size() >= 12 && digits.size() <= 19 && PassesLuhn(digits)) return true;
      }
    }
    return false;
  };
  bool in_group = false;
  for (const char c : text) {
    if (IsDigit(c)) {
      if (!in_group) groups.emplace_back();
      groups.back() += c;
      in_group = true;
      continue;
    }
    in_group = false;
    if (c == ' ' || c == '-' || c == '.') continue;
    if (has_card()) return true;
    groups.clear();
  }
  return has_card();
}

bool IsSku(absl::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return IsDigit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_' ||
           c == '.';
  });
}

bool IsHostPort(absl::string_view address) {
  const size_t colon = address.rfind(':');
  if (colon == absl::string_view::npos) return false;
  absl::string_view host = address.substr(0, colon);
  const absl::string_view port = address.substr(colon + 1);
  int number = 0;
  if (port.empty() || port.size() > 5 || !absl::c_all_of(port, absl::ascii_isdigit) ||
      !absl::SimpleAtoi(port, &number) || number < 1 || number > 65'535) {
    return false;
  }
  const auto all_of = [](absl::string_view text, absl::string_view others) {
    return !text.empty() && text.size() <= 253 && absl::c_all_of(text, [&](char c) {
      return absl::ascii_isalnum(static_cast<unsigned char>(c)) || absl::StrContains(others, c);
    });
  };
  if (absl::ConsumePrefix(&host, "[")) {
    return absl::ConsumeSuffix(&host, "]") && all_of(host, ":.%");
  }
  return all_of(host, "-._");
}

absl::Status CheckText(absl::string_view field, absl::string_view text, size_t max_bytes,
                       bool required) {
  if (required && text.empty()) return InvalidField(field, "must not be empty");
  if (text.size() > max_bytes) {
    return InvalidField(
        field, absl::StrCat("is ", text.size(), " bytes long; at most ", max_bytes, " are taken"));
  }
  if (!IsValidUtf8(text)) return InvalidField(field, "is not valid UTF-8");
  if (HasControlCharacters(text)) {
    return InvalidField(field, "must not contain control characters");
  }
  if (ContainsCardNumber(text)) {
    return InvalidField(field, "looks like a card number; card numbers are never accepted here");
  }
  return absl::OkStatus();
}

}  // namespace tallystick
