// What nobody repairs: one of the three loses something, or holds something else. The buyer has to
// be warned of it, by the rule that is made for it.
#pragma once

#include <string>

#include "tests/faults/simulation/buyer.h"
#include "tests/faults/simulation/cluster.h"

namespace tallystick::simulation {

// Does it to a trade that is whole; gives the rule that has to warn, empty when there is no such
// trade.
std::string DoDamage(Cluster& cluster, BuyersTrade& trade, Plan::Damage damage);

}  // namespace tallystick::simulation
