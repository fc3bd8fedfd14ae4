#include "client-cli/input/csv.h"

#include <algorithm>
#include <fstream>
#include <iostream>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "platform/trade/text.h"

namespace tallystick {
namespace {

constexpr size_t kMaxFileBytes = 64u * 1024 * 1024;

struct RawRecord {
  int line = 0;
  std::vector<std::string> fields;
};

absl::Status At(int line, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("line ", line, ": ", what));
}

// Reads one field from the front of `text`; gives the character that ended it, or '\0' at the end.
absl::StatusOr<char> ReadField(absl::string_view& text, int& line, std::string& field) {
  const int first_line = line;
  if (absl::ConsumePrefix(&text, "\"")) {
    while (true) {
      if (text.empty()) return At(first_line, "a quote is not closed");
      if (absl::ConsumePrefix(&text, "\"\"")) {
        field += '"';
      } else if (absl::ConsumePrefix(&text, "\"")) {
        break;
      } else {
        if (text.front() == '\n') ++line;
        field += text.front();
        text.remove_prefix(1);
      }
    }
  }
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c == ',' || c == '\n') return c;
    if (c != '\r') field += c;
  }
  return '\0';
}

absl::StatusOr<std::vector<RawRecord>> Split(absl::string_view text) {
  std::vector<RawRecord> records;
  int line = 1;
  while (!text.empty()) {
    RawRecord record{line, {}};
    while (true) {
      std::string field;
      const absl::StatusOr<char> end = ReadField(text, line, field);
      if (!end.ok()) return end.status();
      record.fields.push_back(std::move(field));
      if (*end != ',') break;
    }
    ++line;
    const bool blank = record.fields.size() == 1 && record.fields.front().empty();
    if (!blank) records.push_back(std::move(record));
  }
  return records;
}

}  // namespace

const std::string& CsvRecord::operator[](const std::string& column) const {
  static const std::string kEmpty;
  const auto found = values.find(column);
  return found == values.end() ? kEmpty : found->second;
}

namespace {

// What is wrong with the header; makes its names those of `columns`.
absl::Status MatchHeader(const CsvColumns& columns, std::vector<std::string>& header) {
  if (header.size() == 1 && absl::StrContains(header[0], ';')) {
    return At(1, "the columns are divided by ';': save the file with commas");
  }
  std::vector<std::string> known = columns.required;
  known.insert(known.end(), columns.optional.begin(), columns.optional.end());
  for (std::string& name : header) {
    const auto found = std::ranges::find_if(
        known, [&](const std::string& one) { return absl::EqualsIgnoreCase(one, name); });
    if (found == known.end()) {
      return At(1, absl::StrCat("there is a column '", name, "', and nobody would read it; ",
                                "the columns are ", absl::StrJoin(known, ", ")));
    }
    name = *found;
  }
  for (const std::string& column : known) {
    const auto times = std::ranges::count(header, column);
    if (times > 1) return At(1, absl::StrCat("the column '", column, "' is there twice"));
  }
  for (const std::string& column : columns.required) {
    if (std::ranges::find(header, column) == header.end()) {
      return At(1, absl::StrCat("there is no column '", column, "'"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<CsvRecord>> Parse(absl::string_view text, const CsvColumns* columns) {
  absl::ConsumePrefix(&text, "\xef\xbb\xbf");
  absl::StatusOr<std::vector<RawRecord>> raw = Split(text);
  if (!raw.ok()) return raw.status();
  if (raw->empty()) return At(1, "there is no header line");
  std::vector<std::string> header;
  for (const std::string& name : raw->front().fields) {
    header.push_back(std::string(absl::StripAsciiWhitespace(name)));
  }
  const absl::Status matched = columns ? MatchHeader(*columns, header) : absl::OkStatus();
  if (!matched.ok()) return matched;
  std::vector<CsvRecord> records;
  for (size_t i = 1; i < raw->size(); ++i) {
    const RawRecord& from = (*raw)[i];
    if (from.fields.size() != header.size()) {
      return At(from.line,
                absl::StrCat(from.fields.size(), " fields, but the header has ", header.size()));
    }
    CsvRecord record{from.line, {}};
    for (size_t column = 0; column < header.size(); ++column) {
      if (!IsValidUtf8(from.fields[column])) {
        return At(from.line, absl::StrCat(header[column], " is not valid UTF-8"));
      }
      record.values[header[column]] = from.fields[column];
    }
    records.push_back(std::move(record));
  }
  return records;
}

}  // namespace

absl::StatusOr<std::vector<CsvRecord>> ParseCsv(absl::string_view text, const CsvColumns& columns) {
  return Parse(text, &columns);
}

absl::StatusOr<std::vector<CsvRecord>> ParseCsv(absl::string_view text) {
  return Parse(text, nullptr);
}

absl::StatusOr<std::string> ReadTextFile(const std::string& path) {
  std::ostringstream text;
  if (path == "-") {
    text << std::cin.rdbuf();
  } else {
    std::ifstream file(path, std::ios::binary);
    if (!file) return absl::NotFoundError(absl::StrCat("cannot read the file ", path));
    text << file.rdbuf();
  }
  if (text.view().size() > kMaxFileBytes) {
    return absl::InvalidArgumentError(absl::StrCat(path, " is larger than 64 MiB; split it"));
  }
  return text.str();
}

}  // namespace tallystick
