// GOODS-4: does each service agree with itself?
#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "client-cli/match/evidence.h"
#include "client-cli/match/match.h"
#include "platform/trade/rollup.h"

namespace tallystick {
namespace {

// States that a newer service may know and this client does not are not judged.
template <typename State>
bool IsNewer(State state, State last) {
  return state > last;
}

class SelfCheck {
 public:
  SelfCheck(std::string service, std::vector<Warning>& warnings)
      : service_(std::move(service)), warnings_(warnings) {}

  void Equal(const std::string& what, const std::string& says, std::string follows) {
    if (says == follows) return;
    Alarm(
        warnings_, "GOODS-4", absl::StrCat(service_, " contradicts itself about ", what),
        {{"service", service_}, {"says", Excerpt(says)}, {"its details say", std::move(follows)}});
  }
  void Holds(bool holds, const std::string& what, const std::string& says, std::string rule) {
    if (!holds) Equal(what, says, std::move(rule));
  }
  void AtLeast(const std::string& what, int64_t says, int64_t least) {
    Holds(says >= least, what, absl::StrCat(says), absl::StrCat(least, " or more"));
  }
  // Numbers and names of the parts of a list: none twice.
  void Unique(const std::string& what, const std::string& name) {
    Holds(!name.empty() && seen_.insert(what + '\n' + name).second, what, Excerpt(name) + " again",
          "each once");
  }

