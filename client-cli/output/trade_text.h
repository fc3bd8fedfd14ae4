// A trade as people read it; what track, list and show share.
#pragma once

#include <string>
#include <vector>

#include "client-cli/output/screen.h"
#include "client-cli/output/times.h"
#include "client-cli/trade/trade.h"
#include "client-cli/trade/warning.h"

namespace tallystick {

// "delivered 2026-…", "planned 2026-…" or "-".
std::string ScheduleWords(const Schedule& schedule, const std::string& done);

// Why a service's row is not what it says now: it gave no answer, or does not know the trade. Empty
// for one that answered.
using RowNotes = PerSide<std::string>;

// Three rows: what shopping, payment and delivery say of the trade now, or said last.
std::string StatusText(const Screen& screen, const LedgerTrade& trade, const RowNotes& notes = {});

// Shipments, returns, what was taken off the price, and payments that the bank refused; empty for a
// trade that has nothing but one whole shipment.
std::string DetailText(const Screen& screen, const LedgerTrade& trade);

// A block a warning: rule, sentence, evidence with its times in local time. `acknowledged` may be
// shorter than `warnings`.
std::string WarningText(const Screen& screen, const std::vector<Warning>& warnings,
                        const std::vector<bool>& acknowledged = {});

// The first that nobody has taken note of, as a block; of the others their numbers and rules.
// `numbers`: those that the ledger has given to the warnings; 0 or none where it has not.
std::string FirstWarningText(const Screen& screen, const std::vector<Warning>& warnings,
                             const std::vector<bool>& acknowledged,
                             const std::vector<int64_t>& numbers);

}  // namespace tallystick
