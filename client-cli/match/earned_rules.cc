// MONEY-7, MONEY-8: is money held against goods? Each capture pays what has left or arrived, at its
// worth and its date; what is blocked is what may still be taken.
#include <algorithm>
#include <unordered_map>

#include "client-cli/match/evidence.h"
#include "client-cli/match/match.h"
#include "platform/trade/rollup.h"
#include "platform/trade/worth.h"

namespace tallystick {
namespace {

// One capture of the money of one shipment: begun, or planned for a date.
struct Taking {
  std::string shipment_id;
  int64_t amount = 0;
  absl::Time time;
  bool planned = false;
};

// Those that the shop called for; what tries a failed one again is none of its own.
std::vector<Taking> TakingsOf(const PaymentStatus& payment) {
  std::vector<Taking> takings;
  for (const PaymentTransaction& transaction : payment.transactions) {
    if (transaction.type != TransactionType::kCapture || transaction.retry_of != 0) continue;
    takings.push_back({transaction.shipment_id, transaction.amount, transaction.create_time});
  }
  for (const PlannedCapture& planned : payment.planned_captures) {
    takings.push_back({planned.shipment_id, planned.amount, planned.scheduled_time, true});
  }
  return takings;
}

const char* WhenPayable(Terms terms) {
  if (RuleOf(terms).event == TermsRule::Event::kDispatch) return "has left";
  return IsPlanned(terms) ? "arrived long enough ago" : "has arrived";
}

class Earned {
 public:
  Earned(const Reading& reading, std::vector<Warning>& warnings)
      : reading_(reading),
        order_(*reading.cut.order),
        payment_(*reading.cut.payment),
        delivery_(*reading.cut.delivery),
        contents_(reading.contents),
        warnings_(warnings) {
    for (const Shipment& shipment : delivery_.shipments)
      shipments_[shipment.shipment_id] = &shipment;
  }

  void Check() {
    for (const Taking& taking : TakingsOf(payment_)) CheckTaking(taking);
    if (payment_.instructions_applied == order_.payment_instructions) {
      CheckNothingMissing();
      CheckSum();
    }
  }

 private:
  bool IsPaidAtDispatch() const {
    return RuleOf(contents_.terms).event == TermsRule::Event::kDispatch;
  }

  // When reductions have shrunk what was planned, the plan is less than the shipment's worth.
  bool MayBeShrunk() const { return IsPlanned(contents_.terms) && !order_.adjustments.empty(); }

  void CheckTaking(const Taking& taking) {
    const auto found = shipments_.find(taking.shipment_id);
    const Facts facts{{"for shipment", Excerpt(taking.shipment_id)},
                      {taking.planned ? "planned" : "taken", reading_.Amount(taking.amount)}};
    if (found == shipments_.end() || !WasPayable(contents_.terms, *found->second)) {
      Alarm(warnings_, "MONEY-7",
            absl::StrCat("payment takes ", reading_.Amount(taking.amount),
                         " for goods of which delivery does not say that they ",
                         IsPaidAtDispatch() ? "have left" : "have arrived"),
            facts);
      return;
    }
    const Shipment& shipment = *found->second;
    if (!taken_.insert({taking.shipment_id, 1}).second) {
      Alarm(warnings_, "MONEY-7", "payment takes money for one shipment twice", facts);
      return;
    }
    CheckAmount(taking, shipment, facts);
    CheckDate(taking, shipment, facts);
  }

  void CheckAmount(const Taking& taking, const Shipment& shipment, Facts facts) {
    const Worth worth = WorthOf(contents_, shipment.lines);
    const int64_t fee = contents_.delivery_fee;
    const bool exact =
        worth.Contains(taking.amount) || worth.Contains(SaturatedSubtract(taking.amount, fee));
    const int64_t most = SaturatedAdd(worth.most, fee);
    if (exact || (MayBeShrunk() && taking.amount > 0 && taking.amount <= most)) return;
    facts["worth"] =
        absl::StrCat(reading_.Amount(worth.least), fee > 0 ? ", with the delivery fee " : "",
                     fee > 0 ? reading_.Amount(most) : "");
    Alarm(warnings_, "MONEY-7", "payment takes another amount for a shipment than it is worth",
          std::move(facts));
  }

