// Where PostgreSQL's time goes: its own statistics of statements.
#pragma once

#include "tests/bench/stack.h"

namespace tallystick::bench {

// From now on; restarts PostgreSQL.
void CountStatements(BenchStack& stack);
// Those that took most, of all databases, since the last time.
void PrintStatements(BenchStack& stack);

}  // namespace tallystick::bench
