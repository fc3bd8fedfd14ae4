#include "client-cli/output/table.h"

#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include <algorithm>
#include <cstdint>
#include <numeric>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "platform/trade/text.h"

namespace tallystick {
namespace {

constexpr int kGap = 2;
constexpr int kNarrowest = 6;
// A terminal of fewer columns is narrow: there is hardly a table that it has room for.
constexpr int kNarrow = 60;

struct CodePoint {
  uint32_t value = 0;
  absl::string_view bytes;
};

// The code point at the front of valid UTF-8.
CodePoint FirstOf(absl::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  const size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  uint32_t value = length == 1 ? first : first & (0x7f >> length);
  for (size_t i = 1; i < length; ++i) {
    value = (value << 6) | (static_cast<unsigned char>(text[i]) & 0x3f);
  }
  return {value, text.substr(0, length)};
}

int WidthOf(uint32_t code_point) {
  const int width = wcwidth(static_cast<wchar_t>(code_point));
  return width < 0 ? 1 : width;
}

bool IsHarmful(uint32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x202a && c <= 0x202e) ||
         (c >= 0x2066 && c <= 0x2069) || c == 0x2028 || c == 0x2029;
}

// What nobody sees, and so what nobody can tell apart: format characters that join, order or tag
// others, and fillers. (Not U+200D, which belongs to emoji.)
bool IsInvisible(uint32_t c) {
  return c == 0xad || c == 0x34f || c == 0x61c || c == 0x115f || c == 0x1160 || c == 0x180e ||
         (c >= 0x200b && c <= 0x200c) || (c >= 0x200e && c <= 0x200f) ||
         (c >= 0x2060 && c <= 0x206f) || c == 0x3164 || c == 0xfeff || c == 0xffa0 ||
         (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe0fff);
}

winsize TerminalSize(int file) {
  winsize size{};
  if (!isatty(file) || ioctl(file, TIOCGWINSZ, &size) != 0) return {};
  return size;
}

}  // namespace

std::string Printable(absl::string_view text) {
  std::string clean;
  if (!IsValidUtf8(text)) {
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      clean += byte >= 0x20 && byte < 0x7f ? c : '?';
    }
    return clean;
  }
  while (!text.empty()) {
    const CodePoint point = FirstOf(text);
    if (IsHarmful(point.value)) {
      clean += '?';
    } else if (IsInvisible(point.value)) {
      absl::StrAppendFormat(&clean, "<U+%04X>", point.value);
    } else {
      clean.append(point.bytes.data(), point.bytes.size());
    }
    text.remove_prefix(point.bytes.size());
  }
  return clean;
}

int DisplayWidth(absl::string_view text) {
  if (!IsValidUtf8(text)) return static_cast<int>(text.size());
  int width = 0;
  while (!text.empty()) {
    const CodePoint point = FirstOf(text);
    width += WidthOf(point.value);
    text.remove_prefix(point.bytes.size());
  }
  return width;
}

int RowsOn(absl::string_view text, int width) {
  int rows = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    std::string shown;
    for (size_t at = 0; at < line.size(); ++at) {
      const bool colour = line.substr(at, 2) == "\033[";
      const size_t end = colour ? line.find('m', at) : absl::string_view::npos;
      if (end == absl::string_view::npos) {
        shown += line[at];
      } else {
        at = end;
      }
    }
    const int columns = DisplayWidth(shown);
    rows += width > 0 && columns > width ? (columns + width - 1) / width : 1;
  }
  return rows - 1;  // what follows the last line break
}

std::string Cut(const std::string& text, int width) {
  if (DisplayWidth(text) <= width) return text;
  std::string cut;
  int used = 0;
  absl::string_view rest = text;
  while (!rest.empty()) {
    const CodePoint point = FirstOf(rest);
    const int next = WidthOf(point.value);
    if (used + next > width - 1) break;
    used += next;
    cut.append(point.bytes.data(), point.bytes.size());
    rest.remove_prefix(point.bytes.size());
  }
  return cut + "…";
}

std::string Wrapped(absl::string_view text, int width, int indent) {
  const std::string before(static_cast<size_t>(indent), ' ');
  std::string out = before;
  int used = indent;
  for (const absl::string_view word : absl::StrSplit(text, ' ')) {
    const int needed = DisplayWidth(word);
    if (width > 0 && used > indent && used + 1 + needed > width) {
      absl::StrAppend(&out, "\n", before, word);
      used = indent + needed;
    } else {
      const bool first = used == indent;
      absl::StrAppend(&out, first ? "" : " ", word);
      used += needed + (first ? 0 : 1);
    }
  }
  return out + "\n";
}