  void CheckDate(const Taking& taking, const Shipment& shipment, Facts facts) {
    const absl::Duration skew = reading_.settings.clock_skew;
    std::optional<absl::Time> earliest =
        IsPaidAtDispatch() ? shipment.dispatch_time : shipment.schedule.completed;
    if (!earliest) return;
    *earliest += PeriodOf(reading_.settings.periods, contents_.terms);
    const bool too_early = taking.time + skew < *earliest;
    // What is planned is planned for just that date.
    if (!too_early && !(taking.planned && taking.time != *earliest)) return;
    facts["at"] = Rfc3339(taking.time);
    facts["should be"] = Rfc3339(*earliest);
    Alarm(warnings_, "MONEY-7",
          absl::StrCat("payment ", taking.planned ? "plans to take" : "took",
                       " money for a shipment at another date than after it ",
                       WhenPayable(contents_.terms)),
          std::move(facts));
  }

  // What may be called for has been called for: nothing stays owed that nobody asks for.
  void CheckNothingMissing() {
    if (MayBeShrunk()) return;
    for (const Shipment& shipment : delivery_.shipments) {
      if (!WasPayable(contents_.terms, shipment) || taken_.contains(shipment.shipment_id)) continue;
      if (WorthOf(contents_, shipment.lines).least <= 0) continue;
      Alarm(warnings_, "MONEY-7",
            "payment does not ask for the price of a shipment although it is due",
            {{"shipment", Excerpt(shipment.shipment_id)},
             {"worth", reading_.Amount(WorthOf(contents_, shipment.lines).least)}});
    }
  }

  // All together: what was taken or will be is what the goods that are to be paid are worth, less
  // what was given back for returns.
  void CheckSum() {
    if (EndedWithoutDelivery(order_) || order_.state > OrderState::kCanceled) return;
    const bool undone = std::any_of(order_.adjustments.begin(), order_.adjustments.end(),
                                    [](const DueAdjustment& adjustment) {
                                      return adjustment.type == AdjustmentType::kCanceled;
                                    });
    Worth earned;
    bool any = false;
    if (!undone) {
      for (const Shipment& shipment : delivery_.shipments) {
        if (!IsPayable(contents_.terms, shipment)) continue;
        earned += WorthOf(contents_, shipment.lines);
        any = true;
      }
    }
    // The fee goes with the first shipment that left or was given up.
    if (any) earned.most = SaturatedAdd(earned.most, contents_.delivery_fee);
    const bool all_decided = IsAllDecided(order_);
    for (const DueAdjustment& adjustment : order_.adjustments) {
      if (adjustment.type != AdjustmentType::kReturned) continue;
      earned.least = SaturatedSubtract(earned.least, adjustment.amount);
      earned.most = SaturatedSubtract(earned.most, adjustment.amount);
    }
    if (all_decided && !undone) earned = {order_.due, order_.due};
    const int64_t taken =
        SaturatedSubtract(SaturatedAdd(SaturatedSubtract(payment_.captured, payment_.refunded),
                                       PlannedAmount(payment_)),
                          OpenAmount(payment_, TransactionType::kRefund));
    // A capture that the gateway still has may have been called back: then it is refunded.
    const int64_t called = SaturatedAdd(taken, OpenAmount(payment_, TransactionType::kCapture));
    const bool too_much = taken > earned.most && !HasFailed(payment_, TransactionType::kRefund) &&
                          !MayRefundFollow(reading_, payment_);
    const bool too_little =
        called < earned.least && !HasFailed(payment_, TransactionType::kCapture);
    if (!too_much && !too_little) return;
    const int64_t by =
        too_much ? SaturatedSubtract(taken, earned.most) : SaturatedSubtract(earned.least, called);
    Alarm(warnings_, "MONEY-7",
          absl::StrCat(reading_.Amount(by), too_much ? " more" : " less",
                       " is taken than the goods that are to be paid by now are worth"),
          {{"worth of the goods", reading_.Amount(too_much ? earned.most : earned.least)},
           {"captured", reading_.Amount(payment_.captured)},
           {"refunded", reading_.Amount(payment_.refunded)},
           {"planned", reading_.Amount(PlannedAmount(payment_))}});
  }

