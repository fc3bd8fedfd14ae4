#include "client-cli/output/json.h"

namespace tallystick {
namespace {

Json ToJson(const Schedule& schedule) {
  return {{"scheduled_time", TimeOrNull(schedule.scheduled)},
          {"completed_time", TimeOrNull(schedule.completed)}};
}

void PutHeader(const StatusHeader& header, Json& json) {
  json["trading_id"] = header.trading_id.ToString();
  json["revision"] = header.revision;
  json["create_time"] = TimeText(header.create_time);
  json["update_time"] = TimeText(header.update_time);
}

}  // namespace

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone());
}

Json TimeOrNull(const std::optional<absl::Time>& time) {
  return time ? Json(TimeText(*time)) : Json(nullptr);
}

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', true, Json::error_handler_t::replace);
}

Json ToJson(const Money& money) {
  return {{"currency_code", money.currency}, {"minor_units", money.minor}};
}

Json ToJson(const Warning& warning) {
  return {{"rule", warning.rule},
          {"severity", ToString(warning.severity)},
          {"sentence", warning.sentence},
          {"evidence", warning.evidence}};
}

Json ToJson(const OrderContents& contents) {
  Json lines = Json::array();
  for (const ContentsLine& line : contents.lines) {
    lines.push_back({{"sku", line.sku},
                     {"name", line.name},
                     {"quantity", line.quantity},
                     {"unit_price", ToJson(Money{contents.currency, line.unit_price})},
                     {"tax_rate_basis_points", line.tax_rate_basis_points},
                     {"goods_amount", ToJson(Money{contents.currency, line.goods_amount})},
                     {"tax_amount", ToJson(Money{contents.currency, line.tax_amount})}});
  }
  return {{"trading_id", contents.trading_id.ToString()},
          {"reference", contents.buyer_reference},
          {"lines", lines},
          {"ship_to", contents.ship_to.lines},
          {"delivery_option", contents.delivery_option},
          {"terms", ToString(contents.terms)},
          {"goods_total", ToJson(Money{contents.currency, contents.goods_total})},
          {"delivery_fee", ToJson(Money{contents.currency, contents.delivery_fee})},
          {"tax_total", ToJson(Money{contents.currency, contents.tax_total})},
          {"total", ToJson(Money{contents.currency, contents.total})},
          {"order_time", TimeText(contents.order_time)},
          {"promised_delivery_time", TimeText(contents.promised_delivery_time)}};
}

Json ToJson(const std::vector<GoodsQuantity>& lines) {
  Json json = Json::array();
  for (const GoodsQuantity& goods : lines) {
    json.push_back({{"sku", goods.sku}, {"quantity", goods.quantity}});
  }
  return json;
}

Json ToJson(const Return& goods_return) {
  return {{"return_id", goods_return.return_id},
          {"state", ToString(goods_return.state)},
          {"lines", ToJson(goods_return.lines)},
          {"reason", goods_return.reason},
          {"rejection_reason", goods_return.rejection_reason},
          {"request_time", TimeText(goods_return.request_time)},
          {"receive_time", TimeOrNull(goods_return.receive_time)}};
}

Json ToJson(const OrderStatus& status) {
  Json json;
  json["state"] = ToString(status.state);
  PutHeader(status, json);
  json["reason"] = status.reason;
  json["due"] = ToJson(Money{status.currency, status.due});
  json["delivery_schedule"] = ToJson(status.delivery_schedule);
  json["payment_schedule"] = ToJson(status.payment_schedule);
  json["lines"] = Json::array();
  for (const OrderLineStatus& line : status.lines) {
    json["lines"].push_back({{"sku", line.sku},
                             {"ordered", line.ordered},
                             {"dispatched", line.dispatched},
                             {"delivered", line.delivered},
                             {"written_off", line.written_off},
                             {"return_requested", line.return_requested},
                             {"returned", line.returned}});
  }
  json["adjustments"] = Json::array();
  for (const DueAdjustment& adjustment : status.adjustments) {
    json["adjustments"].push_back({{"type", ToString(adjustment.type)},
                                   {"amount", ToJson(Money{status.currency, adjustment.amount})},
                                   {"reference_id", adjustment.reference_id},
                                   {"lines", ToJson(adjustment.lines)},
                                   {"create_time", TimeText(adjustment.create_time)}});
  }
  json["returns"] = Json::array();
  for (const Return& goods_return : status.returns) {
    json["returns"].push_back(ToJson(goods_return));
    json["returns"].back()["amount"] = ToJson(Money{status.currency, goods_return.amount});
  }
  json["return_deadline"] = TimeOrNull(status.return_deadline);
  return json;
}

