// DATE-1 to DATE-5: are the dates possible, kept, and the same everywhere?
#include <algorithm>
#include <unordered_map>

#include "client-cli/match/evidence.h"
#include "client-cli/match/match.h"
#include "platform/trade/rollup.h"

namespace tallystick {
namespace {

// One thing that a service says has happened, and when.
struct Event {
  std::string what;
  absl::Time when;
};

// Everything that one answer says has happened.
class Events {
 public:
  explicit Events(std::string service) : service_(std::move(service)) {}

  void Add(absl::string_view what, const std::optional<absl::Time>& when) {
    if (when) all_.push_back({absl::StrCat(service_, ": ", what), *when});
  }
  void AddHeader(const StatusHeader& header) {
    Add("its beginning", header.create_time);
    Add("its last change", header.update_time);
  }
  const std::vector<Event>& all() const { return all_; }

 private:
  const std::string service_;
  std::vector<Event> all_;
};

void AddReturns(const std::vector<Return>& returns, Events& events) {
  for (const Return& goods_return : returns) {
    const std::string id = Excerpt(goods_return.return_id);
    events.Add(absl::StrCat("request of return ", id), goods_return.request_time);
    events.Add(absl::StrCat("arrival of return ", id), goods_return.receive_time);
  }
}

Events EventsOf(const OrderStatus& order) {
  Events events("shopping");
  events.AddHeader(order);
  events.Add("delivery", order.delivery_schedule.completed);
  events.Add("payment", order.payment_schedule.completed);
  for (const DueAdjustment& adjustment : order.adjustments) {
    events.Add(absl::StrCat("adjustment ", ToString(adjustment.type), " ",
                            Excerpt(adjustment.reference_id)),
               adjustment.create_time);
  }
  AddReturns(order.returns, events);
  return events;
}

Events EventsOf(const PaymentStatus& payment) {
  Events events("payment");
  events.AddHeader(payment);
  events.Add("payment", payment.schedule.completed);
  for (const PaymentTransaction& transaction : payment.transactions) {
    const std::string what = absl::StrCat("transaction ", transaction.number);
    events.Add(absl::StrCat(what, " began"), transaction.create_time);
    events.Add(absl::StrCat(what, " changed"), transaction.update_time);
  }
  return events;
}

Events EventsOf(const DeliveryStatus& delivery) {
  Events events("delivery");
  events.AddHeader(delivery);
  events.Add("delivery", delivery.schedule.completed);
  for (const Shipment& shipment : delivery.shipments) {
    const std::string id = Excerpt(shipment.shipment_id);
    events.Add(absl::StrCat("dispatch of shipment ", id), shipment.dispatch_time);
    events.Add(absl::StrCat("arrival of shipment ", id), shipment.schedule.completed);
  }
  AddReturns(delivery.returns, events);
  return events;
}

// Every time that is said to be past, of all answers.
template <typename Visit>
void VisitEvents(const Reading& reading, Visit visit) {
  const auto visit_one = [&](Side, const auto* status) {
    if (status != nullptr) visit(*status, EventsOf(*status));
  };
  ForEachSide(visit_one, reading);
}

// One before the other, beyond what clocks may differ by.
class Sequence {
 public:
  Sequence(const Reading& reading, std::vector<Warning>& warnings)
      : skew_(reading.settings.clock_skew), warnings_(warnings) {}

  void Check(const std::string& what, const std::optional<absl::Time>& when,
             const std::string& after, const std::optional<absl::Time>& earliest) {
    if (!when || !earliest || *when + skew_ >= *earliest) return;
    Alarm(warnings_, "DATE-2", absl::StrCat(what, " is said to lie before ", after),
          {{"what", what}, {"when", Rfc3339(*when)}, {"after", Rfc3339(*earliest)}});
  }

 private:
  const absl::Duration skew_;
  std::vector<Warning>& warnings_;
};

std::string ScheduleText(const Schedule& schedule) {
  std::string text;
  if (schedule.completed) text = absl::StrCat("done ", Rfc3339(*schedule.completed));
  if (schedule.scheduled) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", "planned ", Rfc3339(*schedule.scheduled));
  }
  return text.empty() ? "no date" : text;
}

void SayOtherDate(std::vector<Warning>& warnings, const std::string& sentence,
                  const std::string& who, std::string says, const std::string& whom,
                  std::string theirs) {
  Alarm(warnings, "DATE-3", sentence, {{who, std::move(says)}, {whom, std::move(theirs)}});
}

// The dates that payment may be planned for.
void CheckPlannedPayment(const Reading& reading, const std::string& service,
                         const std::optional<absl::Time>& planned, bool nothing_heard,
                         std::vector<Warning>& warnings) {
  if (!planned) return;
  const OrderContents& contents = reading.contents;
  const absl::Duration period = PeriodOf(reading.settings.periods, contents.terms);
  const absl::Time promised = contents.promised_delivery_time + period;
  if (*planned == promised) return;
  // After an arrival, payment is planned for the date that follows from it.
  if (IsPlanned(contents.terms) && !nothing_heard) {
    if (reading.delivery == nullptr) return;
    for (const Shipment& shipment : reading.delivery->shipments) {
      if (shipment.schedule.completed && *shipment.schedule.completed + period == *planned) return;
    }
    // Delivery may have been asked before the arrival.
    if (reading.payment != reading.cut.payment || reading.delivery != reading.cut.delivery) return;
  }
  SayOtherDate(warnings,
               absl::StrCat(service, " plans payment for another date than you agreed to"), service,
               Rfc3339(*planned), "agreed", Rfc3339(promised));
}

}  // namespace