  const Reading& reading_;
  const OrderStatus& order_;
  const PaymentStatus& payment_;
  const DeliveryStatus& delivery_;
  const OrderContents& contents_;
  std::vector<Warning>& warnings_;
  std::unordered_map<std::string, const Shipment*> shipments_;
  std::unordered_map<std::string, int> taken_;
};

}  // namespace

void CheckEarned(const Reading& reading, std::vector<Warning>& warnings) {
  if (reading.cut.order == nullptr || reading.cut.payment == nullptr) return;
  if (reading.cut.delivery != nullptr) return Earned(reading, warnings).Check();
  // The shop has not even heard of a delivery: nothing can have left.
  if (reading.cut.order->delivery_revision != 0 || TakingsOf(*reading.cut.payment).empty()) return;
  Alarm(warnings, "MONEY-7", "payment takes money although the shop knows of no delivery yet",
        {{"captured", reading.Amount(reading.cut.payment->captured)},
         {"planned", reading.Amount(PlannedAmount(*reading.cut.payment))}});
}

void CheckAuthorized(const Reading& reading, std::vector<Warning>& warnings) {
  const PaymentStatus* payment = reading.payment;
  if (payment == nullptr) return;
  const int64_t total = reading.contents.total;
  if (payment->terms != reading.contents.terms) {
    Alarm(warnings, "MONEY-8", "payment goes by other terms than you ordered",
          {{"ordered", ToString(reading.contents.terms)}, {"payment", ToString(payment->terms)}});
  }
  int authorizations = 0;
  for (const PaymentTransaction& transaction : payment->transactions) {
    if (transaction.type != TransactionType::kAuthorize) continue;
    ++authorizations;
    if (transaction.amount == total && authorizations == 1) continue;
    Alarm(warnings, "MONEY-8", "payment blocks another amount than the total of the order, once",
          {{"ordered", reading.Amount(total)},
           {"transaction", absl::StrCat(transaction.number)},
           {"blocked", reading.Amount(transaction.amount)}});
  }
  if (authorizations == 0) {
    Alarm(warnings, "MONEY-8", "payment lists no authorization, with which every payment begins",
          {{"ordered", reading.Amount(total)}});
  }
  // What is still blocked is what may yet be taken.
  if (!WasAuthorized(*payment) || HasOpen(*payment, TransactionType::kAuthorize)) return;
  for (const TransactionType type :
       {TransactionType::kCapture, TransactionType::kVoid, TransactionType::kRefund}) {
    if (HasFailed(*payment, type)) return;
  }
  const int64_t blocked = SaturatedSubtract(SaturatedSubtract(payment->authorized, payment->voided),
                                            OpenAmount(*payment, TransactionType::kVoid));
  const int64_t needed = SaturatedAdd(SaturatedAdd(payment->due, payment->refunded),
                                      OpenAmount(*payment, TransactionType::kRefund));
  // A capture that is called back while the gateway has it needs its authorization until then.
  int64_t most = SaturatedAdd(needed, OpenAmount(*payment, TransactionType::kCapture));
  // So does what is to be given back, and waits for what is under way.
  if (MayRefundFollow(reading, *payment)) {
    const int64_t given_back =
        SaturatedAdd(payment->refunded, OpenAmount(*payment, TransactionType::kRefund));
    const int64_t kept = SaturatedSubtract(payment->captured, given_back);
    most = SaturatedAdd(most, std::max<int64_t>(0, kept));
  }
  if (blocked >= needed && blocked <= most) return;
  Alarm(warnings, "MONEY-8",
        absl::StrCat("payment holds an authorization of ", reading.Amount(blocked), " where ",
                     reading.Amount(needed), " can be taken"),
        {{"authorized", reading.Amount(payment->authorized)},
         {"voided", reading.Amount(payment->voided)},
         {"due", reading.Amount(payment->due)},
         {"refunded", reading.Amount(payment->refunded)}});
}

}  // namespace tallystick
