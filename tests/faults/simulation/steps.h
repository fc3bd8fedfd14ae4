// What must hold between one state of a trade and the next, whoever writes it.
#pragma once

#include "services/delivery/domain/delivery.h"
#include "services/payment/domain/payment.h"
#include "services/shopping/domain/order.h"
#include "tests/faults/simulation/world.h"

namespace tallystick::simulation {

// `before` is null for a new trade.
void CheckStep(World& world, const shopping::Order* before, const shopping::Order& after);
void CheckStep(World& world, const payment::Payment* before, const payment::Payment& after);
void CheckStep(World& world, const delivery::Delivery* before, const delivery::Delivery& after);

}  // namespace tallystick::simulation
