// The client's own values as the Protobuf messages that the services speak, and back: for calls,
// and for the ledger, which keeps what it was told and not an abridgement.
#pragma once

#include <string>

#include "client-cli/trade/order.h"
#include "platform/wire/convert.h"
#include "tallystick/v1/shopping.pb.h"

namespace tallystick {

v1::PlaceOrderRequest ToProto(const OrderRequest& request, const Uuid& request_id);
OrderRequest FromProto(const v1::PlaceOrderRequest& proto);

v1::TradingInformation ToProto(const TradingInformation& information);
TradingInformation FromProto(const v1::TradingInformation& proto);

// A status as it stands in the ledger.
template <typename Status>
void ReadStatus(const std::string& body, Status& status) {
  decltype(wire::ToProto(status)) proto;
  proto.ParseFromString(body);
  status = wire::FromProto(proto);
}

}  // namespace tallystick
