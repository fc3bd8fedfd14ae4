#include "client-cli/app/help.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "client-cli/output/table.h"

namespace tallystick {
namespace {

constexpr int kBeside = 30;  // where what is said of an option begins
constexpr int kBelow = 6;    // and where there is no room beside it
constexpr int kRoomForBeside = 60;

// Each line of the text; one that has no room goes on below, a little further in.
std::string WrappedLines(absl::string_view text, int width) {
  std::string out;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    if (DisplayWidth(line) <= width) {
      absl::StrAppend(&out, line, "\n");
      continue;
    }
    const int indent = static_cast<int>(line.find_first_not_of(' '));
    const std::string rows = Wrapped(line.substr(static_cast<size_t>(indent)), width - 2, indent);
    std::string shifted;
    for (const absl::string_view row : absl::StrSplit(absl::StripSuffix(rows, "\n"), '\n')) {
      absl::StrAppend(&shifted, shifted.empty() ? "" : "  ",
                      absl::StripTrailingAsciiWhitespace(row), "\n");
    }
    absl::StrAppend(&out, shifted);
  }
  return out;
}

std::string Entry(const std::string& name, const std::string& help, int width) {
  const std::string title = "  " + name;
  if (help.empty()) return WrappedLines(title, width);
  if (width >= kRoomForBeside && DisplayWidth(title) < kBeside) {
    return Titled(title, help, width, kBeside);
  }
  return absl::StrCat(WrappedLines(title, width),
                      Wrapped(help, width, width >= kRoomForBeside ? kBeside : kBelow));
}

}  // namespace

std::string HelpFormatter::make_description(const CLI::App* app) const {
  const std::string text = CLI::Formatter::make_description(app);
  return text.empty() ? "" : WrappedLines(absl::StripSuffix(text, "\n"), width_);
}

std::string HelpFormatter::make_usage(const CLI::App* app, std::string name) const {
  const std::string text = CLI::Formatter::make_usage(app, std::move(name));
  return WrappedLines(absl::StripSuffix(text, "\n"), width_);
}

std::string HelpFormatter::make_footer(const CLI::App* app) const {
  return app->get_footer().empty() ? "" : WrappedLines(app->get_footer(), width_);
}

std::string HelpFormatter::make_subcommand(const CLI::App* sub) const {
  return Entry(sub->get_display_name(true), sub->get_description(), width_);
}

std::string HelpFormatter::make_option(const CLI::Option* option, bool is_positional) const {
  return Entry(make_option_name(option, is_positional) + make_option_opts(option),
               make_option_desc(option), width_);
}

}  // namespace tallystick
