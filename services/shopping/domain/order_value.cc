#include "services/shopping/domain/order_value.h"

#include <algorithm>
#include <map>

#include "platform/trade/worth.h"

namespace tallystick::shopping {
namespace {

int64_t ValuedPieces(const Order& order, const std::string& sku) {
  int64_t pieces = 0;
  for (const ShipmentValue& valued : order.shipment_values) {
    for (const LineValue& line : valued.lines) {
      if (line.sku == sku) pieces += line.quantity;
    }
  }
  return pieces;
}

bool Arrived(const Order& order, const std::string& shipment_id) {
  const auto& shipments = order.status.delivery->shipments;
  return std::any_of(shipments.begin(), shipments.end(), [&](const Shipment& shipment) {
    return shipment.shipment_id == shipment_id && shipment.state == ShipmentState::kDelivered;
  });
}

}  // namespace

ShipmentValue& FixValue(Order& order, const Shipment& shipment) {
  for (ShipmentValue& known : order.shipment_values) {
    if (known.shipment_id == shipment.shipment_id) return known;
  }
  ShipmentValue valued{shipment.shipment_id};
  if (order.shipment_values.empty()) valued.value = order.contents.delivery_fee;
  for (const GoodsQuantity& goods : shipment.lines) {
    for (const ContentsLine& line : order.contents.lines) {
      if (line.sku != goods.sku) continue;
      // The shares of consecutive pieces, taken as differences.
      int64_t before = ValuedPieces(order, goods.sku);
      for (const LineValue& counted : valued.lines) {
        if (counted.sku == goods.sku) before += counted.quantity;
      }
      const int64_t value = WorthOfPieces(line, before, goods.quantity);
      valued.lines.push_back({goods.sku, goods.quantity, value});
      valued.value += value;
    }
  }
  order.shipment_values.push_back(std::move(valued));
  return order.shipment_values.back();
}

std::vector<ShipmentAmount> TakeBack(Order& order, const std::vector<GoodsQuantity>& lines) {
  std::vector<ShipmentAmount> worth;
  std::map<std::string, int64_t> wanted;
  for (const GoodsQuantity& goods : lines) wanted[goods.sku] += goods.quantity;
  for (ShipmentValue& valued : order.shipment_values) {
    if (valued.written_off || !Arrived(order, valued.shipment_id)) continue;
    int64_t amount = 0;
    for (LineValue& line : valued.lines) {
      const auto left = wanted.find(line.sku);
      if (left == wanted.end()) continue;
      const int64_t taken = std::min(left->second, line.quantity - line.returned);
      amount += ShareOf(line.value, line.returned + taken, line.quantity) -
                ShareOf(line.value, line.returned, line.quantity);
      line.returned += taken;
      left->second -= taken;
    }
    if (amount > 0) worth.push_back({valued.shipment_id, amount});
  }
  return worth;
}

}  // namespace tallystick::shopping
