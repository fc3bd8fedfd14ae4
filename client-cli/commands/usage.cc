#include "client-cli/commands/usage.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "client-cli/output/table.h"

namespace tallystick {
namespace {

struct CommandGroup {
  const char* title;
  std::vector<const char*> commands;
};

const CommandGroup kGroups[] = {
    {"Every day", {"order", "track", "list", "sync", "show", "warnings"}},
    {"Orders and requests", {"reorder", "cancel", "return", "drop", "limit"}},
    {"Shops", {"shop", "products"}},
    {"For other programs", {"export", "completion", "man", "report", "mcp"}},
    {"Back office", {"ops"}},
};

constexpr char kExamples[] = R"(Begin
  tally shop add demo 127.0.0.1:8001 --ca ca.crt --token-file ann.token
  tally order CHAI:12 QUESO:3 --to "Ann; Street 1; 12345 City" --reference PO-1
  tally track PO-1 --watch
  tally list
)";

constexpr int kHelpAt = 14;  // where what is said of a command begins

std::vector<const CLI::App*> CommandsOf(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

const CLI::App* FindCommand(const CLI::App& app, const std::string& name) {
  for (const CLI::App* command : CommandsOf(app)) {
    if (command->check_name(name)) return command;
  }
  return nullptr;
}

std::vector<std::string> NamesOf(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : CommandsOf(app)) names.push_back(command->get_name());
  return names;
}

// The option that a word with a dash names, here or in what is around.
const CLI::Option* FindOption(const CLI::App* app, const std::string& word) {
  const std::string name = word.substr(0, word.find('='));
  for (; app != nullptr; app = app->get_parent()) {
    for (const CLI::Option* option : app->get_options()) {
      if (option->check_name(name)) return option;
    }
  }
  return nullptr;
}

std::string NearestOption(const CLI::App* app, const std::string& word) {
  std::vector<std::string> names;
  for (; app != nullptr; app = app->get_parent()) {
    for (const CLI::Option* option : app->get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
  }
  return Nearest(word.substr(0, word.find('=')), names);
}

// How many letters have to be put, taken away, replaced or exchanged with their neighbour.
size_t Distance(absl::string_view a, absl::string_view b) {
  std::vector<std::vector<size_t>> cost(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) {
    for (size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        cost[i][j] = i + j;
        continue;
      }
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1,
                             cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

std::string PathOf(const CLI::App* app) {
  return app->get_parent() == nullptr
             ? app->get_name()
             : absl::StrCat(PathOf(app->get_parent()), " ", app->get_name());
}

std::string Meant(const std::string& nearest) {
  return nearest.empty() ? "" : absl::StrCat("; did you mean ", nearest, "?");
}

bool TakesWords(const CLI::App& app) {
  return std::ranges::any_of(app.get_options(),
                             [](const CLI::Option* option) { return option->get_positional(); });
}

}  // namespace

std::string Nearest(const std::string& word, const std::vector<std::string>& known) {
  std::string nearest;
  size_t least = word.size() < 4 ? 2 : 3;  // it resembles nothing from there on
  for (const std::string& name : known) {
    const size_t distance = Distance(word, name);
    if (distance >= least) continue;
    least = distance;
    nearest = name;
  }
  return nearest;
}

std::string ShortHelp(const CLI::App& app, int width) {
  std::string text = absl::StrCat(Wrapped(app.get_description(), width, 0), "\n", kExamples);
  for (const CommandGroup& group : kGroups) {
    std::string rows;
    for (const char* name : group.commands) {
      const CLI::App* command = FindCommand(app, name);
      if (command == nullptr) continue;
      absl::StrAppend(&rows, Titled(absl::StrCat("  ", command->get_name()),
                                    command->get_description(), width, kHelpAt));
    }
    if (!rows.empty()) absl::StrAppend(&text, "\n", group.title, "\n", rows);
  }
  return absl::StrCat(
      text, "\n", Wrapped("tally help COMMAND says more of one, tally --help of all.", width, 0));
}

void GroupCommands(CLI::App& app) {
  for (const CommandGroup& group : kGroups) {
    for (CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
      if (std::ranges::find(group.commands, command->get_name()) != group.commands.end()) {
        command->group(group.title);
      }
    }
  }
}

std::string UsageWords(const CLI::App& app, const std::vector<std::string>& arguments,
                       const std::string& error) {
  const CLI::App* at = &app;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word.size() > 1 && word.front() == '-') {
      const CLI::Option* option = FindOption(at, word);
      if (option == nullptr) {
        return absl::StrCat(PathOf(at), " has no ", word, Meant(NearestOption(at, word)));
      }
      const bool apart = option->get_items_expected_min() > 0 && word.find('=') == word.npos;
      if (apart) ++i;
      continue;
    }
    const CLI::App* command = FindCommand(*at, word);
    if (command != nullptr) {
      at = command;
    } else if (!CommandsOf(*at).empty() && !TakesWords(*at)) {
      return absl::StrCat(PathOf(at), " has no command '", word, "'",
                          Meant(Nearest(word, NamesOf(*at))));
    }
  }
  return error;
}

}  // namespace tallystick
