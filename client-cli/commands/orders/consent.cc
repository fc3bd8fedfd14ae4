#include "client-cli/commands/orders/consent.h"

#include "absl/strings/str_cat.h"

namespace tallystick {

void AddConsent(CLI::App& command, Consent& consent, const std::string& yes_help) {
  CLI::Option* yes = command.add_flag("-y,--yes", consent.yes, yes_help);
  command.add_flag("--dry-run", consent.dry_run, "Show what would be sent, and send nothing")
      ->excludes(yes);
}

bool AsksFor(const Context& context, const Consent& consent) {
  return !consent.yes && !consent.dry_run && context.screen.asks();
}

bool Agreed(const Context& context, const Consent& consent, const std::string& question,
            const std::string& nothing, int* code) {
  if (consent.dry_run) {
    context.screen.Say(absl::StrCat(nothing, ": --dry-run"));
    *code = kAllWell;
    return false;
  }
  if (!AsksFor(context, consent) || context.screen.Confirm(question)) return true;
  context.screen.Say(nothing);
  *code = kFailed;
  return false;
}

}  // namespace tallystick
