#include "platform/trade/fields.h"

#include <map>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace tallystick {
namespace {

constexpr char kNothing[] = "nothing";

// Writes one message's fields, each below `at`.
class Writer {
 public:
  explicit Writer(std::string currency) : currency_(std::move(currency)) {}

  void Text(absl::string_view name, std::string value) {
    fields_.push_back({absl::StrCat(at_, name), value.empty() ? kNothing : std::move(value)});
  }
  void Number(absl::string_view name, int64_t value) { Text(name, absl::StrCat(value)); }
  void Amount(absl::string_view name, int64_t minor) {
    Text(name, currency_.empty() ? absl::StrCat(minor, " minor units of no currency")
                                 : FormatMoney({currency_, minor}));
  }
  void Time(absl::string_view name, const std::optional<absl::Time>& time) {
    Text(name, time ? Rfc3339(*time) : "");
  }
  void Schedule(absl::string_view name, const tallystick::Schedule& schedule) {
    Time(absl::StrCat(name, ".scheduled_time"), schedule.scheduled);
    Time(absl::StrCat(name, ".completed_time"), schedule.completed);
  }
  void Header(const StatusHeader& header) {
    Text("trading_id",
         header.odd_trading_id.empty() ? header.trading_id.ToString() : header.odd_trading_id);
    Number("revision", header.revision);
    Time("create_time", header.create_time);
    Time("update_time", header.update_time);
    Text("contents_digest", absl::BytesToHexString(header.contents_digest));
    for (const OddAmount& odd : header.odd_amounts) {
      Text(absl::StrCat(odd.field, ".currency_code"),
           odd.currency.empty() ? "no currency" : odd.currency);
    }
  }
  // Each element of a list below `name[i].`
  template <typename List, typename Write>
  void Each(absl::string_view name, const List& list, Write write) {
    const std::string outer = at_;
    for (size_t i = 0; i < list.size(); ++i) {
      at_ = absl::StrCat(outer, name, "[", i, "].");
      write(list[i]);
    }
    at_ = outer;
  }
  void Goods(absl::string_view name, const std::vector<GoodsQuantity>& goods) {
    Each(name, goods, [this](const GoodsQuantity& line) {
      Text("sku", line.sku);
      Number("quantity", line.quantity);
    });
  }
  // Amounts of returns are the shop's to say; delivery has none.
  void Returns(const std::vector<Return>& returns, bool with_amount) {
    Each("returns", returns, [&](const Return& goods_return) {
      Text("return_id", goods_return.return_id);
      Text("state", ToString(goods_return.state));
      Goods("lines", goods_return.lines);
      Text("reason", goods_return.reason);
      Text("rejection_reason", goods_return.rejection_reason);
      Time("request_time", goods_return.request_time);
      Time("receive_time", goods_return.receive_time);
      if (with_amount) {
        Amount("amount", goods_return.amount);
      } else if (goods_return.amount != 0) {
        Number("amount.minor_units", goods_return.amount);
      }
      if (!goods_return.request_id.empty()) Text("request_id", goods_return.request_id);
    });
  }

  std::vector<Field> Take() { return std::move(fields_); }

 private:
  std::string currency_;
  std::string at_;
  std::vector<Field> fields_;
};

}  // namespace

std::string Rfc3339(absl::Time time) {
  const absl::Duration below = (time - absl::UnixEpoch()) % absl::Milliseconds(1);
  return absl::FormatTime(
      below == absl::ZeroDuration() ? "%Y-%m-%dT%H:%M:%E3SZ" : "%Y-%m-%dT%H:%M:%E9SZ", time,
      absl::UTCTimeZone());
}

std::vector<Field> FieldsOf(const OrderStatus& status) {
  Writer to(status.currency);
  to.Header(status);
  to.Text("state", ToString(status.state));
  to.Each("lines", status.lines, [&](const OrderLineStatus& line) {
    to.Text("sku", line.sku);
    to.Number("ordered", line.ordered);
    to.Number("dispatched", line.dispatched);
    to.Number("delivered", line.delivered);
    to.Number("written_off", line.written_off);
    to.Number("return_requested", line.return_requested);
    to.Number("returned", line.returned);
  });
  to.Text("reason", status.reason);
  to.Amount("due", status.due);
  to.Schedule("delivery_schedule", status.delivery_schedule);
  to.Schedule("payment_schedule", status.payment_schedule);
  to.Number("payment_instructions", status.payment_instructions);
  to.Number("delivery_instructions", status.delivery_instructions);
  to.Number("payment_revision", status.payment_revision);
  to.Number("delivery_revision", status.delivery_revision);
  to.Each("adjustments", status.adjustments, [&](const DueAdjustment& adjustment) {
    to.Text("type", ToString(adjustment.type));
    to.Amount("amount", adjustment.amount);
    to.Text("reference_id", adjustment.reference_id);
    to.Goods("lines", adjustment.lines);
    to.Time("create_time", adjustment.create_time);
  });
  to.Returns(status.returns, true);
  to.Time("return_deadline", status.return_deadline);
  return to.Take();
}

