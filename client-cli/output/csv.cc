#include "client-cli/output/csv.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

namespace tallystick {
namespace {

// Takes one of `prefixes` from the front of `text`; false when it begins with none of them.
template <size_t size>
bool ConsumeOneOf(const absl::string_view (&prefixes)[size], absl::string_view& text) {
  for (const absl::string_view prefix : prefixes) {
    if (absl::ConsumePrefix(&text, prefix)) return true;
  }
  return false;
}

bool WouldBeRun(absl::string_view text) {
  constexpr absl::string_view kAtOnce[] = {"\t", "\r"};
  // No-break, ideographic and zero-width ones among them.
  constexpr absl::string_view kSpaces[] = {" ",      "\n",     "\v",     "\f",       "\u00a0",
                                           "\u3000", "\u200b", "\ufeff", kAtOnce[0], kAtOnce[1]};
  constexpr absl::string_view kFormulas[] = {"=", "+",      "-",      "@",      "|",
                                             "%", "\uff1d", "\uff0b", "\uff0d", "\uff20"};
  absl::string_view rest = text;
  if (ConsumeOneOf(kAtOnce, rest)) return true;
  while (ConsumeOneOf(kSpaces, rest)) {
  }
  return ConsumeOneOf(kFormulas, rest);
}

std::string Quoted(std::string text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

}  // namespace

std::string CsvText(absl::string_view text) {
  const bool guarded = absl::StartsWith(text, "'") || WouldBeRun(text);
  return absl::StrCat(guarded ? "'" : "", text);
}

std::string CsvRecordText(const std::vector<CsvCell>& cells) {
  const auto append = [](std::string* out, const CsvCell& cell) {
    absl::StrAppend(out, Quoted(cell.number ? cell.text : CsvText(cell.text)));
  };
  return absl::StrCat(absl::StrJoin(cells, ",", append), "\r\n");
}

}  // namespace tallystick
