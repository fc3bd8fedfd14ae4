// A file of settings: one `name = value` a line. `#` begins a comment, at the beginning of a line
// or after a blank. A value with blanks around it, or ` #` in it, stands in quotes, " or '. A name
// alone is a flag that is set.
#pragma once

#include <istream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace tallystick {

// A line without a comment that begins it or follows after a blank, and without the blanks around.
absl::string_view WithoutComment(absl::string_view text);

struct SettingLine {
  int number;
  std::string name;
  std::string value;
};

// INVALID_ARGUMENT, naming the line, for one that is none of these and for a name that was set
// before. A byte order mark and the ends of lines of other systems are no part of it.
absl::StatusOr<std::vector<SettingLine>> ReadSettingLines(std::istream& file);

}  // namespace tallystick
