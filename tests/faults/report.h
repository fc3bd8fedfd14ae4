// A report as text.
#pragma once

#include "tests/faults/run.h"

namespace tallystick::faults {

// Everything that the run is held to is as it should be.
bool IsGood(const Report& report);
// What was lost by a fault that loses was noticed by those who lost it.
bool IsNoticed(const Report& report);

// A table of the faults, the audit, and how long trades took to move.
std::string ToText(const Report& report);

}  // namespace tallystick::faults
