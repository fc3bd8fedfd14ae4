// MONEY-1 to MONEY-4, MONEY-6: is as much asked, taken and given back as was agreed?
#include <algorithm>
#include <unordered_map>

#include "client-cli/match/evidence.h"
#include "client-cli/match/match.h"
#include "platform/trade/limits.h"
#include "platform/trade/rollup.h"
#include "platform/trade/worth.h"

namespace tallystick {
namespace {

using Pieces = std::unordered_map<std::string, int64_t>;

// How many pieces of each product the adjustments of one type are for.
Pieces AdjustedPieces(const OrderStatus& order, AdjustmentType type) {
  Pieces pieces;
  for (const DueAdjustment& adjustment : order.adjustments) {
    if (adjustment.type != type) continue;
    for (const GoodsQuantity& goods : adjustment.lines) {
      int64_t& sum = pieces[goods.sku];
      sum = SaturatedAdd(sum, goods.quantity);
    }
  }
  return pieces;
}

int64_t Of(const Pieces& pieces, const std::string& sku) {
  const auto found = pieces.find(sku);
  return found == pieces.end() ? 0 : found->second;
}

// What is wrong with one adjustment by itself; empty when nothing is. `before`: the sum of those
// before it.
std::string FaultOf(const DueAdjustment& adjustment, const Reading& reading,
                    const OrderStatus& order, int64_t before) {
  if (adjustment.amount < 0) return "the shop adds to what is due";
  const int64_t rest = SaturatedSubtract(reading.contents.total, before);
  switch (adjustment.type) {
    case AdjustmentType::kRejected:
      if (order.state != OrderState::kRejected) {
        return "the shop takes a rejection off what is due, but the order is not rejected";
      }
      break;
    case AdjustmentType::kCanceled:
      if (order.state != OrderState::kCanceled && order.state != OrderState::kCancelPending) {
        return "the shop takes a cancellation off what is due, but the order is not canceled";
      }
      break;
    case AdjustmentType::kWrittenOff:
    case AdjustmentType::kReturned: break;
    case AdjustmentType::kUnspecified: return "the shop does not say why it takes this off";
    default: return "";  // of a newer shop
  }
  if (adjustment.type == AdjustmentType::kRejected ||
      adjustment.type == AdjustmentType::kCanceled) {
    if (!adjustment.lines.empty() || !adjustment.reference_id.empty()) {
      return "the end of the order takes off goods or names a shipment, which it never does";
    }
    return adjustment.amount == rest ? "" : "the order has ended, but not all of it is taken off";
  }
  const bool written_off = adjustment.type == AdjustmentType::kWrittenOff;
  const size_t shipments =
      reading.delivery == nullptr ? kMaxShipments : reading.delivery->shipments.size();
  const Worth worth = written_off ? WorthOf(reading.contents, adjustment.lines)
                                  : WorthOfReturn(reading.contents, adjustment.lines, shipments);
  // The delivery fee goes with the first shipment.
  const int64_t fee = written_off ? reading.contents.delivery_fee : 0;
  const bool plausible = worth.Contains(adjustment.amount) ||
                         worth.Contains(SaturatedSubtract(adjustment.amount, fee));
  return plausible ? "" : "the shop takes off another amount than the goods are worth";
}

void CheckAdjustments(const Reading& reading, const OrderStatus& order,
                      std::vector<Warning>& warnings) {
  int64_t before = 0;
  for (const DueAdjustment& adjustment : order.adjustments) {
    const std::string fault = FaultOf(adjustment, reading, order, before);
    before = SaturatedAdd(before, adjustment.amount);
    if (fault.empty()) continue;
    Alarm(warnings, "MONEY-1", fault,
          {{"adjustment", ToString(adjustment.type)},
           {"of", Excerpt(adjustment.reference_id)},
           {"amount", reading.Amount(adjustment.amount)}});
  }
  const Pieces written_off = AdjustedPieces(order, AdjustmentType::kWrittenOff);
  const Pieces returned = AdjustedPieces(order, AdjustmentType::kReturned);
  for (const OrderLineStatus& line : order.lines) {
    if (Of(written_off, line.sku) == line.written_off && Of(returned, line.sku) == line.returned) {
      continue;
    }
    Alarm(warnings, "MONEY-1",
          "what the shop takes off the due amount is not what was written off or returned",
          {{"sku", Excerpt(line.sku)},
           {"written off", absl::StrCat(line.written_off)},
           {"returned", absl::StrCat(line.returned)},
           {"taken off as written off", absl::StrCat(Of(written_off, line.sku))},
           {"taken off as returned", absl::StrCat(Of(returned, line.sku))}});
  }
}

void CheckShopsDue(const Reading& reading, const OrderStatus& order,
                   std::vector<Warning>& warnings) {
  CheckAdjustments(reading, order, warnings);
  __int128 follows = reading.contents.total;
  for (const DueAdjustment& adjustment : order.adjustments) follows -= adjustment.amount;
  const bool ended = EndedWithoutDelivery(order) && order.due != 0;
  if (order.due == follows && order.due >= 0 && !ended) return;
  Alarm(warnings, "MONEY-1", "the shop says that another amount is due than follows from the order",
        {{"ordered", reading.Amount(reading.contents.total)},
         {"taken off for", Count(static_cast<int64_t>(order.adjustments.size()), "reason")},
         {"shopping says due", reading.Amount(order.due)}});
}

// What payment may say is due while it has not yet heard of the shop's last instructions: the
// amounts before each of them.
bool MayBeDue(const OrderStatus& order, const PaymentStatus& payment) {
  int64_t due = order.due;
  if (payment.due == due) return true;
  int64_t unheard = SaturatedSubtract(order.payment_instructions, payment.instructions_applied);
  for (auto at = order.adjustments.rbegin(); at != order.adjustments.rend() && unheard > 0; ++at) {
    if (at->amount <= 0) continue;
    due = SaturatedAdd(due, at->amount);
    --unheard;
    if (payment.due == due) return true;
  }
  return false;
}

void CheckCurrency(const Reading& reading, const std::string& service, const std::string& currency,
                   const StatusHeader& header, std::vector<Warning>& warnings) {
  const std::string& ordered = reading.contents.currency;
  if (currency != ordered) {
    Alarm(warnings, "MONEY-1",
          absl::StrCat(service, " speaks of another currency than you ordered in"),
          {{"ordered", ordered}, {service, currency.empty() ? "none" : Excerpt(currency)}});
  }
  if (header.odd_amounts.empty()) return;
  Facts facts{{"service", service}, {"ordered", ordered}};
  for (const OddAmount& odd : header.odd_amounts) {
    if (facts.size() > 8) break;
    facts[odd.field] = odd.currency.empty() ? "no currency" : Excerpt(odd.currency);
  }
  Alarm(warnings, "MONEY-1", absl::StrCat(service, " mixes currencies in one answer"),
        std::move(facts));
}

// Refunds that the gateway has not decided about, and that are young enough to be on their way.
int64_t RefundsUnderWay(const Reading& reading, const PaymentStatus& payment) {
  int64_t sum = 0;
  for (const PaymentTransaction& transaction : payment.transactions) {
    if (transaction.type != TransactionType::kRefund || !IsOpen(transaction)) continue;
    if (IsFresh(reading, payment, transaction)) sum = SaturatedAdd(sum, transaction.amount);
  }
  return sum;
}

}  // namespace

void CheckDue(const Reading& reading, std::vector<Warning>& warnings) {
  const int64_t total = reading.contents.total;
  if (const OrderStatus* order = reading.order) {
    CheckCurrency(reading, "shopping", order->currency, *order, warnings);
    CheckShopsDue(reading, *order, warnings);
  }
  if (const DeliveryStatus* delivery = reading.delivery) {
    // Amounts are not delivery's to say.
    CheckCurrency(reading, "delivery", reading.contents.currency, *delivery, warnings);
  }
  const PaymentStatus* payment = reading.payment;
  if (payment == nullptr) return;
  CheckCurrency(reading, "payment", payment->currency, *payment, warnings);
  if (payment->due < 0 || payment->due > total) {
    Alarm(warnings, "MONEY-1", "payment asks for another amount than any part of the order",
          {{"ordered", reading.Amount(total)}, {"payment says due", reading.Amount(payment->due)}});
    return;
  }
  const OrderStatus* order = reading.cut.order;
  const PaymentStatus* cut = reading.cut.payment;
  if (order == nullptr || cut == nullptr) return;
  // Only a decline lowers the due amount without the shop's doing.
  const bool declined = cut->state == PaymentState::kDeclined && cut->due == 0;
  if (declined || MayBeDue(*order, *cut)) return;
  const int64_t more = SaturatedSubtract(cut->due, order->due);
  Alarm(warnings, "MONEY-1",
        absl::StrCat(
            "payment asks for ", reading.Amount(more < 0 ? SaturatedSubtract(0, more) : more),
            more < 0 ? " less" : " more", " than the shop; settle with neither before they agree"),
        {{"shopping says due", reading.Amount(order->due)},
         {"payment says due", reading.Amount(cut->due)}});
}

void CheckCaptured(const Reading& reading, std::vector<Warning>& warnings) {
  const PaymentStatus* payment = reading.payment;
  if (payment == nullptr) return;
  const int64_t kept = SaturatedSubtract(SaturatedSubtract(payment->captured, payment->refunded),
                                         RefundsUnderWay(reading, *payment));
  const int64_t over_due =
      MayRefundFollow(reading, *payment) ? 0 : SaturatedSubtract(kept, payment->due);
  const int64_t over_total = SaturatedSubtract(payment->captured, reading.contents.total);
  if (over_due <= 0 && over_total <= 0) return;
  Alarm(warnings, "MONEY-2",
        absl::StrCat(reading.Amount(std::max(over_due, over_total)),
                     " more was captured than is due; ask payment to give it back"),
        {{"due", reading.Amount(payment->due)},
         {"captured", reading.Amount(payment->captured)},
         {"refunded", reading.Amount(payment->refunded)},
         {"ordered", reading.Amount(reading.contents.total)}});
}

void CheckRefunds(const Reading& reading, std::vector<Warning>& warnings) {
  const PaymentStatus* payment = reading.payment;
  if (payment == nullptr) return;
  const int64_t succeeded = SumOf(*payment, TransactionType::kRefund);
  std::string sentence;
  if (payment->refunded > payment->captured) {
    sentence = absl::StrCat(reading.Amount(SaturatedSubtract(payment->refunded, payment->captured)),
                            " more was refunded than was captured");
  } else if (payment->refunded > succeeded) {
    sentence = absl::StrCat("payment counts ",
                            reading.Amount(SaturatedSubtract(payment->refunded, succeeded)),
                            " as refunded that have not come back");
  }
  if (sentence.empty()) return;
  Alarm(warnings, "MONEY-3", sentence,
        {{"captured", reading.Amount(payment->captured)},
         {"refunded", reading.Amount(payment->refunded)},
         {"refunds that succeeded", reading.Amount(succeeded)}});
}

void CheckMoneyBack(const Reading& reading, std::vector<Warning>& warnings) {
  const OrderStatus* order = reading.order;
  const PaymentStatus* payment = reading.payment;
  if (order == nullptr || payment == nullptr || !EndedWithoutDelivery(*order)) return;
  const absl::Time seen =
      reading.view.sightings.Since(Sight::kOrderRevision, order->revision, reading.now);
  const absl::Time since = std::min(seen, order->update_time + reading.settings.clock_skew);
  const int64_t kept = SaturatedSubtract(payment->captured, payment->refunded);
  if (kept <= 0 || reading.now - since <= reading.settings.refund_grace) return;
  Alarm(warnings, "MONEY-4",
        absl::StrCat("the order has ended without delivery, yet ", reading.Amount(kept),
                     " of yours was kept; ask payment for it"),
        {{"order", ToString(order->state)},
         {"captured", reading.Amount(payment->captured)},
         {"refunded", reading.Amount(payment->refunded)}});
}

void CheckReferences(const Reading& reading, std::vector<Warning>& warnings) {
  for (const auto& [reference, trading_id] : reading.view.foreign_references) {
    Alarm(warnings, "MONEY-6", "one payment is counted for two trades; ask payment which it paid",
          {{"reference", Excerpt(reference)}, {"other trade", trading_id.ToString()}});
  }
}

}  // namespace tallystick
