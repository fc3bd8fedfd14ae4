// How --help looks: in lines that a terminal has room for.
#pragma once

#include <CLI/CLI.hpp>

#include <string>

namespace tallystick {

// No line of help is wider, whatever the terminal: longer ones are hard to read.
inline constexpr int kHelpWidth = 80;

// CLI11's help in at most `width` columns, broken between words. What an option is stands beside
// its name, or below it if there is no room.
class HelpFormatter : public CLI::Formatter {
 public:
  explicit HelpFormatter(int width) : width_(width) {}

  std::string make_description(const CLI::App* app) const override;
  std::string make_usage(const CLI::App* app, std::string name) const override;
  std::string make_footer(const CLI::App* app) const override;
  std::string make_subcommand(const CLI::App* sub) const override;
  std::string make_option(const CLI::Option* option, bool is_positional) const override;

 private:
  const int width_;
};

}  // namespace tallystick
