// tally completion: a script for a shell, which asks tally itself what may come next.
#include "client-cli/app/complete.h"
#include "client-cli/commands/command.h"

namespace tallystick {
namespace {

// (A trade's number is completed without its #, which begins a comment here.)
constexpr char kBash[] = R"bash(_tally() {
  local word lines=() IFS=$'\n'
  COMPREPLY=()
  mapfile -t lines < <("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  word=${COMP_WORDS[COMP_CWORD]}
  [[ $word == = ]] && word=
  local line
  for line in "${lines[@]}"; do
    if [[ $line == :files ]]; then
      compopt -o filenames 2>/dev/null
      COMPREPLY+=($(compgen -f -- "$word"))
    else
      line=${line%%$'\t'*}
      [[ $line == --*=* && $COMP_WORDBREAKS == *=* ]] && line=${line#*=}
      COMPREPLY+=("$(printf %q "$line")")
    fi
  done
}
complete -F _tally tally
)bash";

constexpr char kZsh[] = R"zsh(#compdef tally
_tally() {
  local line files=0
  local -a words_found shown
  while IFS= read -r line; do
    if [[ $line == :files ]]; then
      files=1
    else
      words_found+=("${line%%$'\t'*}")
      shown+=("${line/$'\t'/  -- }")
    fi
  done < <("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)
  (( ${#words_found} )) && compadd -l -d shown -- "${words_found[@]}"
  (( files )) && _files
}
# Sourced, or found by compinit as the file _tally.
if [[ ${funcstack[1]} == _tally ]]; then _tally "$@"; else compdef _tally tally; fi
)zsh";

constexpr char kFish[] = R"fish(function __tally_complete
  set -l words (commandline -opc) (commandline -ct)
  for line in ($words[1] __complete $words[2..-1] 2>/dev/null)
    if test "$line" = :files
      __fish_complete_path (commandline -ct)
    else
      echo $line
    end
  end
end
complete -c tally -f -a '(__tally_complete)'
)fish";

// How long a shell that completes waits for a shop, and how many of its products it gets.
constexpr absl::Duration kShellPatience = absl::Milliseconds(500);
constexpr int kMostForShell = 1000;

}  // namespace

int AnswerShell(const CLI::App& app, const std::vector<std::string>& words) {
  CompletionSources sources;
  sources.names = [] { return ReadNames(Ledger::DefaultPath()); };
  sources.catalogue = [](const std::string& name) {
    for (Profile& profile : ReadNames(Ledger::DefaultPath()).shops) {
      if (!name.empty() && profile.name != name) continue;
      absl::StatusOr<Access> access = ReadAccess(profile);
      if (!access.ok()) break;
      Shop shop(std::move(profile), *std::move(access), kShellPatience, absl::ZeroDuration());
      return shop.FirstProducts(kMostForShell).value_or(CataloguePages{});
    }
    return CataloguePages{};
  };
  const std::string text = CompletionText(Complete(app, words, sources));
  std::fputs(text.c_str(), stdout);
  return kAllWell;
}

void AddCompletionCommand(CLI::App& app, PlainAction& chosen) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand(
      "completion", "A script that completes what you type: source <(tally completion bash)");
  command->add_option("shell", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->callback([=, &chosen] {
    chosen = [=](const Screen& screen) {
      screen.Print(*shell == "fish" ? kFish : *shell == "zsh" ? kZsh : kBash);
      return static_cast<int>(kAllWell);
    };
  });
}

}  // namespace tallystick
