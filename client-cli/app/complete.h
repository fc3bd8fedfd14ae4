// What may be typed next: for `tally completion`, whose scripts ask for it with `tally __complete`.
#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <string>
#include <vector>

#include "client-cli/ledger/names.h"
#include "client-cli/trade/catalogue.h"

namespace tallystick {

struct Candidate {
  std::string word;
  std::string help;  // may be empty

  friend bool operator==(const Candidate&, const Candidate&) = default;
};

struct Completion {
  std::vector<Candidate> words;
  bool files = false;  // and the names of files
};

// What is looked up only where it is wanted.
struct CompletionSources {
  std::function<LedgerNames()> names;
  // What is sold, by the shop of this name, or the default one if it is empty; empty if that does
  // not answer at once.
  std::function<CataloguePages(const std::string& shop)> catalogue;
};

// `words`: what was typed after "tally"; the last is the one that is being typed, perhaps empty.
Completion Complete(const CLI::App& app, const std::vector<std::string>& words,
                    const CompletionSources& sources);

// One a line, with a tab before the help; then ":files" if file names belong there.
std::string CompletionText(const Completion& completion);

// `tally __complete`: what a shell asks while somebody types. Nothing is written, and nobody is
// waited for. Gives the exit code.
int AnswerShell(const CLI::App& app, const std::vector<std::string>& words);

}  // namespace tallystick
