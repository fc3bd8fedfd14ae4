// What the parts of an order are worth. Each piece has its value from the moment its shipment
// leaves or is given up, so that shipments, write-offs and returns add up to the order exactly,
// whatever the rounding.
#pragma once

#include "services/shopping/domain/order.h"

namespace tallystick::shopping {

// The value of `shipment`, fixed at the first call. Later calls give the same.
ShipmentValue& FixValue(Order& order, const Shipment& shipment);

// Marks the pieces of `lines` as returned, out of the shipments that arrived, and gives what they
// are worth, by shipments.
std::vector<ShipmentAmount> TakeBack(Order& order, const std::vector<GoodsQuantity>& lines);

}  // namespace tallystick::shopping
