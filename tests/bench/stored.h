// Databases with many trades in them.
#pragma once

#include <string>
#include <vector>

#include "tests/bench/stack.h"

namespace tallystick::bench {

// Fills the three databases until each holds `count` trades more: copies of the last order, payment
// and delivery that there are, with the first entry of their history, under ids of their own.
// Minutes for millions.
void StoreTrades(BenchStack& stack, int64_t count);

// `some` of those ids.
std::vector<std::string> StoredTrades(BenchStack& stack, int64_t count, int some);

}  // namespace tallystick::bench
