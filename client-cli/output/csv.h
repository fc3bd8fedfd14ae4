// CSV as `tally export` writes it: RFC 4180, and no cell that a spreadsheet would run.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace tallystick {

struct CsvCell {
  std::string text;
  bool number = false;  // tally's own: stays bare, also when it begins with a minus sign
};

// A text as it stands in a cell, before it is quoted. What a spreadsheet would take for a formula,
// and run, gets an apostrophe before it, which makes a text of it: what begins with = + - @ | % (in
// fullwidth forms, too), spaces before that aside, or with a tab or a carriage return. So does what
// begins with an apostrophe, so that whoever takes one away has the text again.
std::string CsvText(absl::string_view text);

// One record with its line break; cells are quoted where they have to be.
std::string CsvRecordText(const std::vector<CsvCell>& cells);

}  // namespace tallystick
