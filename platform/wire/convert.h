// Between the pure values of platform/trade and their Protobuf messages. Total in both directions:
// what a peer sends is taken as it is (a malformed id becomes the nil id, an unknown enum value
// keeps its number), so that the domain or the match judges it and not the parser. No field of a
// status is lost on the way in: what has no place in lawful values is noted as odd.
#pragma once

#include <optional>
#include <string>
#include "absl/strings/string_view.h"

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "platform/trade/apply.h"
#include "platform/trade/instructions.h"
#include "platform/trade/report.h"
#include "platform/trade/status.h"
#include "tallystick/v1/delivery.pb.h"
#include "tallystick/v1/payment.pb.h"
#include "tallystick/v1/recovery.pb.h"
#include "tallystick/v1/shopping.pb.h"
#include "tallystick/v1/trade.pb.h"

namespace tallystick::wire {

void Put(absl::Time time, google::protobuf::Timestamp* proto);
absl::Time TimeFrom(const google::protobuf::Timestamp& proto);

void Put(absl::Duration duration, google::protobuf::Duration* proto);
absl::Duration DurationFrom(const google::protobuf::Duration& proto);

void Put(int64_t minor, const std::string& currency, v1::Money* proto);

// Reads the amounts of one message, whose currency is `currency`; those in another are noted.
class AmountReader {
 public:
  AmountReader(const std::string& currency, std::vector<OddAmount>& odd)
      : currency_(currency), odd_(odd) {}

  int64_t operator()(absl::string_view at, absl::string_view field, const v1::Money& money) {
    if (money.currency_code() != currency_) {
      odd_.push_back({std::string(at) + std::string(field), money.currency_code()});
    }
    return money.minor_units();
  }

 private:
  const std::string& currency_;
  std::vector<OddAmount>& odd_;
};

// A repeated field of goods, written and read.
template <typename Proto>
void PutGoods(const std::vector<GoodsQuantity>& lines, Proto* proto) {
  for (const GoodsQuantity& goods : lines) {
    v1::GoodsQuantity* line = proto->Add();
    line->set_sku(goods.sku);
    line->set_quantity(goods.quantity);
  }
}
template <typename Proto>
std::vector<GoodsQuantity> GoodsFrom(const Proto& proto) {
  std::vector<GoodsQuantity> lines;
  for (const v1::GoodsQuantity& line : proto) lines.push_back({line.sku(), line.quantity()});
  return lines;
}

v1::Address ToProto(const Address& address);
Address FromProto(const v1::Address& proto);

v1::OrderContents ToProto(const OrderContents& contents);
OrderContents FromProto(const v1::OrderContents& proto);

v1::OrderStatus ToProto(const OrderStatus& status);
OrderStatus FromProto(const v1::OrderStatus& proto);

v1::PaymentStatus ToProto(const PaymentStatus& status);
PaymentStatus FromProto(const v1::PaymentStatus& proto);

v1::DeliveryStatus ToProto(const DeliveryStatus& status);
DeliveryStatus FromProto(const v1::DeliveryStatus& proto);

// An account without its order is one of an order of no trade.
TradingStatus FromProto(const v1::TradingStatus& proto);

v1::PaymentInstruction ToProto(const PaymentInstruction& instruction);
v1::DeliveryInstruction ToProto(const DeliveryInstruction& instruction);
// INVALID_ARGUMENT for a malformed id or an instruction of a kind that is not known here.
absl::StatusOr<PaymentInstruction> FromProto(const v1::PaymentInstruction& proto);
absl::StatusOr<DeliveryInstruction> FromProto(const v1::DeliveryInstruction& proto);

void PutPrevious(const RevisionMark& previous, v1::Report& proto);
v1::Report ToProto(const StatusReport& report);
// INVALID_ARGUMENT naming `field` for a malformed id, or a report of nobody's.
absl::StatusOr<StatusReport> ReadReport(absl::string_view field, const v1::Report& proto);

v1::TradePosition ToProto(const TradePosition& position);
absl::StatusOr<TradePosition> ReadPosition(absl::string_view field, const v1::TradePosition& proto);

v1::TradeReports ToProto(const TradeReports& reports);
absl::StatusOr<TradeReports> FromProto(const v1::TradeReports& proto);

v1::RememberedTrade ToProto(const RememberedTrade& remembered);
absl::StatusOr<RememberedTrade> ReadRemembered(absl::string_view field,
                                               const v1::RememberedTrade& proto);

// INVALID_ARGUMENT naming `field` unless `text` is a UUID.
absl::StatusOr<Uuid> ReadTradingId(absl::string_view field, absl::string_view text);

// An error becomes RETRY: the sender keeps the message.
v1::ApplyResult ToProto(const absl::StatusOr<ApplyAnswer>& answer);
// Whatever is no answer is UNAVAILABLE.
absl::StatusOr<ApplyAnswer> FromProto(const v1::ApplyResult& proto);

}  // namespace tallystick::wire
