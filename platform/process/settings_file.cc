#include "platform/process/settings_file.h"

#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace tallystick {
namespace {

absl::Status WrongLine(int number, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("line ", number, ": ", what));
}

// What stands after the `=`.
absl::StatusOr<std::string> ReadValue(absl::string_view text, int number) {
  text = absl::StripAsciiWhitespace(text);
  if (text.empty() || (text[0] != '"' && text[0] != '\'')) {
    text = WithoutComment(text);
    if (text.empty()) return WrongLine(number, "has no value; an empty one is \"\"");
    return std::string(text);
  }
  const size_t end = text.find(text[0], 1);
  if (end == text.npos) return WrongLine(number, "the quotes do not end");
  if (!WithoutComment(text.substr(end + 1)).empty()) {
    return WrongLine(number, "something follows after the quotes");
  }
  return std::string(text.substr(1, end - 1));
}

}  // namespace

absl::string_view WithoutComment(absl::string_view text) {
  for (size_t at = text.find('#'); at != text.npos; at = text.find('#', at + 1)) {
    if (at == 0 || absl::ascii_isspace(static_cast<unsigned char>(text[at - 1]))) {
      text = text.substr(0, at);
      break;
    }
  }
  return absl::StripAsciiWhitespace(text);
}

absl::StatusOr<std::vector<SettingLine>> ReadSettingLines(std::istream& file) {
  std::vector<SettingLine> lines;
  std::map<std::string, int> set;  // at which line
  std::string text;
  for (int number = 1; std::getline(file, text); ++number) {
    absl::string_view rest = text;
    if (number == 1) absl::ConsumePrefix(&rest, "\xEF\xBB\xBF");
    if (WithoutComment(rest).empty()) continue;
    const size_t equals = rest.find('=');
    const absl::string_view name = equals == rest.npos
                                       ? WithoutComment(rest)
                                       : absl::StripAsciiWhitespace(rest.substr(0, equals));
    const bool is_name = !name.empty() && name.find_first_not_of(
                                              "abcdefghijklmnopqrstuvwxyz0123456789-") == name.npos;
    if (!is_name) return WrongLine(number, "is not `name = value`");
    absl::StatusOr<std::string> value =
        equals == rest.npos ? "true" : ReadValue(rest.substr(equals + 1), number);
    if (!value.ok()) return value.status();
    const auto [before, first] = set.emplace(name, number);
    if (!first) {
      return WrongLine(number,
                       absl::StrCat("sets '", name, "' again, after line ", before->second));
    }
    lines.push_back({number, std::string(name), *std::move(value)});
  }
  if (file.bad()) return absl::InvalidArgumentError("cannot be read");
  return lines;
}

}  // namespace tallystick