std::string Titled(const std::string& title, absl::string_view text, int width, int indent) {
  int longest = 0;
  for (const absl::string_view word : absl::StrSplit(text, ' ')) {
    longest = std::max(longest, DisplayWidth(word));
  }
  if (width > 0 && indent + longest > width) {
    return absl::StrCat(title, "\n", Wrapped(text, width, kGap));
  }
  const std::string pad(static_cast<size_t>(std::max(0, indent - DisplayWidth(title))), ' ');
  return absl::StrCat(title, pad, Wrapped(text, width, indent).substr(static_cast<size_t>(indent)));
}

int TerminalWidth() { return TerminalSize(STDOUT_FILENO).ws_col; }
int TerminalHeight() { return TerminalSize(STDOUT_FILENO).ws_row; }
int ErrorTerminalWidth() { return TerminalSize(STDERR_FILENO).ws_col; }

Table Table::WithoutEmptyColumns() const {
  Table table({});
  std::vector<size_t> used;
  for (size_t i = 0; i < columns_.size(); ++i) {
    const auto has_cell = [i](const auto& row) { return !row[i].empty(); };
    if (!rows_.empty() && std::ranges::none_of(rows_, has_cell)) continue;
    used.push_back(i);
    table.columns_.push_back(columns_[i]);
  }
  for (const auto& row : rows_) {
    auto& cells = table.rows_.emplace_back();
    for (const size_t i : used) cells.push_back(row[i]);
  }
  return table;
}

std::string Table::Render(int width) const { return WithoutEmptyColumns().RenderColumns(width); }

std::string Table::RenderColumns(int width) const {
  std::vector<std::vector<std::string>> lines;
  if (std::ranges::any_of(columns_, [](const Column& column) { return !column.title.empty(); })) {
    lines.emplace_back();
    for (const Column& column : columns_) lines[0].push_back(column.title);
  }
  for (const auto& row : rows_) {
    std::vector<std::string>& line = lines.emplace_back();
    for (const std::string& cell : row) line.push_back(Printable(cell));
  }
  std::vector<int> widths(columns_.size(), 0);
  for (const auto& line : lines) {
    for (size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], DisplayWidth(line[i]));
  }
  int excess = std::accumulate(widths.begin(), widths.end(), 0) +
               kGap * (static_cast<int>(widths.size()) - 1) - width;
  if (width > 0 && width < kNarrow && excess > 0) return RenderBlocks(width);
  while (width > 0 && excess > 0) {
    int widest = -1;
    for (size_t i = 0; i < widths.size(); ++i) {
      if (!columns_[i].shrink || widths[i] <= kNarrowest) continue;
      if (widest < 0 || widths[i] > widths[widest]) widest = static_cast<int>(i);
    }
    if (widest < 0) return RenderBlocks(width);
    --widths[widest];
    --excess;
  }
  std::string text;
  for (const auto& line : lines) {
    std::string out;
    for (size_t i = 0; i < line.size(); ++i) {
      const std::string cell = Cut(line[i], widths[i]);
      const std::string pad(std::max(0, widths[i] - DisplayWidth(cell)), ' ');
      if (i > 0) out.append(kGap, ' ');
      absl::StrAppend(&out, columns_[i].right ? pad : "", cell, columns_[i].right ? "" : pad);
    }
    out.erase(out.find_last_not_of(' ') + 1);
    absl::StrAppend(&text, out, "\n");
  }
  return text;
}

std::string Table::RenderBlocks(int width) const {
  int titles = 0;
  for (const Column& column : columns_) titles = std::max(titles, DisplayWidth(column.title));
  // Values that would have less room than their titles stand below those.
  const int indent = titles == 0 || titles + kGap > width / 2 ? kGap : titles + kGap;
  std::string text;
  for (const auto& row : rows_) {
    if (titles == 0) {
      std::string words;
      for (const std::string& cell : row) {
        absl::StrAppend(&words, words.empty() || cell.empty() ? "" : " ", Printable(cell));
      }
      const absl::string_view trimmed = absl::StripLeadingAsciiWhitespace(words);
      absl::StrAppend(&text, Wrapped(trimmed, width, kGap));
      continue;
    }
    if (!text.empty()) absl::StrAppend(&text, "\n");
    for (size_t i = 0; i < row.size(); ++i) {
      if (row[i].empty()) continue;
      const std::string& title = columns_[i].title;
      if (DisplayWidth(title) + kGap > indent) {
        absl::StrAppend(&text, title, "\n", Wrapped(Printable(row[i]), width, indent));
      } else {
        absl::StrAppend(&text, Titled(title, Printable(row[i]), width, indent));
      }
    }
  }
  return text;
}

}  // namespace tallystick
