// HISTORY-1, HISTORY-2: does a service stand by what it said before?
#include <algorithm>
#include <unordered_map>

#include "client-cli/match/evidence.h"
#include "client-cli/match/match.h"
#include "platform/trade/rollup.h"

namespace tallystick {
namespace {

bool MayFollow(OrderState before, OrderState after) {
  if (before == after) return true;
  switch (before) {
    case OrderState::kAccepted: return after != OrderState::kUnspecified;
    case OrderState::kConfirmed:
      return after == OrderState::kCompleted || after == OrderState::kCancelPending ||
             after == OrderState::kCanceled;
    case OrderState::kCancelPending:
      return after == OrderState::kCanceled || after == OrderState::kConfirmed ||
             after == OrderState::kCompleted;
    case OrderState::kCompleted:
    case OrderState::kRejected:
    case OrderState::kCanceled: return false;
    default: return true;  // a state that this client does not know
  }
}

bool MayFollow(BookingState before, BookingState after) {
  return before == after || before == BookingState::kPending || before > BookingState::kRefused;
}

bool MayFollow(ShipmentState before, ShipmentState after) {
  switch (before) {
    case ShipmentState::kDelivered:
    case ShipmentState::kFailed:
    case ShipmentState::kCanceled: return before == after;
    default: return after >= before;
  }
}

bool MayFollow(ReturnState before, ReturnState after) {
  switch (before) {
    case ReturnState::kRefunded:
    case ReturnState::kRejected: return before == after;
    case ReturnState::kReceived: return after == before || after == ReturnState::kRefunded;
    default: return after >= before;
  }
}

bool MayFollow(TransactionState before, TransactionState after) {
  switch (before) {
    case TransactionState::kSucceeded:
    case TransactionState::kFailed: return before == after;
    case TransactionState::kUnknown: return after != TransactionState::kPending;
    default: return true;
  }
}

// What one answer took back of the one before.
class Step {
 public:
  explicit Step(std::string currency) : currency_(std::move(currency)) {}

  void NotLess(const std::string& what, int64_t before, int64_t after) {
    if (after < before) Add(what, absl::StrCat(before), absl::StrCat(after));
  }
  void NotLessMoney(const std::string& what, int64_t before, int64_t after) {
    if (after < before) Add(what, Money(before), Money(after));
  }
  void NotMoreMoney(const std::string& what, int64_t before, int64_t after) {
    if (after > before) Add(what, Money(before), Money(after));
  }
  void Same(const std::string& what, const std::string& before, const std::string& after) {
    if (before != after) Add(what, before, after);
  }
  void SameMoney(const std::string& what, int64_t before, int64_t after) {
    if (before != after) Add(what, Money(before), Money(after));
  }
  void SameTime(const std::string& what, absl::Time before, absl::Time after) {
    if (before != after) Add(what, Rfc3339(before), Rfc3339(after));
  }
  // What has happened stays as it happened.
  void Kept(const std::string& what, const std::optional<absl::Time>& before,
            const std::optional<absl::Time>& after) {
    if (before && before != after) Add(what, Rfc3339(*before), after ? Rfc3339(*after) : "nothing");
  }
  void SameGoods(const std::string& what, const std::vector<GoodsQuantity>& before,
                 const std::vector<GoodsQuantity>& after) {
    if (before != after) Add(what, "these goods", "others");
  }
  template <typename State>
  void Follows(const std::string& what, State before, State after) {
    if (!MayFollow(before, after)) Add(what, ToString(before), ToString(after));
  }
  // Each element of a list stays where it was; more may come after it.
  template <typename List, typename Check>
  void Each(const std::string& what, const List& before, const List& after, Check check) {
    if (after.size() < before.size()) {
      Add(what, absl::StrCat(before.size()), absl::StrCat(after.size()));
    }
    for (size_t i = 0; i < std::min(before.size(), after.size()); ++i) {
      check(absl::StrCat(what, "[", i, "]"), before[i], after[i]);
    }
  }
  const Facts& facts() const { return facts_; }

