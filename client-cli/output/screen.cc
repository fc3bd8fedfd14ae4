#include "client-cli/output/screen.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client-cli/output/rows.h"
#include "client-cli/output/yaml.h"

namespace tallystick {
namespace {

// What is over sooner is not waited for.
constexpr absl::Duration kPatience = absl::Seconds(1);

void WriteToStderr(absl::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

// False when there is no such program.
bool ShowByPager(const std::string& text) {
  constexpr int kNotFound = 127;  // as a shell says it
  const char* wanted = std::getenv("PAGER");
  FILE* pager = popen(wanted == nullptr ? "less -FRX" : wanted, "w");
  if (pager == nullptr) return false;
  // (Whoever has read enough closes it.)
  std::fwrite(text.data(), 1, text.size(), pager);
  const int status = pclose(pager);
  return !WIFEXITED(status) || WEXITSTATUS(status) != kNotFound;
}

}  // namespace

void Screen::Hold() {
  holding_ = collected_ == nullptr && !json() && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

void Screen::ShowHeld() {
  if (!std::exchange(holding_, false)) return;
  const char* wanted = std::getenv("PAGER");
  const bool none = wanted != nullptr && *wanted == '\0';
  const int height = TerminalHeight();
  const bool fits = height == 0 || RowsOn(held_, width()) < height;
  if (fits || none || !ShowByPager(held_)) Write(held_);
}

void Screen::Tell(absl::string_view text) const {
  if (spinner_ != nullptr) spinner_->Clear();
  WriteToStderr(text);
}

std::shared_ptr<void> Screen::Waiting(absl::string_view words) const {
  if (spinner_ == nullptr) return nullptr;
  // (A mark and a blank before it; a line that wraps could not be taken away again.)
  const int room = std::max(1, ErrorTerminalWidth() - 3);
  spinner_->Begin(Cut(Printable(words), room));
  return {nullptr, [spinner = spinner_](void*) { spinner->End(); }};
}

void Screen::Write(absl::string_view text) const {
  if (collected_ != nullptr && width_ > 0) {
    absl::StrAppend(&collected_->printed, text);
    return;
  }
  if (collected_ != nullptr) return Say(text);
  if (holding_) {
    absl::StrAppend(&held_, text);
    return;
  }
  if (spinner_ != nullptr) spinner_->Clear();
  const bool whole = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if ((whole && std::fflush(stdout) == 0) || errno == EPIPE || !written_.ok()) return;
  written_ = absl::UnavailableError(
      absl::StrCat("standard output cannot be written: ", std::strerror(errno)));
}

Screen::Screen(std::string output, bool no_color, bool quiet)
    : output_(std::move(output)), quiet_(quiet) {
  const char* forbidden = std::getenv("NO_COLOR");
  const bool plain = no_color || (forbidden != nullptr && *forbidden != '\0');
  const char* terminal = std::getenv("TERM");
  const bool dumb = terminal != nullptr && absl::string_view(terminal) == "dumb";
  live_ = !json() && !plain && !dumb && isatty(STDOUT_FILENO);
  color_ = live_;
  if (!json() && !plain && !dumb && !quiet && isatty(STDERR_FILENO)) {
    spinner_ = std::make_shared<Spinner>(kPatience, WriteToStderr);
  }
}

void Screen::PrintJson(const Json& json) const {
  if (collected_ != nullptr) {
    collected_->json = json;
  } else if (output_ == "yaml") {
    Write(YamlText(json));
  } else if (output_ == "csv") {
    Write(RowsText(json, !header_written_));
    header_written_ = true;
  } else {
    Write(Dump(json) + "\n");
  }
}
void Screen::Print(const Table& table) const { Write(table.Render(width())); }
void Screen::Print(absl::string_view text) const { Write(text); }
void Screen::Say(absl::string_view words) const {
  if (collected_ != nullptr) {
    absl::StrAppend(&collected_->words, collected_->words.empty() ? "" : "\n", words);
  } else {
    Tell(absl::StrCat(words, "\n"));
  }
}

void Screen::Progress(absl::string_view words, bool finished) const {
  if (collected_ != nullptr || quiet_) return;
  if (spinner_ != nullptr) spinner_->Pause(!finished);
  if (isatty(STDERR_FILENO)) {
    Tell(absl::StrCat("\r\033[K", words, finished ? "\n" : ""));
  } else if (finished) {
    Say(words);
  }
}

bool Screen::interactive() const {
  return collected_ == nullptr && isatty(STDIN_FILENO) &&
         (isatty(STDERR_FILENO) || isatty(STDOUT_FILENO));
}

bool Screen::asks() const { return !json() && interactive() && isatty(STDOUT_FILENO); }

std::optional<std::string> Screen::Ask(absl::string_view question) const {
  if (isatty(STDERR_FILENO)) {
    Tell(question);
  } else {
    Write(question);  // or nobody would see that there is one
  }
  std::string line;
  if (!std::getline(std::cin, line)) return std::nullopt;
  return line;
}

bool Screen::Confirm(absl::string_view question) const {
  const std::optional<std::string> answer = Ask(absl::StrCat(question, " [y/N] "));
  const std::string word = absl::AsciiStrToLower(absl::StripAsciiWhitespace(answer.value_or("")));
  return word == "y" || word == "yes";
}

void Screen::ClearLines(int lines) const {
  if (live_ && lines > 0) Write(absl::StrCat("\033[", lines, "A\033[J"));
}

std::string Screen::Paint(absl::string_view text, Color color) const {
  if (!color_ || color == Color::kNone) return std::string(text);
  const char* code = color == Color::kGood    ? "32"
                     : color == Color::kBad   ? "1;31"
                     : color == Color::kFaint ? "2"
                                              : "1";
  return absl::StrCat("\033[", code, "m", text, "\033[0m");
}

}  // namespace tallystick
