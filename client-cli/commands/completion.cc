// tally completion: what a shell asks for, made from the commands themselves.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client-cli/commands/command.h"

namespace tallystick {
namespace {

// The words that may follow `app`: its subcommands and long options.
std::vector<std::string> WordsOf(const CLI::App& app) {
  std::vector<std::string> words;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    words.push_back(sub->get_name());
  }
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
  }
  return words;
}

// One `case` a command: "tally", "tally order", "tally ops dispatch" …
void AddCases(const CLI::App& app, const std::string& path, std::string& cases) {
  absl::StrAppend(&cases, "    '", path, "') words='", absl::StrJoin(WordsOf(app), " "), "' ;;\n");
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    AddCases(*sub, absl::StrCat(path, path.empty() ? "" : " ", sub->get_name()), cases);
  }
}

std::string BashScript(const CLI::App& app) {
  std::string cases;
  AddCases(app, "", cases);
  return absl::StrCat(R"(_tally() {
  local path='' words='' word i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    case $word in
      -*) ;;
      *) case "$path" in
           '' | shop | limit | warnings | ops) path="${path:+$path }$word" ;;
         esac ;;
    esac
  done
  case "$path" in
)",
                      cases, R"(  esac
  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _tally tally
)");
}

std::string FishScript(const CLI::App& app) {
  std::string script = "complete -c tally -f\n";
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    absl::StrAppend(&script, "complete -c tally -n __fish_use_subcommand -a ", sub->get_name(),
                    "\n");
    for (const std::string& word : WordsOf(*sub)) {
      absl::StrAppend(&script, "complete -c tally -n '__fish_seen_subcommand_from ",
                      sub->get_name(), "' -a ", word, "\n");
    }
  }
  return script;
}

}  // namespace

void AddCompletionCommand(CLI::App& app, Action& chosen) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand(
      "completion", "A script that completes tally's commands: source <(tally completion bash)");
  command->add_option("shell", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  const CLI::App* all = &app;
  command->callback([=, &chosen] {
    chosen = [=](Context& context) {
      std::string script = *shell == "fish" ? FishScript(*all) : BashScript(*all);
      if (*shell == "zsh") script = "autoload -U +X bashcompinit && bashcompinit\n" + script;
      context.screen.Print(script);
      return static_cast<int>(kAllWell);
    };
  });
}

}  // namespace tallystick