 private:
  const std::string service_;
  std::vector<Warning>& warnings_;
  std::unordered_set<std::string> seen_;
};

void CheckSums(const Reading& reading, const PaymentStatus& payment, SelfCheck& check) {
  const std::pair<const char*, std::pair<int64_t, TransactionType>> sums[] = {
      {"what is authorized", {payment.authorized, TransactionType::kAuthorize}},
      {"what is captured", {payment.captured, TransactionType::kCapture}},
      {"what is refunded", {payment.refunded, TransactionType::kRefund}},
      {"what is voided", {payment.voided, TransactionType::kVoid}}};
  for (const auto& [what, sum] : sums) {
    check.Equal(what, reading.Amount(sum.first), reading.Amount(SumOf(payment, sum.second)));
  }
}

void CheckTransaction(const Reading& reading, const PaymentStatus& payment, size_t i,
                      std::unordered_set<int32_t>& retried, SelfCheck& check) {
  const PaymentTransaction& transaction = payment.transactions[i];
  const std::string what = absl::StrCat("transaction ", i + 1);
  check.Equal("the number of " + what, absl::StrCat(transaction.number), absl::StrCat(i + 1));
  check.Unique("the reference of transactions", transaction.reference);
  check.Holds(transaction.type != TransactionType::kUnspecified, what, "no type", "a type");
  check.Holds(transaction.state != TransactionState::kUnspecified, what, "no state", "a state");
  const bool opens = transaction.type == TransactionType::kAuthorize;
  check.Holds(transaction.amount > 0 || (opens && transaction.amount == 0), "the amount of " + what,
              reading.Amount(transaction.amount), "more than nothing");
  check.Holds((transaction.type == TransactionType::kCapture) != transaction.shipment_id.empty() ||
                  IsNewer(transaction.type, TransactionType::kRefund),
              what, transaction.shipment_id.empty() ? "no shipment" : transaction.shipment_id,
              "a shipment for a capture, and only for one");
  check.Holds(transaction.failure_reason.empty() ||
                  transaction.state == TransactionState::kFailed ||
                  IsNewer(transaction.state, TransactionState::kUnknown),
              what, transaction.failure_reason, "a reason only where it failed");
  if (transaction.retry_of == 0) return;
  const int32_t of = transaction.retry_of;
  const bool earlier =
      of >= 1 && of < transaction.number && of <= static_cast<int32_t>(payment.transactions.size());
  const PaymentTransaction* tried = earlier ? &payment.transactions[of - 1] : nullptr;
  check.Holds(tried != nullptr && tried->type == transaction.type &&
                  tried->state == TransactionState::kFailed &&
                  tried->shipment_id == transaction.shipment_id &&
                  transaction.amount <= tried->amount && retried.insert(of).second,
              what, absl::StrCat("tries ", of, " again"), "a failed one of the same kind, once");
}

void CheckSchedule(const PaymentStatus& payment, SelfCheck& check) {
  const Schedule& schedule = payment.schedule;
  check.Holds(!schedule.scheduled || !schedule.completed, "its dates", "planned and done",
              "one of the two");
  check.Holds(!schedule.completed || payment.captured > 0, "its dates", "paid in full",
              "nothing captured");
  if (!IsSettled(payment)) return;
  if (payment.captured > 0) {
    check.Holds(schedule.completed.has_value(), "its dates", "no date of payment", "all is paid");
  } else {
    check.Holds(!schedule.scheduled, "its dates", "a planned date", "nothing is to be paid");
  }
}

void CheckStatus(const Reading& reading, const PaymentStatus& payment, SelfCheck& check) {
  CheckSums(reading, payment, check);
  check.Holds(payment.state != PaymentState::kUnspecified, "its state", "none", "one");
  if (!IsNewer(payment.state, PaymentState::kRefunded)) {
    check.Equal("its state", ToString(payment.state), ToString(RollUpState(payment)));
  }
  std::unordered_set<int32_t> retried;
  int64_t ended = 0;
  for (size_t i = 0; i < payment.transactions.size(); ++i) {
    CheckTransaction(reading, payment, i, retried, check);
    ended += HasEnded(payment.transactions[i]) ? 1 : 0;
  }
  absl::Time before = absl::InfinitePast();
  for (const PlannedCapture& planned : payment.planned_captures) {
    check.Unique("the number of planned captures", absl::StrCat(planned.number));
    check.Holds(planned.number >= 1 && planned.number <= payment.instructions_applied,
                "the number of planned captures", absl::StrCat(planned.number),
                "that of an instruction");
    check.Holds(planned.amount > 0, "a planned capture", reading.Amount(planned.amount),
                "more than nothing");
    check.Holds(planned.scheduled_time >= before, "the order of planned captures",
                Rfc3339(planned.scheduled_time), "by date");
    before = planned.scheduled_time;
  }
  CheckSchedule(payment, check);
  // Each instruction is a change, and so is the end of each transaction. There may be more: of a
  // service that took up again after a loss, revisions are missing in between.
  check.Holds(payment.instructions_applied >= 1, "what it was told",
              absl::StrCat(payment.instructions_applied), "1 or more");
  check.AtLeast("its revision", payment.revision,
                SaturatedAdd(payment.instructions_applied, ended));
}

// What a shipment's state means for its dates.
void CheckShipment(const Shipment& shipment, SelfCheck& check) {
  const std::string what = absl::StrCat("shipment ", Excerpt(shipment.shipment_id));
  check.Unique("the ids of shipments", shipment.shipment_id);
  check.Holds(shipment.state != ShipmentState::kUnspecified, what, "no state", "a state");
  if (IsNewer(shipment.state, ShipmentState::kCanceled)) return;
  const auto is = [&](ShipmentState state) { return shipment.state == state; };
  const bool under_way = is(ShipmentState::kInTransit) || is(ShipmentState::kOutForDelivery);
  const bool arrived = is(ShipmentState::kDelivered);
  const bool gone = is(ShipmentState::kFailed) || is(ShipmentState::kCanceled);
  const std::string state = ToString(shipment.state);
  check.Holds(shipment.schedule.completed.has_value() == arrived, what, state,
              arrived ? "no date of arrival" : "a date of arrival");
  check.Holds(shipment.schedule.scheduled.has_value() == (!arrived && !gone), what, state,
              arrived || gone ? "a planned date" : "no planned date");
  if (is(ShipmentState::kFailed)) return;  // before or after it left
  check.Holds(IsDispatched(shipment) == (under_way || arrived), what, state,
              IsDispatched(shipment) ? "it has left" : "it has not left");
}

void CheckReturn(const Return& goods_return, bool shops, SelfCheck& check) {
  const std::string what = absl::StrCat("return ", Excerpt(goods_return.return_id));
  check.Unique("the ids of returns", goods_return.return_id);
  check.Holds(goods_return.state != ReturnState::kUnspecified, what, "no state", "a state");
  if (IsNewer(goods_return.state, ReturnState::kRejected)) return;
  const std::string state = ToString(goods_return.state);
  check.Holds(goods_return.receive_time.has_value() == IsBack(goods_return), what, state,
              IsBack(goods_return) ? "no date when it came back" : "a date when it came back");
  const bool rejected = goods_return.state == ReturnState::kRejected;
  check.Holds(rejected || goods_return.rejection_reason.empty(), what, state,
              "a reason why it was not taken back");
  if (shops) return;
  check.Holds(goods_return.state != ReturnState::kRefunded, what, state, "only the shop says that");
  check.Holds(goods_return.amount == 0, what, absl::StrCat(goods_return.amount),
              "amounts are the shop's to say");
}

// How often the shipments and returns have changed, at least.
int64_t ChangesOf(const DeliveryStatus& delivery) {
  int64_t least = delivery.booking == BookingState::kPending ? 0 : 1;
  for (const Shipment& shipment : delivery.shipments) {
    const bool moved = IsDispatched(shipment) || shipment.state == ShipmentState::kFailed;
    least += moved ? 1 : 0;
  }
  for (const Return& goods_return : delivery.returns) {
    least += goods_return.state == ReturnState::kRequested ? 0 : 1;
  }
  return least;
}

void CheckStatus(const Reading&, const DeliveryStatus& delivery, SelfCheck& check) {
  const std::vector<DeliveryLine> follows = RollUpLines(delivery);
  for (size_t i = 0; i < follows.size(); ++i) {
    const auto text = [](const DeliveryLine& line) {
      return absl::StrCat(line.dispatched, " dispatched, ", line.delivered, " delivered, ",
                          line.failed, " failed, ", line.canceled, " canceled, ", line.returned,
                          " returned");
    };
    check.Equal(Excerpt(follows[i].sku), text(delivery.lines[i]), text(follows[i]));
  }
  for (const Shipment& shipment : delivery.shipments) CheckShipment(shipment, check);
  for (const Return& goods_return : delivery.returns) CheckReturn(goods_return, false, check);
  const bool all_known = std::none_of(
      delivery.shipments.begin(), delivery.shipments.end(),
      [](const Shipment& shipment) { return IsNewer(shipment.state, ShipmentState::kCanceled); });
  check.Holds(delivery.state != DeliveryState::kUnspecified, "its state", "none", "one");
  if (all_known && !IsNewer(delivery.state, DeliveryState::kCanceled)) {
    check.Equal("its state", ToString(delivery.state), ToString(RollUpState(delivery)));
  }
  if (all_known) {
    const Schedule schedule = RollUpSchedule(delivery);
    const auto text = [](const std::optional<absl::Time>& time) {
      return time ? Rfc3339(*time) : std::string("no date");
    };
    check.Equal("when all will have arrived", text(delivery.schedule.scheduled),
                text(schedule.scheduled));
    check.Equal("when all had arrived", text(delivery.schedule.completed),
                text(schedule.completed));
  }
  check.Holds(delivery.booking != BookingState::kUnspecified, "its booking", "none", "one");
  if (delivery.booking == BookingState::kPending || delivery.booking == BookingState::kRefused) {
    const bool none_moved = std::all_of(delivery.shipments.begin(), delivery.shipments.end(),
                                        [](const Shipment& shipment) {
                                          return shipment.state == ShipmentState::kScheduled ||
                                                 shipment.state == ShipmentState::kCanceled;
                                        });
    check.Holds(none_moved, "its booking", ToString(delivery.booking), "goods were moved");
    check.Holds(delivery.returns.empty(), "its booking", ToString(delivery.booking),
                "goods come back");
  }
  check.Holds(delivery.instructions_applied >= 1, "what it was told",
              absl::StrCat(delivery.instructions_applied), "1 or more");
  check.AtLeast("its revision", delivery.revision,
                SaturatedAdd(delivery.instructions_applied, ChangesOf(delivery)));
}

void CheckStatus(const Reading&, const OrderStatus& order, SelfCheck& check) {
  struct Sum {
    int64_t under_way = 0;
    int64_t back = 0;
  };
  std::unordered_map<std::string, Sum> returning;
  for (const Return& goods_return : order.returns) {
    CheckReturn(goods_return, true, check);
    for (const GoodsQuantity& goods : goods_return.lines) {
      Sum& sum = returning[goods.sku];
      if (IsUnderWay(goods_return)) sum.under_way = SaturatedAdd(sum.under_way, goods.quantity);
      if (IsBack(goods_return)) sum.back = SaturatedAdd(sum.back, goods.quantity);
    }
  }
  const auto text = [](int64_t under_way, int64_t back) {
    return absl::StrCat(under_way, " under way, ", back, " back");
  };
  for (const OrderLineStatus& line : order.lines) {
    const Sum& sum = returning[line.sku];
    check.Equal("returns of " + Excerpt(line.sku), text(line.return_requested, line.returned),
                text(sum.under_way, sum.back));
  }
  const auto one_date = [&](const char* what, const Schedule& schedule) {
    check.Holds(!schedule.scheduled || !schedule.completed, what, "planned and done",
                "one of the two");
  };
  one_date("the dates of delivery", order.delivery_schedule);
  one_date("the dates of payment", order.payment_schedule);
  check.Holds(order.revision >= 1, "its revision", absl::StrCat(order.revision), "1 or more");
}

}  // namespace

void CheckRollUps(const Reading& reading, std::vector<Warning>& warnings) {
  const auto numbered = [&](Side side, const auto& then) {
    if (then.get() == nullptr) return;
    SelfCheck(ServiceOf(side), warnings)
        .Holds(then.status.revision >= 1, "its revision", absl::StrCat(then.status.revision),
               "1 or more");
  };
  ForEachSide(numbered, reading.view.then);
  const auto agrees = [&](Side side, const auto* status) {
    if (status == nullptr) return;
    SelfCheck check(ServiceOf(side), warnings);
    CheckStatus(reading, *status, check);
  };
  ForEachSide(agrees, reading);
}
}  // namespace tallystick
