// A trade that was checked, as track shows it.
#pragma once

#include <vector>

#include "client-cli/commands/check/check.h"

namespace tallystick {

std::string TrackText(const Screen& screen, const CheckedTrade& checked);

// Draws all trades; in place when the terminal allows. Gives the number of lines drawn.
int Draw(const Context& context, const std::vector<CheckedTrade>& checked, int drawn_before);

// tally track --watch and --at; exit codes.
int TrackWatch(Context& context, std::vector<LedgerTrade> trades);
int TrackAt(Context& context, std::vector<LedgerTrade> trades, const std::string& when);

}  // namespace tallystick