 private:
  std::string Money(int64_t minor) const { return FormatMoney({currency_, minor}); }
  void Add(const std::string& what, const std::string& before, const std::string& after) {
    if (facts_.size() < 8) {
      facts_[what] = absl::StrCat(Excerpt(before), " became ", Excerpt(after));
    }
  }

  const std::string currency_;
  Facts facts_;
};

void CompareHeaders(const StatusHeader& before, const StatusHeader& after, absl::Duration skew,
                    Step& step) {
  step.SameTime("create_time", before.create_time, after.create_time);
  if (after.update_time + skew < before.update_time) {
    step.SameTime("update_time", before.update_time, after.update_time);
  }
}

void CompareReturns(const std::vector<Return>& before, const std::vector<Return>& after,
                    Step& step) {
  step.Each("returns", before, after,
            [&](const std::string& at, const Return& was, const Return& is) {
              step.Same(at + ".return_id", was.return_id, is.return_id);
              step.Follows(at + ".state", was.state, is.state);
              step.SameGoods(at + ".lines", was.lines, is.lines);
              step.Same(at + ".reason", was.reason, is.reason);
              step.Same(at + ".request_id", was.request_id, is.request_id);
              step.SameTime(at + ".request_time", was.request_time, is.request_time);
              step.Kept(at + ".receive_time", was.receive_time, is.receive_time);
              if (was.amount != 0) step.SameMoney(at + ".amount", was.amount, is.amount);
            });
}

void CompareStep(const OrderStatus& before, const OrderStatus& after, absl::Duration skew,
                 Step& step) {
  CompareHeaders(before, after, skew, step);
  step.Follows("state", before.state, after.state);
  std::unordered_map<std::string, const OrderLineStatus*> lines;
  for (const OrderLineStatus& line : after.lines) lines.emplace(line.sku, &line);
  for (const OrderLineStatus& line : before.lines) {
    const auto found = lines.find(line.sku);
    if (found == lines.end()) continue;  // GOODS-2
    const OrderLineStatus& now = *found->second;
    const std::string sku = Excerpt(line.sku);
    step.NotLess("dispatched " + sku, line.dispatched, now.dispatched);
    step.NotLess("delivered " + sku, line.delivered, now.delivered);
    step.NotLess("written off " + sku, line.written_off, now.written_off);
    step.NotLess("returned " + sku, line.returned, now.returned);
  }
  step.NotMoreMoney("due", before.due, after.due);
  step.NotLess("payment_instructions", before.payment_instructions, after.payment_instructions);
  step.NotLess("delivery_instructions", before.delivery_instructions, after.delivery_instructions);
  step.NotLess("payment_revision", before.payment_revision, after.payment_revision);
  step.NotLess("delivery_revision", before.delivery_revision, after.delivery_revision);
  step.Each("adjustments", before.adjustments, after.adjustments,
            [&](const std::string& at, const DueAdjustment& was, const DueAdjustment& is) {
              step.Same(at + ".type", ToString(was.type), ToString(is.type));
              step.SameMoney(at + ".amount", was.amount, is.amount);
              step.Same(at + ".reference_id", was.reference_id, is.reference_id);
              step.SameGoods(at + ".lines", was.lines, is.lines);
              step.SameTime(at + ".create_time", was.create_time, is.create_time);
            });
  CompareReturns(before.returns, after.returns, step);
  if (before.return_deadline &&
      (!after.return_deadline || *after.return_deadline + skew < *before.return_deadline)) {
    step.Kept("return_deadline", before.return_deadline, after.return_deadline);
  }
}

void CompareStep(const PaymentStatus& before, const PaymentStatus& after, absl::Duration skew,
                 Step& step) {
  CompareHeaders(before, after, skew, step);
  step.Same("terms", ToString(before.terms), ToString(after.terms));
  step.NotMoreMoney("due", before.due, after.due);
  step.NotLessMoney("authorized", before.authorized, after.authorized);
  step.NotLessMoney("captured", before.captured, after.captured);
  step.NotLessMoney("refunded", before.refunded, after.refunded);
  step.NotLessMoney("voided", before.voided, after.voided);
  step.NotLess("instructions_applied", before.instructions_applied, after.instructions_applied);
  step.Kept("schedule.completed_time", before.schedule.completed, after.schedule.completed);
  step.Each(
      "transactions", before.transactions, after.transactions,
      [&](const std::string& at, const PaymentTransaction& was, const PaymentTransaction& is) {
        step.Same(at + ".type", ToString(was.type), ToString(is.type));
        step.Follows(at + ".state", was.state, is.state);
        step.SameMoney(at + ".amount", was.amount, is.amount);
        step.Same(at + ".reference", was.reference, is.reference);
        step.Same(at + ".shipment_id", was.shipment_id, is.shipment_id);
        step.SameTime(at + ".create_time", was.create_time, is.create_time);
        step.Same(at + ".retry_of", absl::StrCat(was.retry_of), absl::StrCat(is.retry_of));
        if (was.state != is.state) return;
        step.SameTime(at + ".update_time", was.update_time, is.update_time);
        step.Same(at + ".failure_reason", was.failure_reason, is.failure_reason);
      });
  std::unordered_map<int64_t, const PlannedCapture*> planned;
  for (const PlannedCapture& capture : before.planned_captures) {
    planned.emplace(capture.number, &capture);
  }
  for (const PlannedCapture& is : after.planned_captures) {
    const std::string at = absl::StrCat("planned capture ", is.number);
    const auto found = planned.find(is.number);
    if (found == planned.end()) {
      // Only an instruction plans something.
      if (is.number <= before.instructions_applied) step.Same(at, "not there", "there");
      continue;
    }
    step.NotMoreMoney(at + ".amount", found->second->amount, is.amount);
    step.Same(at + ".shipment_id", found->second->shipment_id, is.shipment_id);
    step.SameTime(at + ".scheduled_time", found->second->scheduled_time, is.scheduled_time);
  }
}

void CompareStep(const DeliveryStatus& before, const DeliveryStatus& after, absl::Duration skew,
                 Step& step) {
  CompareHeaders(before, after, skew, step);
  step.Follows("booking", before.booking, after.booking);
  step.NotLess("instructions_applied", before.instructions_applied, after.instructions_applied);
  // The carrier divides the goods when it takes the job; then only what has not left is divided.
  const bool divided = before.booking == BookingState::kPending;
  step.Each("shipments", before.shipments, after.shipments,
            [&](const std::string& at, const Shipment& was, const Shipment& is) {
              step.Same(at + ".shipment_id", was.shipment_id, is.shipment_id);
              step.Follows(at + ".state", was.state, is.state);
              step.Kept(at + ".dispatch_time", was.dispatch_time, is.dispatch_time);
              step.Kept(at + ".schedule.completed_time", was.schedule.completed,
                        is.schedule.completed);
              const bool fixed = IsDispatched(was) || HasEnded(was);
              if (fixed && !divided) step.SameGoods(at + ".lines", was.lines, is.lines);
              if (!HasEnded(was)) return;
              step.Same(at + ".carrier", was.carrier, is.carrier);
              step.Same(at + ".tracking_number", was.tracking_number, is.tracking_number);
              step.Same(at + ".reason", was.reason, is.reason);
            });
  std::unordered_map<std::string, const DeliveryLine*> lines;
  for (const DeliveryLine& line : after.lines) lines.emplace(line.sku, &line);
  for (const DeliveryLine& line : before.lines) {
    const auto found = lines.find(line.sku);
    if (found == lines.end()) continue;
    const std::string sku = Excerpt(line.sku);
    step.NotLess("dispatched " + sku, line.dispatched, found->second->dispatched);
    step.NotLess("delivered " + sku, line.delivered, found->second->delivered);
    step.NotLess("returned " + sku, line.returned, found->second->returned);
  }
  CompareReturns(before.returns, after.returns, step);
}

template <typename Status>
void CheckOne(const Reading& reading, const std::string& service, const Past<Status>& past,
              const Answer<Status>& now, const Answer<Status>& then,
              std::vector<Warning>& warnings) {
  std::vector<const Status*> answers;
  const auto& highest = past.highest;
  if (highest) answers.push_back(&highest->status);
  if (then.get() != nullptr) answers.push_back(then.get());
  if (now.get() != nullptr && (answers.empty() || answers.back() != now.get())) {
    answers.push_back(now.get());
  }
  for (const Answer<Status>* answer : {&now, &then}) {
    if (!highest || answer->get() == nullptr || answer->at_revision) continue;
    // Two questions that overlapped may be written down in either order.
    if (answer->status.revision >= highest->status.revision ||
        answer->ask_time < highest->observe_time) {
      continue;
    }
    Alarm(warnings, "HISTORY-1",
          absl::StrCat(service, " went back to an earlier state; ask it whether it lost something"),
          {{"service", service},
           {"revision",
            absl::StrCat(highest->status.revision, " became ", answer->status.revision)}});
  }
  std::stable_sort(answers.begin(), answers.end(),
                   [](const Status* a, const Status* b) { return a->revision < b->revision; });
  for (size_t i = 1; i < answers.size(); ++i) {
    const Status& before = *answers[i - 1];
    const Status& after = *answers[i];
    if (before.revision == after.revision) continue;  // HISTORY-2
    Step step(reading.contents.currency);
    CompareStep(before, after, reading.settings.clock_skew, step);
    if (step.facts().empty()) continue;
    Facts facts = step.facts();
    facts["service"] = service;
    Alarm(warnings, "HISTORY-1",
          absl::StrCat(service, " took back what it had said before; ask it which is true"),
          std::move(facts));
  }
}

template <typename Status>
void CompareOne(const std::string& service, const Past<Status>& past, const Answer<Status>& now,
                const Answer<Status>& then, std::vector<Warning>& warnings) {
  for (const Answer<Status>* answer : {&now, &then}) {
    if (answer->get() == nullptr) continue;
    for (const Status& before : past.same_revision) {
      if (before.revision != answer->status.revision || before == answer->status) continue;
      Facts facts = DifferenceFacts(DifferencesOf(before, answer->status), "before", "now");
      facts["service"] = service;
      facts["revision"] = absl::StrCat(before.revision);
      Alarm(warnings, "HISTORY-2",
            absl::StrCat(service, " gave two different answers under one revision"),
            std::move(facts));
      return;
    }
  }
  // The two of this time, too.
  if (now.get() == nullptr || then.get() == nullptr || now.status == then.status ||
      now.status.revision != then.status.revision) {
    return;
  }
  Facts facts = DifferenceFacts(DifferencesOf(now.status, then.status), "first", "then");
  facts["service"] = service;
  Alarm(warnings, "HISTORY-2",
        absl::StrCat(service, " gave two different answers under one revision"), std::move(facts));
}

}  // namespace

void CheckBackwards(const Reading& reading, std::vector<Warning>& warnings) {
  const TradeView& view = reading.view;
  const auto check = [&](Side side, const auto& past, const auto& now, const auto& then) {
    CheckOne(reading, ServiceOf(side), past, now, then, warnings);
  };
  ForEachSide(check, view.past, view, view.then);
}

void CheckTwoAnswers(const Reading& reading, std::vector<Warning>& warnings) {
  const TradeView& view = reading.view;
  const auto compare = [&](Side side, const auto& past, const auto& now, const auto& then) {
    CompareOne(ServiceOf(side), past, now, then, warnings);
  };
  ForEachSide(compare, view.past, view, view.then);
}

}  // namespace tallystick