void CheckCompletedDates(const Reading& reading, std::vector<Warning>& warnings) {
  const absl::Time latest = reading.now + reading.settings.clock_skew;
  VisitEvents(reading, [&](const StatusHeader&, const Events& events) {
    for (const Event& event : events.all()) {
      if (event.when <= latest) continue;
      Alarm(warnings, "DATE-1", absl::StrCat(event.what, " is said to have been in the future"),
            {{"what", event.what}, {"when", Rfc3339(event.when)}});
    }
  });
}

void CheckOrderOfDates(const Reading& reading, std::vector<Warning>& warnings) {
  Sequence sequence(reading, warnings);
  VisitEvents(reading, [&](const StatusHeader& header, const Events& events) {
    for (const Event& event : events.all()) {
      sequence.Check(event.what, event.when, "the order", reading.contents.order_time);
      sequence.Check("its last change", header.update_time, event.what, event.when);
    }
  });
  std::unordered_map<std::string, const Shipment*> shipments;
  if (const DeliveryStatus* delivery = reading.delivery) {
    for (const Shipment& shipment : delivery->shipments) {
      const std::string what = absl::StrCat("shipment ", Excerpt(shipment.shipment_id));
      sequence.Check("arrival of " + what, shipment.schedule.completed, "its dispatch",
                     shipment.dispatch_time);
    }
    for (const Return& goods_return : delivery->returns) {
      sequence.Check(absl::StrCat("arrival of return ", Excerpt(goods_return.return_id)),
                     goods_return.receive_time, "its request", goods_return.request_time);
    }
  }
  if (const PaymentStatus* payment = reading.payment) {
    std::optional<absl::Time> captured;
    for (const PaymentTransaction& transaction : payment->transactions) {
      sequence.Check(absl::StrCat("the end of transaction ", transaction.number),
                     transaction.update_time, "its beginning", transaction.create_time);
      if (transaction.type == TransactionType::kCapture &&
          transaction.state == TransactionState::kSucceeded && !captured) {
        captured = transaction.update_time;
      }
    }
    sequence.Check("payment in full", payment->schedule.completed, "the first capture", captured);
  }
  const OrderStatus* order = reading.cut.order;
  if (order == nullptr) return;
  for (const Return& goods_return : order->returns) {
    for (const DueAdjustment& adjustment : order->adjustments) {
      if (adjustment.reference_id != goods_return.return_id) continue;
      sequence.Check(
          absl::StrCat("what was taken off for return ", Excerpt(goods_return.return_id)),
          adjustment.create_time, "its arrival", goods_return.receive_time);
    }
  }
  if (reading.cut.payment != nullptr) {
    sequence.Check("the order's last change", order->update_time,
                   "the change of payment it tells of", reading.cut.payment->update_time);
  }
  if (reading.cut.delivery != nullptr) {
    sequence.Check("the order's last change", order->update_time,
                   "the change of delivery it tells of", reading.cut.delivery->update_time);
  }
}

void CheckShopsDates(const Reading& reading, std::vector<Warning>& warnings) {
  const OrderContents& contents = reading.contents;
  if (const OrderStatus* order = reading.order) {
    if (order->create_time != contents.order_time) {
      SayOtherDate(warnings, "the shop says now that you ordered at another time", "shopping",
                   Rfc3339(order->create_time), "when you ordered", Rfc3339(contents.order_time));
    }
  }
  if (const DeliveryStatus* delivery = reading.delivery) {
    for (const Shipment& shipment : delivery->shipments) {
      if (!shipment.schedule.scheduled ||
          *shipment.schedule.scheduled == contents.promised_delivery_time) {
        continue;
      }
      SayOtherDate(warnings, "delivery plans another date than you were promised",
                   "shipment " + Excerpt(shipment.shipment_id),
                   Rfc3339(*shipment.schedule.scheduled), "promised",
                   Rfc3339(contents.promised_delivery_time));
    }
  }
  if (const PaymentStatus* payment = reading.payment) {
    CheckPlannedPayment(reading, "payment", payment->schedule.scheduled, false, warnings);
    const auto& planned = payment->planned_captures;
    if (!planned.empty() && payment->schedule.scheduled &&
        *payment->schedule.scheduled != planned.front().scheduled_time) {
      SayOtherDate(warnings, "payment gives another date than that of its first planned capture",
                   "payment", Rfc3339(*payment->schedule.scheduled), "its first planned capture",
                   Rfc3339(planned.front().scheduled_time));
    }
  }
  const OrderStatus* order = reading.cut.order;
  if (order == nullptr) return;
  const auto compare = [&](const std::string& what, const Schedule& shops, const Schedule& theirs) {
    if (shops == theirs) return;
    SayOtherDate(warnings, absl::StrCat("the shop gives another date of ", what, " than ", what),
                 "shopping", ScheduleText(shops), what, ScheduleText(theirs));
  };
  if (reading.cut.payment != nullptr) {
    compare("payment", order->payment_schedule, reading.cut.payment->schedule);
  } else if (order->payment_revision == 0) {
    CheckPlannedPayment(reading, "shopping", order->payment_schedule.scheduled, true, warnings);
    if (!order->payment_schedule.scheduled || order->payment_schedule.completed) {
      SayOtherDate(warnings, "the shop tells of a payment that it has not heard of", "shopping",
                   ScheduleText(order->payment_schedule), "payment", "not heard of");
    }
  }
  if (reading.cut.delivery != nullptr) {
    compare("delivery", order->delivery_schedule, reading.cut.delivery->schedule);
  } else if (order->delivery_revision == 0) {
    compare("delivery", order->delivery_schedule, {contents.promised_delivery_time, std::nullopt});
  }
}

