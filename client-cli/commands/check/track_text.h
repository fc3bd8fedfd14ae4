// A trade that was checked, as track shows it.
#pragma once

#include <vector>

#include "client-cli/commands/check/check.h"

namespace tallystick {

// `explain`: all that there is; otherwise one warning, and the names of the others.
std::string TrackText(Context& context, const CheckedTrade& checked, bool explain);

// Draws all trades; in place when the terminal allows. Gives the number of lines drawn.
int Draw(Context& context, const std::vector<CheckedTrade>& checked, bool explain,
         int drawn_before);

// tally track --watch and --at; exit codes.
int TrackWatch(Context& context, std::vector<LedgerTrade> trades, bool explain);
int TrackAt(Context& context, std::vector<LedgerTrade> trades, const std::string& when,
            bool explain);

}  // namespace tallystick
