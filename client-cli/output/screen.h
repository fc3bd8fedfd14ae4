// Where a command writes: tables or JSON to standard output, words to standard error; or both to
// whoever runs the command within another.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "client-cli/output/json.h"
#include "client-cli/output/spinner.h"
#include "client-cli/output/table.h"

namespace tallystick {

enum class Color { kNone, kGood, kBad, kFaint, kStrong };

// What a command has written.
struct Collected {
  std::optional<Json> json;  // the last that was printed
  std::string words;         // lines, without the last one's end
  std::string printed;       // of a screen with a width: what a terminal would show, as it is
};

class Screen {
 public:
  // `output`: table, wide, name, json, yaml or csv. Colour and animation only on a terminal,
  // without NO_COLOR and --no-color; `quiet`: nothing of how far things are.
  Screen(std::string output, bool no_color, bool quiet = false);
  // JSON and words go to `collected`, which outlives this, and nothing to the process's own output.
  // Nobody can be asked.
  explicit Screen(Collected& collected) : output_("json"), collected_(&collected) {}
  // As a terminal of `width` columns, without colours, would show it; into `collected`.
  Screen(Collected& collected, std::string output, int width)
      : output_(std::move(output)), collected_(&collected), width_(width) {}

  // What is shown goes to programs, through PrintJson: as JSON, or as YAML or CSV of the same.
  bool json() const { return output_ == "json" || output_ == "yaml" || output_ == "csv"; }
  // Tables with more columns than fit everywhere.
  bool wide() const { return output_ == "wide"; }
  // Only what things are called, one a line, for other programs.
  bool names() const { return output_ == "name"; }
  // Standard output is a terminal that may be redrawn.
  bool live() const { return live_; }
  // Somebody sits at the keyboard and can be asked.
  bool interactive() const;
  // Somebody reads what is shown, and is asked before something is sent.
  bool asks() const;
  // Asks on standard error and reads one line; nullopt at the end of input.
  std::optional<std::string> Ask(absl::string_view question) const;
  // True for an answer that begins with y.
  bool Confirm(absl::string_view question) const;
  int width() const { return width_ > 0 ? width_ : TerminalWidth(); }

  // One line; of YAML a document; of CSV rows, after a header if they are the first.
  void PrintJson(const Json& json) const;
  void Print(const Table& table) const;
  void Print(absl::string_view text) const;  // standard output, as it is
  void Say(absl::string_view words) const;   // standard error, one line

  // What is printed from now on is kept for ShowHeld, if a terminal would show it.
  void Hold();
  // Shows it: by the reader's pager ($PAGER, else less) if it is longer than the terminal is high.
  void ShowHeld();

  // A line on standard error that the next call overwrites; nothing when that is no terminal,
  // except that a finished progress is said once.
  void Progress(absl::string_view words, bool finished) const;
  // Says that `words` are waited for, if that takes longer than a second and standard error is a
  // terminal that may be redrawn, until what is given is gone. Null if it never would.
  std::shared_ptr<void> Waiting(absl::string_view words) const;

  // Clears what was drawn before, so that the next Print redraws in place.
  void ClearLines(int lines) const;

  std::string Paint(absl::string_view text, Color color) const;

  // Why standard output could not be written; OK also when whoever read it has had enough.
  absl::Status written() const { return written_; }

 private:
  void Write(absl::string_view text) const;
  void Tell(absl::string_view text) const;

  mutable absl::Status written_;
  mutable bool header_written_ = false;
  mutable std::string held_;
  bool holding_ = false;
  std::string output_;
  bool color_ = false;
  bool live_ = false;
  bool quiet_ = false;
  std::shared_ptr<Spinner> spinner_;  // null: never one
  Collected* collected_ = nullptr;
  int width_ = 0;  // 0: that of the terminal
};

}  // namespace tallystick