void CheckReturnDeadline(const Reading& reading, std::vector<Warning>& warnings) {
  const OrderStatus* order = reading.cut.order;
  const DeliveryStatus* delivery = reading.cut.delivery;
  if (order == nullptr || (delivery == nullptr && order->delivery_revision != 0)) return;
  std::optional<absl::Time> arrived;
  if (delivery != nullptr) {
    for (const Shipment& shipment : delivery->shipments) {
      if (shipment.state == ShipmentState::kDelivered) {
        arrived = std::max(arrived, shipment.schedule.completed);
      }
    }
  }
  const std::optional<absl::Duration>& period = reading.view.return_period;
  const auto& deadline = order->return_deadline;
  const bool fits = !arrived ? !deadline
                    : period ? deadline == *arrived + *period
                             : deadline && *deadline >= *arrived;
  if (fits) return;
  SayOtherDate(warnings, "the shop lets you return goods until another date than it granted",
               "return until", deadline ? Rfc3339(*deadline) : "no date", "granted",
               !arrived ? "nothing has arrived"
               : period ? Rfc3339(*arrived + *period)
                        : absl::StrCat("after ", Rfc3339(*arrived)));
}

void CheckOverdue(const Reading& reading, std::vector<Warning>& warnings) {
  const auto check = [&](const std::string& what, const std::optional<absl::Time>& planned) {
    if (!planned || reading.now <= *planned + reading.settings.overdue_grace) return;
    Say(warnings, "DATE-4", Severity::kWarning,
        absl::StrCat(what, " was planned for a date that has passed; ask when it will be"),
        {{"what", what}, {"planned", Rfc3339(*planned)}});
  };
  if (const PaymentStatus* payment = reading.payment) {
    check("payment", payment->schedule.scheduled);
    for (const PlannedCapture& planned : payment->planned_captures) {
      check(absl::StrCat("capture for shipment ", Excerpt(planned.shipment_id)),
            planned.scheduled_time);
    }
  }
  if (const DeliveryStatus* delivery = reading.delivery) {
    for (const Shipment& shipment : delivery->shipments) {
      check(absl::StrCat("arrival of shipment ", Excerpt(shipment.shipment_id)),
            shipment.schedule.scheduled);
    }
  }
}

void CheckStalled(const Reading& reading, std::vector<Warning>& warnings) {
  const MatchSettings& settings = reading.settings;
  const Sightings& sightings = reading.view.sightings;
  // Since the ledger saw it first, or since an earlier time that the service itself names.
  const auto check = [&](const std::string& what, absl::Time seen, absl::Time said,
                         absl::Duration limit) {
    const absl::Time since = std::min(seen, said + settings.clock_skew);
    if (reading.now - since <= limit) return;
    Say(warnings, "DATE-5", Severity::kWarning,
        absl::StrCat(what, " for longer than that should take; ask the shop about it"),
        {{"since", Rfc3339(said)}});
  };
  if (const OrderStatus* order = reading.order) {
    if (order->state == OrderState::kAccepted || order->state == OrderState::kCancelPending) {
      check(absl::StrCat("the order is ", ToString(order->state)),
            sightings.Since(Sight::kOrderRevision, order->revision, reading.now),
            order->update_time, settings.stall_limit);
    }
    for (const Return& goods_return : order->returns) {
      if (!IsUnderWay(goods_return)) continue;
      check(absl::StrCat("return ", Excerpt(goods_return.return_id), " is under way"), reading.now,
            goods_return.request_time, settings.return_limit);
    }
  }
  if (const PaymentStatus* payment = reading.payment) {
    for (const PaymentTransaction& transaction : payment->transactions) {
      if (!IsOpen(transaction)) continue;
      check(absl::StrCat("transaction ", transaction.number, " is ", ToString(transaction.state)),
            sightings.Since(Sight::kOpenTransaction, transaction.number, reading.now),
            transaction.create_time, settings.stall_limit);
    }
  }
}

}  // namespace tallystick
