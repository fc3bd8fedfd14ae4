// Whether delivery's status shows what the shop has told it. A shop that has lost what it told
// gives numbers again, to other instructions: delivery says that it has applied them, and means
// those before. Pure.
#pragma once

#include "services/shopping/domain/order.h"

namespace tallystick::shopping {

// Of each instruction that no report has shown yet and that is applied by now. One whose traces can
// have gone again counts as shown.
bool ShowsWhatWasTold(const Order& order, const DeliveryStatus& delivery);

}  // namespace tallystick::shopping
