// What a command prints as JSON, as rows of CSV: `-o csv` of list, track, warnings and products.
#pragma once

#include <string>

#include "client-cli/output/json.h"

namespace tallystick {

// A header, unless `header` is false, and a row for each trade, warning or product; empty for
// anything else. Amounts are decimal numbers beside their currency.
std::string RowsText(const Json& json, bool header);

}  // namespace tallystick
