// The answer of a shop that takes an order: everything costs 1.00 USD a piece, without tax and fee.
#pragma once

#include "absl/time/clock.h"
#include "client-cli/trade/order.h"
#include "client-cli/wire/record.h"
#include "platform/trade/contents.h"

namespace tallystick::testing {

inline TradingInformation Accepted(const v1::PlaceOrderRequest& proto) {
  const OrderRequest request = FromProto(proto);
  TradingInformation information;
  OrderContents& contents = information.contents;
  contents.trading_id = *ParseUuid(proto.request_id());
  contents.trading_id.bytes[6] = (contents.trading_id.bytes[6] & 0x0f) | 0x80;
  contents.buyer_reference = request.reference;
  contents.currency = "USD";
  for (const GoodsQuantity& item : request.items) {
    contents.lines.push_back({item.sku, item.sku, item.quantity, 100, 0, 100 * item.quantity, 0});
    contents.goods_total += 100 * item.quantity;
  }
  contents.total = contents.goods_total;
  contents.ship_to = request.ship_to;
  contents.delivery_option = request.delivery_option;
  contents.terms = request.terms;
  contents.order_time = absl::FromUnixMillis(absl::ToUnixMillis(absl::Now()));
  contents.promised_delivery_time = contents.order_time;
  information.services = {"127.0.0.1:1", "127.0.0.1:1", "127.0.0.1:1"};
  information.contents_digest = ContentsDigest(contents);
  information.trading_id = contents.trading_id.ToString();
  return information;
}

}  // namespace tallystick::testing
