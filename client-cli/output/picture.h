// A trade at a glance: how far it has come, what each of the three says, and what is owed.
#pragma once

#include <string>

#include "client-cli/output/screen.h"
#include "client-cli/output/trade_text.h"

namespace tallystick {

// How the trade is called, the way from "ordered" to "paid" with how far it is, a row for each of
// the three services, and one for what is owed and what comes next. `notes`: of services whose last
// answer is an earlier one. Marks are told apart without colour: ● is done, ◐ partly, ○ to come, ✗
// went wrong, ? is not known.
std::string PictureText(const Screen& screen, const LedgerTrade& trade, const RowNotes& notes,
                        absl::Time now);

}  // namespace tallystick
