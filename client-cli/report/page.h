// A report as one page of HTML that needs nothing else: no script, no font, no picture.
#pragma once

#include <string>

#include "client-cli/report/html.h"
#include "client-cli/report/model.h"

namespace tallystick {

// How every such page begins, and nothing else does.
inline constexpr char kReportBegin[] = "<!doctype html>\n<!-- a report of tally -->\n";

std::string ReportPage(const LedgerReport& report);

// The style sheet that stands in it.
Markup ReportStyle();

}  // namespace tallystick
