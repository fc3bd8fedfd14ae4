// What a buyer is told of a trade once and for all.
#pragma once

#include "services/shopping/workflow/order_workflow.h"
#include "tallystick/record/v1/order_record.pb.h"
#include "tallystick/v1/shopping.pb.h"

namespace tallystick::shopping {

// Of an order that was just placed.
v1::TradingInformation Information(const Placed& placed, const v1::ServiceAddresses& addresses);

// Of one that is stored.
v1::TradingInformation Information(record::v1::OrderRecord record,
                                   const v1::ServiceAddresses& addresses);

}  // namespace tallystick::shopping