std::vector<Field> FieldsOf(const PaymentStatus& status) {
  Writer to(status.currency);
  to.Header(status);
  to.Text("state", ToString(status.state));
  to.Text("terms", ToString(status.terms));
  to.Amount("due", status.due);
  to.Amount("authorized", status.authorized);
  to.Amount("captured", status.captured);
  to.Amount("refunded", status.refunded);
  to.Amount("voided", status.voided);
  to.Each("transactions", status.transactions, [&](const PaymentTransaction& transaction) {
    to.Number("number", transaction.number);
    to.Text("type", ToString(transaction.type));
    to.Text("state", ToString(transaction.state));
    to.Amount("amount", transaction.amount);
    to.Text("reference", transaction.reference);
    to.Text("shipment_id", transaction.shipment_id);
    to.Text("failure_reason", transaction.failure_reason);
    to.Time("create_time", transaction.create_time);
    to.Time("update_time", transaction.update_time);
    to.Number("retry_of", transaction.retry_of);
  });
  to.Schedule("schedule", status.schedule);
  to.Number("instructions_applied", status.instructions_applied);
  to.Each("planned_captures", status.planned_captures, [&](const PlannedCapture& planned) {
    to.Number("number", planned.number);
    to.Amount("amount", planned.amount);
    to.Text("shipment_id", planned.shipment_id);
    to.Time("scheduled_time", planned.scheduled_time);
  });
  return to.Take();
}

std::vector<Field> FieldsOf(const DeliveryStatus& status) {
  Writer to("");
  to.Header(status);
  to.Text("state", ToString(status.state));
  to.Text("booking", ToString(status.booking));
  to.Text("reason", status.reason);
  for (size_t i = 0; i < status.ship_to.lines.size(); ++i) {
    to.Text(absl::StrCat("ship_to.lines[", i, "]"), status.ship_to.lines[i]);
  }
  to.Each("lines", status.lines, [&](const DeliveryLine& line) {
    to.Text("sku", line.sku);
    to.Number("ordered", line.ordered);
    to.Number("dispatched", line.dispatched);
    to.Number("delivered", line.delivered);
    to.Number("failed", line.failed);
    to.Number("canceled", line.canceled);
    to.Number("returned", line.returned);
  });
  to.Each("shipments", status.shipments, [&](const Shipment& shipment) {
    to.Text("shipment_id", shipment.shipment_id);
    to.Text("state", ToString(shipment.state));
    to.Goods("lines", shipment.lines);
    to.Text("carrier", shipment.carrier);
    to.Text("tracking_number", shipment.tracking_number);
    to.Text("reason", shipment.reason);
    to.Schedule("schedule", shipment.schedule);
    to.Time("dispatch_time", shipment.dispatch_time);
  });
  to.Schedule("schedule", status.schedule);
  to.Number("instructions_applied", status.instructions_applied);
  to.Returns(status.returns, false);
  return to.Take();
}

std::vector<Difference> Compare(const std::vector<Field>& a, const std::vector<Field>& b) {
  std::map<std::string, const std::string*> theirs;
  for (const Field& field : b) theirs[field.name] = &field.value;
  std::vector<Difference> differences;
  for (const Field& field : a) {
    const auto found = theirs.find(field.name);
    const std::string value = found == theirs.end() ? kNothing : *found->second;
    if (value != field.value) differences.push_back({field.name, field.value, value});
    if (found != theirs.end()) theirs.erase(found);
  }
  for (const Field& field : b) {
    if (theirs.contains(field.name) && field.value != kNothing) {
      differences.push_back({field.name, kNothing, field.value});
    }
  }
  return differences;
}

}  // namespace tallystick
