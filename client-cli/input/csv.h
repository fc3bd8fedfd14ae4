// CSV as RFC 4180 has it: a header line, quotes, doubled quotes, line breaks within quotes.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tallystick {

// One record: its values by column name, and the line that it begins on.
struct CsvRecord {
  int line = 0;
  std::map<std::string, std::string> values;

  // Empty when the record has no such column.
  const std::string& operator[](const std::string& column) const;
};

// The columns of a table; the names of others are errors, whoever mistyped them. Capitals in a file
// do not matter.
struct CsvColumns {
  std::vector<std::string> required;
  std::vector<std::string> optional;
};

// INVALID_ARGUMENT naming the line: a column that is missing, that is there twice or that `columns`
// does not have, a record with more or fewer fields than the header, a quote that is not closed,
// text that is not UTF-8. A byte order mark is skipped.
absl::StatusOr<std::vector<CsvRecord>> ParseCsv(absl::string_view text, const CsvColumns& columns);
// The same with whatever columns there are.
absl::StatusOr<std::vector<CsvRecord>> ParseCsv(absl::string_view text);

// The whole file; "-" is standard input. At most 64 MiB.
absl::StatusOr<std::string> ReadTextFile(const std::string& path);

}  // namespace tallystick
