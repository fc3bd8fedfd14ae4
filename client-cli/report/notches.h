// A trade as three stubs of a split tally stick: what each side says of the same things, and where
// that differs.
#pragma once

#include <span>
#include <vector>

#include "client-cli/report/model.h"

namespace tallystick {

// What the ledger holds the three to: states, money and pieces, and each product of which the
// counts differ. Then a notch for each warning, named by its rule, with its evidence at the side
// that it is of.
std::vector<Notch> NotchesOf(const LedgerTrade& trade, std::span<const KeptWarning> warnings);

// What of a warning's evidence is of no single side: "sku: CHAI".
std::vector<std::string> EvidenceOfNoSide(const Warning& warning);

// "PARTIALLY_CAPTURED" as people read it: "partially captured".
std::string StateWords(const std::string& state);

}  // namespace tallystick
