// Tables that fit the terminal. What a server sent never reaches it as control characters.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace tallystick {

struct Column {
  std::string title;    // of no column: the table has no header
  bool right = false;   // numbers
  bool shrink = false;  // may be cut, with an ellipsis, when the terminal is narrow
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  void Add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.empty(); }
  // Drops all rows but the first; gives how many those were.
  size_t KeepFirst(size_t count) {
    const size_t dropped = rows_.size() - std::min(count, rows_.size());
    rows_.resize(rows_.size() - dropped);
    return dropped;
  }
  // The last row first.
  void Reverse() { std::ranges::reverse(rows_); }

  // `width` columns of the terminal; 0 is without limit. Ends with a line break. A column in which
  // no row has anything is left out. Where columns have no room beside each other, and where a
  // narrow terminal would cut them, a row is a block of lines: nothing is cut then.
  std::string Render(int width) const;

 private:
  Table WithoutEmptyColumns() const;
  std::string RenderColumns(int width) const;
  std::string RenderBlocks(int width) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// Control characters (of C1 and bidirectional overrides too) and what is not UTF-8 become '?';
// characters that nobody would see become <U+200B>.
std::string Printable(absl::string_view text);

// How many columns a text takes: wide characters two, combining ones none.
int DisplayWidth(absl::string_view text);

// How many rows of a terminal of `width` columns a text fills that ends with a line break: a line
// that is wider wraps. Escape sequences of colours take no room.
int RowsOn(absl::string_view text, int width);

// At most `width` columns, the last one an ellipsis if something was cut.
std::string Cut(const std::string& text, int width);

// `text` in lines of at most `width` columns (0: one line), each of which begins with `indent`
// blanks; broken between words, so that a longer word stands out. Ends with a line break.
std::string Wrapped(absl::string_view text, int width, int indent);

// The same, where the first line begins with `title`, which is as wide as the indent or narrower.
// If a word has no room beside it, the text stands below.
std::string Titled(const std::string& title, absl::string_view text, int width, int indent);

// Of standard output; 0 when it is not a terminal, so that nothing is cut in a pipe.
int TerminalWidth();
int TerminalHeight();
// Of standard error; 0 when that is none.
int ErrorTerminalWidth();

}  // namespace tallystick
