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

// INVALID_ARGUMENT naming the line: a missing column out of `required`, a record with more or fewer
// fields than the header, a quote that is not closed, text that is not UTF-8. A byte order mark is
// skipped.
absl::StatusOr<std::vector<CsvRecord>> ParseCsv(absl::string_view text,
                                                const std::vector<std::string>& required);

// The whole file; "-" is standard input. At most 64 MiB.
absl::StatusOr<std::string> ReadTextFile(const std::string& path);

}  // namespace tallystick
