// Whoever sits at a terminal sees what is going to be sent, and agrees to it; --yes is to have
// agreed, --dry-run is to see it and no more. Nobody is asked in a pipe, or with -o json.
#pragma once

#include <string>

#include "client-cli/commands/command.h"

namespace tallystick {

struct Consent {
  bool yes = false;
  bool dry_run = false;
};

// --yes and --dry-run; `yes_help` says what --yes does.
void AddConsent(CLI::App& command, Consent& consent, const std::string& yes_help);

// Whether what was shown is to be asked about.
bool AsksFor(const Context& context, const Consent& consent);

// After it was shown: asks the `question`, if it is to be asked. True when it may be sent;
// otherwise `nothing` ("nothing was ordered") is said, and the exit code is in `code`.
bool Agreed(const Context& context, const Consent& consent, const std::string& question,
            const std::string& nothing, int* code);

}  // namespace tallystick
