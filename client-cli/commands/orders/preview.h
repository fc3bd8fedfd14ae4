// What orders will come to, shown before they are sent.
#pragma once

#include <vector>

#include "client-cli/commands/orders/consent.h"

namespace tallystick {

// Whether the orders may be sent. At a terminal, and in a dry run, what they would come to by the
// shop's prices of this moment is shown first, and they then have that total as the one that is
// expected: the shop refuses them at another. Where nobody is asked, only a limit that would be
// exceeded keeps them, unless `consent` has a yes. Otherwise the exit code to end with is in
// `code`.
bool MaySend(Context& context, Shop& shop, std::vector<OrderRequest>& requests,
             const Consent& consent, int* code);

}  // namespace tallystick
