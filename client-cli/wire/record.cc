#include "client-cli/wire/record.h"

namespace tallystick {

v1::PlaceOrderRequest ToProto(const OrderRequest& request, const Uuid& request_id) {
  v1::PlaceOrderRequest proto;
  proto.set_request_id(request_id.ToString());
  for (const GoodsQuantity& item : request.items) {
    v1::OrderItem* to = proto.add_items();
    to->set_sku(item.sku);
    to->set_quantity(item.quantity);
  }
  *proto.mutable_ship_to() = wire::ToProto(request.ship_to);
  proto.set_delivery_option(request.delivery_option);
  proto.set_terms(static_cast<v1::Terms>(request.terms));
  proto.set_payment_method(request.payment_method);
  if (request.expected_total) {
    wire::Put(request.expected_total->minor, request.expected_total->currency,
              proto.mutable_expected_total());
  }
  proto.set_buyer_reference(request.reference);
  return proto;
}

OrderRequest FromProto(const v1::PlaceOrderRequest& proto) {
  OrderRequest request;
  for (const v1::OrderItem& item : proto.items()) {
    request.items.push_back({item.sku(), item.quantity()});
  }
  request.ship_to = wire::FromProto(proto.ship_to());
  request.delivery_option = proto.delivery_option();
  request.terms = static_cast<Terms>(proto.terms());
  request.payment_method = proto.payment_method();
  if (proto.has_expected_total()) {
    request.expected_total =
        Money{proto.expected_total().currency_code(), proto.expected_total().minor_units()};
  }
  request.reference = proto.buyer_reference();
  return request;
}

v1::TradingInformation ToProto(const TradingInformation& information) {
  v1::TradingInformation proto;
  proto.set_trading_id(information.contents.trading_id.ToString());
  *proto.mutable_contents() = wire::ToProto(information.contents);
  proto.mutable_services()->set_shopping(information.services.shopping);
  proto.mutable_services()->set_payment(information.services.payment);
  proto.mutable_services()->set_delivery(information.services.delivery);
  proto.set_contents_digest(information.contents_digest);
  if (information.return_period) {
    wire::Put(*information.return_period, proto.mutable_return_period());
  }
  return proto;
}

TradingInformation FromProto(const v1::TradingInformation& proto) {
  TradingInformation information{
      wire::FromProto(proto.contents()),
      {proto.services().shopping(), proto.services().payment(), proto.services().delivery()},
      proto.contents_digest()};
  if (proto.has_return_period()) {
    information.return_period = wire::DurationFrom(proto.return_period());
  }
  information.trading_id = proto.trading_id();
  return information;
}

}  // namespace tallystick
