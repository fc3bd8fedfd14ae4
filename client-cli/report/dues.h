// When what is owed on a trade is to be paid.
#pragma once

#include "client-cli/report/model.h"

namespace tallystick {

// No dues, and the weeks from that of `now` on.
Dues DuesFrom(absl::Time now);

// Adds what is owed on `trade`, as the ledger has it at `now`.
void AddDues(const LedgerTrade& trade, absl::Time now, Dues& dues);

}  // namespace tallystick