Json ToJson(const PaymentStatus& status) {
  Json json;
  json["state"] = ToString(status.state);
  PutHeader(status, json);
  json["terms"] = ToString(status.terms);
  json["due"] = ToJson(Money{status.currency, status.due});
  json["authorized"] = ToJson(Money{status.currency, status.authorized});
  json["captured"] = ToJson(Money{status.currency, status.captured});
  json["refunded"] = ToJson(Money{status.currency, status.refunded});
  json["voided"] = ToJson(Money{status.currency, status.voided});
  json["schedule"] = ToJson(status.schedule);
  json["transactions"] = Json::array();
  for (const PaymentTransaction& transaction : status.transactions) {
    json["transactions"].push_back({{"number", transaction.number},
                                    {"type", ToString(transaction.type)},
                                    {"state", ToString(transaction.state)},
                                    {"amount", ToJson(Money{status.currency, transaction.amount})},
                                    {"reference", transaction.reference},
                                    {"shipment_id", transaction.shipment_id},
                                    {"failure_reason", transaction.failure_reason},
                                    {"create_time", TimeText(transaction.create_time)},
                                    {"update_time", TimeText(transaction.update_time)},
                                    {"retry_of", transaction.retry_of}});
  }
  json["planned_captures"] = Json::array();
  for (const PlannedCapture& planned : status.planned_captures) {
    json["planned_captures"].push_back({{"number", planned.number},
                                        {"amount", ToJson(Money{status.currency, planned.amount})},
                                        {"shipment_id", planned.shipment_id},
                                        {"scheduled_time", TimeText(planned.scheduled_time)}});
  }
  return json;
}

Json ToJson(const DeliveryStatus& status) {
  Json json;
  json["state"] = ToString(status.state);
  PutHeader(status, json);
  json["booking"] = ToString(status.booking);
  json["reason"] = status.reason;
  json["ship_to"] = status.ship_to.lines;
  json["schedule"] = ToJson(status.schedule);
  json["lines"] = Json::array();
  for (const DeliveryLine& line : status.lines) {
    json["lines"].push_back({{"sku", line.sku},
                             {"ordered", line.ordered},
                             {"dispatched", line.dispatched},
                             {"delivered", line.delivered},
                             {"failed", line.failed},
                             {"canceled", line.canceled},
                             {"returned", line.returned}});
  }
  json["shipments"] = Json::array();
  for (const Shipment& shipment : status.shipments) {
    json["shipments"].push_back({{"shipment_id", shipment.shipment_id},
                                 {"state", ToString(shipment.state)},
                                 {"lines", ToJson(shipment.lines)},
                                 {"carrier", shipment.carrier},
                                 {"tracking_number", shipment.tracking_number},
                                 {"reason", shipment.reason},
                                 {"schedule", ToJson(shipment.schedule)},
                                 {"dispatch_time", TimeOrNull(shipment.dispatch_time)}});
  }
  json["returns"] = Json::array();
  for (const Return& goods_return : status.returns) json["returns"].push_back(ToJson(goods_return));
  return json;
}

Json ToJson(const CatalogueProduct& product) {
  return {{"sku", product.sku},
          {"name", product.name},
          {"category", product.category},
          {"unit_price", ToJson(product.unit_price)},
          {"tax_rate_basis_points", product.tax_rate_basis_points},
          {"stock", product.stock}};
}

Json ToJson(const CataloguePages& catalogue) {
  Json products = Json::array();
  for (const CatalogueProduct& product : catalogue.products) products.push_back(ToJson(product));
  Json options = Json::array();
  for (const CatalogueOption& option : catalogue.options) {
    options.push_back({{"code", option.code},
                       {"name", option.name},
                       {"fee_minor_units", option.fee},
                       {"lead_time_hours", option.lead_time_hours}});
  }
  return {{"products", products}, {"delivery_options", options}};
}

Json ToJson(const ServiceAddresses& services) {
  Json json;
  for (const Side side : kSides) json[ServiceOf(side)] = services[side];
  return json;
}

Json NamesJson(const PerSide<bool>& services) {
  Json names = Json::array();
  for (const Side side : kSides) {
    if (services[side]) names.push_back(ServiceOf(side));
  }
  return names;
}

void PutStatuses(const ThreeOf<std::optional>& statuses, Json& json) {
  const auto put = [&](Side side, const auto& status) {
    json[NamesOf(side).status] = status ? ToJson(*status) : Json(nullptr);
  };
  ForEachSide(put, statuses);
}

}  // namespace tallystick
