// Where payment and delivery report to the shop.
#pragma once

#include "platform/batch/batcher.h"
#include "platform/calls/method.h"
#include "platform/trade/apply.h"
#include "services/shopping/domain/report_rules.h"

namespace tallystick::shopping {

using ReportBatcher = Batcher<StatusReport, ApplyAnswer>;

rpc::ServiceTable ReportCalls(ReportBatcher& reports);

}  // namespace tallystick::shopping
