#include "services/shopping/service/information.h"

#include <utility>

#include "platform/wire/convert.h"

namespace tallystick::shopping {

v1::TradingInformation Information(const Placed& placed, const v1::ServiceAddresses& addresses) {
  v1::TradingInformation information;
  information.set_trading_id(placed.contents.trading_id.ToString());
  *information.mutable_contents() = wire::ToProto(placed.contents);
  *information.mutable_services() = addresses;
  information.set_contents_digest(placed.contents_digest);
  wire::Put(placed.return_period, information.mutable_return_period());
  return information;
}

v1::TradingInformation Information(record::v1::OrderRecord record,
                                   const v1::ServiceAddresses& addresses) {
  v1::TradingInformation information;
  information.set_trading_id(record.contents().trading_id());
  *information.mutable_services() = addresses;
  information.set_contents_digest(record.status().order().contents_digest());
  if (record.return_period_ms() > 0) {
    wire::Put(absl::Milliseconds(record.return_period_ms()), information.mutable_return_period());
  }
  *information.mutable_contents() = std::move(*record.mutable_contents());
  return information;
}

}  // namespace tallystick::shopping
