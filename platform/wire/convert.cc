#include "platform/wire/convert.h"

#include "absl/strings/str_cat.h"
#include "platform/error/error.h"

namespace tallystick::wire {

void Put(absl::Time time, google::protobuf::Timestamp* proto) {
  const int64_t seconds = absl::ToUnixSeconds(time);
  proto->set_seconds(seconds);
  proto->set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
}

absl::Time TimeFrom(const google::protobuf::Timestamp& proto) {
  return absl::FromUnixSeconds(proto.seconds()) + absl::Nanoseconds(proto.nanos());
}

void Put(absl::Duration duration, google::protobuf::Duration* proto) {
  proto->set_seconds(absl::ToInt64Seconds(duration));
  proto->set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(duration % absl::Seconds(1))));
}

absl::Duration DurationFrom(const google::protobuf::Duration& proto) {
  return absl::Seconds(proto.seconds()) + absl::Nanoseconds(proto.nanos());
}

void Put(int64_t minor, const std::string& currency, v1::Money* proto) {
  proto->set_currency_code(currency);
  proto->set_minor_units(minor);
}

v1::Address ToProto(const Address& address) {
  v1::Address proto;
  for (const std::string& line : address.lines) proto.add_lines(line);
  return proto;
}

Address FromProto(const v1::Address& proto) {
  return {{proto.lines().begin(), proto.lines().end()}};
}

v1::OrderContents ToProto(const OrderContents& contents) {
  v1::OrderContents proto;
  proto.set_trading_id(contents.trading_id.ToString());
  proto.set_buyer_reference(contents.buyer_reference);
  for (const ContentsLine& line : contents.lines) {
    v1::OrderLine* to = proto.add_lines();
    to->set_sku(line.sku);
    to->set_name(line.name);
    to->set_quantity(line.quantity);
    Put(line.unit_price, contents.currency, to->mutable_unit_price());
    to->set_tax_rate_basis_points(line.tax_rate_basis_points);
    Put(line.goods_amount, contents.currency, to->mutable_goods_amount());
    Put(line.tax_amount, contents.currency, to->mutable_tax_amount());
  }
  *proto.mutable_ship_to() = ToProto(contents.ship_to);
  proto.set_delivery_option(contents.delivery_option);
  proto.set_terms(static_cast<v1::Terms>(contents.terms));
  Put(contents.goods_total, contents.currency, proto.mutable_goods_total());
  Put(contents.delivery_fee, contents.currency, proto.mutable_delivery_fee());
  Put(contents.tax_total, contents.currency, proto.mutable_tax_total());
  Put(contents.total, contents.currency, proto.mutable_total());
  Put(contents.order_time, proto.mutable_order_time());
  Put(contents.promised_delivery_time, proto.mutable_promised_delivery_time());
  return proto;
}

OrderContents FromProto(const v1::OrderContents& proto) {
  OrderContents contents;
  contents.trading_id = ParseUuid(proto.trading_id()).value_or(Uuid{});
  contents.buyer_reference = proto.buyer_reference();
  contents.currency = proto.total().currency_code();
  AmountReader amount(contents.currency, contents.odd_amounts);
  for (int i = 0; i < proto.lines_size(); ++i) {
    const v1::OrderLine& line = proto.lines(i);
    const std::string at = absl::StrCat("lines[", i, "].");
    contents.lines.push_back(
        {line.sku(), line.name(), line.quantity(), amount(at, "unit_price", line.unit_price()),
         line.tax_rate_basis_points(), amount(at, "goods_amount", line.goods_amount()),
         amount(at, "tax_amount", line.tax_amount())});
  }
  contents.ship_to = FromProto(proto.ship_to());
  contents.delivery_option = proto.delivery_option();
  contents.terms = static_cast<Terms>(proto.terms());
  contents.goods_total = amount("", "goods_total", proto.goods_total());
  contents.delivery_fee = amount("", "delivery_fee", proto.delivery_fee());
  contents.tax_total = amount("", "tax_total", proto.tax_total());
  contents.total = proto.total().minor_units();
  contents.order_time = TimeFrom(proto.order_time());
  contents.promised_delivery_time = TimeFrom(proto.promised_delivery_time());
  return contents;
}

absl::StatusOr<Uuid> ReadTradingId(absl::string_view field, absl::string_view text) {
  const std::optional<Uuid> id = ParseUuid(text);
  if (!id) {
    return InvalidField(field, "give a UUID like 0198c5a0-7b1e-8d3f-9c41-5d2e6f7a8b90");
  }
  return *id;
}

v1::ApplyResult ToProto(const absl::StatusOr<ApplyAnswer>& answer) {
  v1::ApplyResult proto;
  if (!answer.ok()) {
    // What cannot be read or written, or may not be sent, will not be by itself; anything else may
    // work next time, or with the receiver's next version.
    const bool failed =
        absl::IsInternal(answer.status()) || absl::IsPermissionDenied(answer.status());
    proto.set_outcome(failed ? v1::APPLY_OUTCOME_FAILED : v1::APPLY_OUTCOME_RETRY);
    proto.set_reason(std::string(answer.status().message()));
    return proto;
  }
  switch (answer->outcome) {
    case ApplyOutcome::kApplied: proto.set_outcome(v1::APPLY_OUTCOME_APPLIED); break;
    case ApplyOutcome::kAlreadyApplied: proto.set_outcome(v1::APPLY_OUTCOME_ALREADY_APPLIED); break;
    case ApplyOutcome::kNotYet: proto.set_outcome(v1::APPLY_OUTCOME_NOT_YET); break;
    case ApplyOutcome::kRefused: proto.set_outcome(v1::APPLY_OUTCOME_REFUSED); break;
  }
  proto.set_reason(answer->reason);
  return proto;
}

}  // namespace tallystick::wire
