#include "client-cli/output/yaml.h"

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace tallystick {
namespace {

// Of the four digits of an escape: the first half of a character beyond U+FFFF.
bool IsHalf(absl::string_view digits) {
  const char second = absl::ascii_tolower(static_cast<unsigned char>(digits[1]));
  return absl::ascii_tolower(static_cast<unsigned char>(digits[0])) == 'd' &&
         (second == '8' || second == '9' || second == 'a' || second == 'b');
}

// As JSON, but that what JSON writes as two halves (\ud83d\udc69) is one character (\U0001f469):
// the halves are none in YAML.
std::string PlainText(const Json& json) {
  constexpr size_t kEscape = 6;
  const std::string text = Dump(json);
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const bool is_pair = text[at] == '\\' && text.size() - at >= 2 * kEscape &&
                         text[at + 1] == 'u' && IsHalf(text.substr(at + 2, 4));
    if (is_pair) {
      const auto half = [&](size_t from) {
        return std::stoul(text.substr(from + 2, 4), nullptr, 16) & 0x3ff;
      };
      const auto code = 0x10000 + (half(at) << 10) + half(at + kEscape);
      absl::StrAppend(&out, "\\U", absl::Hex(code, absl::kZeroPad8));
      at += 2 * kEscape;
      continue;
    }
    const size_t size = text[at] == '\\' ? 2 : 1;
    out.append(text, at, size);
    at += size;
  }
  return out;
}

// A key that is a word stands bare; but for those that mean something else.
std::string KeyText(const std::string& key) {
  const bool word =
      !key.empty() && absl::ascii_isalpha(static_cast<unsigned char>(key[0])) &&
      std::ranges::all_of(key, [](unsigned char c) { return absl::ascii_isalnum(c) || c == '_'; });
  const std::string lower = absl::AsciiStrToLower(key);
  for (const char* meaning : {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}) {
    if (lower == meaning) return PlainText(key);
  }
  return word ? key : PlainText(key);
}

bool IsPlain(const Json& json) { return !json.is_structured() || json.empty(); }

// `json` in lines of this indent. The first has none: it stands behind what was written already.
void Append(const Json& json, size_t indent, std::string& out) {
  if (IsPlain(json)) {
    absl::StrAppend(&out, PlainText(json), "\n");
    return;
  }
  bool first = true;
  for (const auto& [key, value] : json.items()) {
    if (!first) out.append(indent, ' ');
    first = false;
    if (json.is_array()) {
      absl::StrAppend(&out, "- ");
      Append(value, indent + 2, out);
      continue;
    }
    absl::StrAppend(&out, KeyText(key), ":", IsPlain(value) ? " " : "\n");
    if (!IsPlain(value)) out.append(indent + 2, ' ');
    Append(value, indent + 2, out);
  }
}

}  // namespace

std::string YamlText(const Json& json) {
  std::string out = "---\n";
  Append(json, 0, out);
  return out;
}

}  // namespace tallystick
