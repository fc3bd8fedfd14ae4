// WORD-1, WORD-2: does the shop's account of payment and delivery agree with their own, and do the
// numbers of what was sent and heard?
#include <algorithm>

#include "client-cli/match/evidence.h"
#include "client-cli/match/match.h"
#include "platform/trade/rollup.h"
#include "platform/trade/worth.h"

namespace tallystick {
namespace {

// One service's own answers beside what the shop's account says of it.
template <typename Status>
struct Sides {
  const char* service;
  const std::optional<Status>& word;
  const Answer<Status>& now;
  const Answer<Status>& then;
  const Status* cut;
};

template <typename Status>
void CompareWord(const Reading& reading, const Sides<Status>& sides, int64_t heard_of,
                 std::vector<Warning>& warnings) {
  const std::string service = sides.service;
  const int64_t told = sides.word ? sides.word->revision : 0;
  if (reading.word != nullptr && told != heard_of) {
    Alarm(warnings, "WORD-1",
          absl::StrCat("the shop's order names another revision of ", service,
                       " than its account shows"),
          {{"service", service},
           {"the order has heard of revision", absl::StrCat(heard_of)},
           {"its account shows revision", absl::StrCat(told)}});
    return;
  }
  if (sides.then.get() != nullptr && sides.cut == nullptr) {
    Alarm(warnings, "WORD-1",
          absl::StrCat(service,
                       " does not say what it was when the shop heard of it, but answers "
                       "about another revision"),
          {{"service", service},
           {"asked for revision", absl::StrCat(heard_of)},
           {"answered with revision", absl::StrCat(sides.then.status.revision)}});
  }
  if (sides.cut == nullptr) {
    // Asked for that very revision, the service has none such.
    if (heard_of > 0 && sides.then.not_found() && sides.now.get() != nullptr) {
      Alarm(warnings, "WORD-1",
            absl::StrCat("the shop tells of a change at ", service, " that ", service,
                         " itself does not know"),
            {{"service", service},
             {"the shop has heard of revision", absl::StrCat(heard_of)},
             {service + " says revision", absl::StrCat(sides.now.status.revision)}});
    }
    return;
  }
  if (!sides.word || *sides.word == *sides.cut) return;
  Facts facts = DifferenceFacts(DifferencesOf(*sides.word, *sides.cut), "shopping", service);
  facts["service"] = service;
  facts["revision"] = absl::StrCat(heard_of);
  Alarm(warnings, "WORD-1",
        absl::StrCat("the shop's account of ", service, " is not what ", service,
                     " says itself of the same revision; ask both for the truth"),
        std::move(facts));
}

int64_t PayableEver(const Reading& reading, const DeliveryStatus& delivery, bool at_most) {
  int64_t count = 0;
  for (const Shipment& shipment : delivery.shipments) {
    // What was prepaid as it left stays called for, whatever became of it then.
    if (!WasPayable(reading.contents.terms, shipment)) continue;
    Worth worth = WorthOf(reading.contents, shipment.lines);
    worth.most = SaturatedAdd(worth.most, reading.contents.delivery_fee);
    if ((at_most ? worth.most : worth.least) > 0) ++count;
  }
  return count;
}

void CheckSent(const Reading& reading, std::vector<Warning>& warnings) {
  const OrderStatus& order = *reading.cut.order;
  const auto wrong = [&](const std::string& what, int64_t says, const std::string& follows) {
    Alarm(warnings, "WORD-2",
          absl::StrCat("the shop's count of ", what, " is not what follows from the order"),
          {{"the shop says", absl::StrCat(says)}, {"follows", follows}});
  };
  if (order.payment_revision < 0 || order.delivery_revision < 0) {
    wrong("reports", std::min(order.payment_revision, order.delivery_revision), "0 or more");
  }
  if (order.state > OrderState::kCanceled) return;  // of a newer shop
  // BOOK; RELEASE once confirmed; CANCEL for each cancellation, and when payment declined.
  const bool released =
      order.state == OrderState::kConfirmed || order.state == OrderState::kCompleted;
  const bool ending =
      order.state == OrderState::kCancelPending || order.state == OrderState::kCanceled;
  const int64_t returns = static_cast<int64_t>(order.returns.size());
  const int64_t least = 1 + returns + (released || ending ? 1 : 0);
  if (order.delivery_instructions < least ||
      (order.state == OrderState::kAccepted && order.delivery_instructions != 1) ||
      (order.state == OrderState::kRejected && order.delivery_instructions > 2)) {
    wrong("instructions to delivery", order.delivery_instructions,
          order.state == OrderState::kAccepted ? "1" : absl::StrCat(least, " or more"));
  }
  // The order changes with each report and each request, and with nothing else.
  const int64_t heard = SaturatedAdd(order.payment_revision, order.delivery_revision);
  // RELEASE alone is sent without having been asked for. An order that was canceled before it had
  // been released has had BOOK and one CANCEL; more than that means that it was.
  const bool was_released = released || (ending && order.delivery_instructions > 2);
  const int64_t asked = order.state == OrderState::kRejected
                            ? 0
                            : SaturatedSubtract(order.delivery_instructions, was_released ? 2 : 1);
  const int64_t follows = SaturatedAdd(1, SaturatedAdd(heard, asked));
  const bool fits = order.revision == follows;
  if (!fits) {
    wrong(
        "changes", order.revision,
        absl::StrCat(follows, ", from ", Count(heard, "report"), " and ", Count(asked, "request")));
  }
  const DeliveryStatus* delivery = reading.cut.delivery;
  if (delivery == nullptr && order.delivery_revision > 0) return;
  int64_t adjusted = 0;
  for (const DueAdjustment& adjustment : order.adjustments) adjusted += adjustment.amount > 0;
  const DeliveryStatus nothing;
  const DeliveryStatus& heard_of = delivery == nullptr ? nothing : *delivery;
  const int64_t low = 1 + adjusted + PayableEver(reading, heard_of, false);
  const int64_t high = 1 + adjusted + PayableEver(reading, heard_of, true);
  if (order.payment_instructions < low || order.payment_instructions > high) {
    wrong("instructions to payment", order.payment_instructions,
          low == high ? absl::StrCat(low) : absl::StrCat(low, " to ", high));
  }
}

void CheckApplied(const char* service, int64_t applied, int64_t sent,
                  std::vector<Warning>& warnings) {
  if (applied <= sent) return;
  Alarm(warnings, "WORD-2", absl::StrCat(service, " has done more than the shop has told it to"),
        {{"the shop has sent", Count(sent, "instruction")},
         {absl::StrCat(service, " has applied"), absl::StrCat(applied)}});
}

}  // namespace

void CheckShopsWord(const Reading& reading, std::vector<Warning>& warnings) {
  const TradeView& view = reading.view;
  const OrderStatus* order = reading.cut.order;
  if (order == nullptr) return;
  const std::optional<PaymentStatus> no_payment;
  const std::optional<DeliveryStatus> no_delivery;
  const TradingStatus* word = reading.word;
  CompareWord<PaymentStatus>(reading,
                             {"payment", word == nullptr ? no_payment : word->payment, view.payment,
                              view.then.payment, reading.cut.payment},
                             order->payment_revision, warnings);
  CompareWord<DeliveryStatus>(reading,
                              {"delivery", word == nullptr ? no_delivery : word->delivery,
                               view.delivery, view.then.delivery, reading.cut.delivery},
                              order->delivery_revision, warnings);
  if (word == nullptr) return;
  if (word->order != *order) {
    Facts facts = DifferenceFacts(DifferencesOf(*order, word->order), "its order", "its account");
    facts["revision"] = absl::StrCat(order->revision);
    Alarm(warnings, "WORD-1", "the shop gives two accounts of one state of the order",
          std::move(facts));
  }
  const bool asked_again = view.then.order.not_found() || view.then.order.get() != nullptr;
  if (asked_again && order == &word->order && view.order.get() != nullptr) {
    Alarm(warnings, "WORD-1", "the shop does not stand by the order that its account tells of",
          {{"its account has revision", absl::StrCat(word->order.revision)},
           {"its order has revision", absl::StrCat(view.order.status.revision)}});
  }
}

void CheckLags(const Reading& reading, std::vector<Warning>& warnings) {
  for (const Lag& lag : reading.lags) {
    if (reading.now - lag.since <= reading.settings.report_delay) continue;
    if (lag.kind == Lag::kAheadOfShop) {
      Alarm(warnings, "WORD-1",
            absl::StrCat("the shop has not heard of what ", lag.service,
                         " says it did; ask the shop whether that is true"),
            {{"service", lag.service}, {"known since", Rfc3339(lag.since)}});
    } else {
      Alarm(warnings, "WORD-2",
            absl::StrCat(lag.service, " has not done what the shop says it has told it to"),
            {{"service", lag.service}, {"known since", Rfc3339(lag.since)}});
    }
  }
}

void CheckCounters(const Reading& reading, std::vector<Warning>& warnings) {
  const OrderStatus* order = reading.cut.order;
  if (order == nullptr) return;
  CheckSent(reading, warnings);
  if (const PaymentStatus* payment = reading.cut.payment) {
    CheckApplied("payment", payment->instructions_applied, order->payment_instructions, warnings);
  }
  if (const DeliveryStatus* delivery = reading.cut.delivery) {
    CheckApplied("delivery", delivery->instructions_applied, order->delivery_instructions,
                 warnings);
  }
}

}  // namespace tallystick
