// Tables that fit the terminal. What a server sent never reaches it as control characters.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace tallystick {

struct Column {
  std::string title;
  bool right = false;   // numbers
  bool shrink = false;  // may be cut, with an ellipsis, when the terminal is narrow
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  void Add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.empty(); }

  // `width` columns of the terminal; 0 is without limit. Ends with a line break.
  std::string Render(int width) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// Control characters (of C1 and bidirectional overrides too) and what is not UTF-8 become '?';
// characters that nobody would see become <U+200B>.
std::string Printable(absl::string_view text);

// How many columns a text takes: wide characters two, combining ones none.
int DisplayWidth(absl::string_view text);

// At most `width` columns, the last one an ellipsis if something was cut.
std::string Cut(const std::string& text, int width);

// Of standard output; 0 when it is not a terminal, so that nothing is cut in a pipe.
int TerminalWidth();

}  // namespace tallystick
