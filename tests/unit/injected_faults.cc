#include "tests/unit/injected_faults.h"

#include "platform/trade/limits.h"
#include "platform/trade/rollup.h"

namespace tallystick::testing {
namespace {

void AddTransaction(PaymentStatus& payment, TransactionType type, TransactionState state,
                    int64_t amount, absl::Time time) {
  PaymentTransaction transaction;
  transaction.number = static_cast<int32_t>(payment.transactions.size()) + 1;
  transaction.type = type;
  transaction.state = state;
  transaction.amount = amount;
  transaction.reference = "other-" + std::to_string(transaction.number);
  transaction.create_time = transaction.update_time = time;
  payment.transactions.push_back(transaction);
}

// A shipment whose price is not to be paid yet.
const Shipment* FirstWaiting(Terms terms, const DeliveryStatus& delivery) {
  for (const Shipment& shipment : delivery.shipments) {
    if (terms == Terms::kPrepaid ? !IsDispatched(shipment) : !HasEnded(shipment)) return &shipment;
  }
  return nullptr;
}

Shipment* FirstDispatched(DeliveryStatus& delivery) {
  for (Shipment& shipment : delivery.shipments) {
    if (IsDispatched(shipment)) return &shipment;
  }
  return nullptr;
}

Uuid OtherId() {
  Uuid id;
  id.bytes.fill(7);
  return id;
}

}  // namespace

std::vector<Fault> IdentityFaults() {
  return {
      {"ID-1", "payment answers about another trade",
       [](Scene& s) { return s.payment().trading_id = OtherId(), true; }},
      {"ID-1", "the shop's account is of another trade",
       [](Scene& s) { return s.view.shops_word.status.trading_id = OtherId(), true; }},
      {"ID-2", "delivery holds other contents",
       [](Scene& s) { return s.delivery().contents_digest[5] ^= 1, true; }},
      {"ID-3", "delivery does not know the trade",
       [](Scene& s) {
         s.Wait(absl::Hours(1));
         s.view.delivery.kind = Answer<DeliveryStatus>::kNotFound;
         return true;
       }},
      {"SIZE-1", "delivery answers with more shipments than there can be",
       [](Scene& s) { return s.delivery().shipments.resize(kMaxShipments + 1), true; }},
      {"ASKED-1", "a return that the shop agreed to is not listed",
       [](Scene& s) {
         const ContentsLine& line = s.view.contents.lines[0];
         s.view.asked.push_back(
             {Asked::kReturn, {{line.sku, line.quantity}}, "asked for", s.view.place_time});
         return true;
       }},
      {"ASKED-1", "a cancellation that the shop agreed to has left no trace",
       [](Scene& s) {
         if (s.order().state != OrderState::kAccepted && s.order().state != OrderState::kRejected) {
           return false;
         }
         s.view.asked.push_back({Asked::kCancel, {}, "", s.view.place_time});
         return true;
       }},
      {"TWICE-1", "the same was ordered a minute before",
       [](Scene& s) {
         s.view.twin = {OtherId(), s.view.contents.order_time - absl::Minutes(1)};
         return true;
       }},
  };
}

std::vector<Fault> MoneyFaults() {
  return {
      {"MONEY-1", "payment asks for one more minor unit",
       [](Scene& s) {
         if (s.order().payment_instructions != s.payment().instructions_applied) return false;
         if (!s.InStep() || s.payment().state == PaymentState::kDeclined) return false;
         return ++s.payment().due, true;
       }},
      {"MONEY-1", "the shop asks for one minor unit less",
       [](Scene& s) { return --s.order().due, true; }},
      {"MONEY-1", "the shop takes off goods that nobody returned",
       [](Scene& s) {
         const ContentsLine& line = s.view.contents.lines[0];
         s.order().adjustments.push_back(
             {AdjustmentType::kReturned, line.GrossAmount(), "R9", {{line.sku, line.quantity}}});
         s.order().due -= line.GrossAmount();
         return true;
       }},
      {"MONEY-1", "payment speaks of another currency",
       [](Scene& s) { return s.payment().currency = "EUR", true; }},
      {"MONEY-2", "payment captures the whole order once more",
       [](Scene& s) {
         const int64_t total = s.view.contents.total;
         if (s.payment().captured == 0 || total == 0) return false;
         AddTransaction(s.payment(), TransactionType::kCapture, TransactionState::kSucceeded, total,
                        s.now);
         s.payment().captured += total;
         return true;
       }},
      {"MONEY-3", "payment refunds more than it captured",
       [](Scene& s) {
         const int64_t amount = s.payment().captured - s.payment().refunded + 1;
         AddTransaction(s.payment(), TransactionType::kRefund, TransactionState::kSucceeded, amount,
                        s.now);
         s.payment().refunded += amount;
         return true;
       }},
      {"MONEY-3", "payment counts a refund that is pending",
       [](Scene& s) {
         if (s.payment().captured <= s.payment().refunded) return false;
         AddTransaction(s.payment(), TransactionType::kRefund, TransactionState::kPending, 1,
                        s.now);
         s.payment().refunded += 1;
         return true;
       }},
      {"MONEY-4", "payment keeps the money of an order that has ended",
       [](Scene& s) {
         const int64_t total = s.view.contents.total;
         if (!EndedWithoutDelivery(s.order()) || total == 0) return false;
         AddTransaction(s.payment(), TransactionType::kCapture, TransactionState::kSucceeded, total,
                        s.now);
         s.payment().captured += total;
         s.Wait(absl::Hours(48));
         return true;
       }},
      {"MONEY-5", "payment forgets the refund for what came back",
       [](Scene& s) {
         const int64_t rounding =
             4 * static_cast<int64_t>(s.delivery().shipments.size() * s.view.contents.lines.size());
         if (s.payment().captured - s.payment().due < 0) return false;
         int64_t back = 0;
         for (const Return& goods_return : s.order().returns) {
           if (goods_return.state == ReturnState::kRefunded) back += goods_return.amount;
         }
         // Less than what rounding explains cannot be told from it; and what was kept must be all
         // that may be kept.
         if (back <= rounding || s.payment().refunded < back ||
             s.payment().captured - s.payment().refunded != s.payment().due) {
           return false;
         }
         std::erase_if(s.payment().transactions, [](const PaymentTransaction& transaction) {
           return transaction.type == TransactionType::kRefund;
         });
         s.payment().refunded = 0;
         s.Wait(absl::Hours(72));
         return true;
       }},
      {"MONEY-6", "one payment is counted for two trades",
       [](Scene& s) {
         s.view.foreign_references[s.payment().transactions[0].reference] = OtherId();
         return true;
       }},
      {"MONEY-7", "payment takes the price of what has not left or arrived",
       [](Scene& s) {
         const Shipment* waiting = FirstWaiting(s.view.contents.terms, s.delivery());
         if (waiting == nullptr || !s.InStep()) return false;
         AddTransaction(s.payment(), TransactionType::kCapture, TransactionState::kPending, 100,
                        s.now);
         s.payment().transactions.back().shipment_id = waiting->shipment_id;
         return true;
       }},
      {"MONEY-7", "payment takes half of what a shipment is worth",
       [](Scene& s) {
         if (!s.InStep() || s.view.contents.terms == Terms::kNet30) return false;
         for (PaymentTransaction& transaction : s.payment().transactions) {
           if (transaction.type != TransactionType::kCapture || transaction.amount < 1000 ||
               transaction.amount / 2 < s.view.contents.delivery_fee) {
             continue;
           }
           transaction.amount /= 2;
           return true;
         }
         return false;
       }},
      {"MONEY-8", "payment blocks twice the total",
       [](Scene& s) {
         if (s.view.contents.total == 0) return false;
         return s.payment().transactions[0].amount *= 2, true;
       }},
      {"MONEY-8", "payment goes by other terms",
       [](Scene& s) {
         auto& terms = s.payment().terms;
         terms = terms == Terms::kNet30 ? Terms::kPrepaid : Terms::kNet30;
         return true;
       }},
  };
}

std::vector<Fault> GoodsFaults() {
  return {
      {"GOODS-1", "delivery sends goods of an order that has ended",
       [](Scene& s) {
         if (!EndedWithoutDelivery(s.order())) return false;
         s.delivery().shipments[0].dispatch_time = s.now;
         s.delivery().shipments[0].state = ShipmentState::kInTransit;
         return true;
       }},
      {"GOODS-2", "delivery counts more than was ordered",
       [](Scene& s) {
         s.delivery().lines[0].delivered = s.view.contents.lines[0].quantity + 1;
         return true;
       }},
      {"GOODS-2", "the shop speaks of a product that was not ordered",
       [](Scene& s) {
         return s.order().lines.push_back({"OTHER", 1}), true;
       }},
      {"GOODS-2", "delivery has more coming back than was ordered",
       [](Scene& s) {
         const ContentsLine& line = s.view.contents.lines[0];
         s.delivery().returns.push_back(
             {"R8", ReturnState::kRequested, {{line.sku, line.quantity + 1}}});
         return true;
       }},
      {"GOODS-3", "prepaid goods are sent without an authorization",
       [](Scene& s) {
         if (s.view.contents.terms != Terms::kPrepaid || !FirstDispatched(s.delivery()) ||
             !s.InStep()) {
           return false;
         }
         auto& payment = s.payment();
         payment.transactions.resize(1);
         payment.transactions[0].state = TransactionState::kFailed;
         payment.authorized = payment.captured = payment.refunded = payment.voided = 0;
         payment.state = PaymentState::kDeclined;
         s.Wait(absl::Hours(1));
         return true;
       }},
      {"GOODS-4", "payment's sum is not that of its transactions",
       [](Scene& s) { return ++s.payment().authorized, true; }},
      {"GOODS-4", "delivery's state is not that of its shipments",
       [](Scene& s) {
         s.delivery().state = s.delivery().state == DeliveryState::kDelivered
                                  ? DeliveryState::kInTransit
                                  : DeliveryState::kDelivered;
         return true;
       }},
      {"GOODS-4", "the shop counts a return that it does not list",
       [](Scene& s) { return ++s.order().lines[0].return_requested, true; }},
      {"GOODS-6", "the shop counts a piece less than delivery has delivered",
       [](Scene& s) {
         if (!s.InStep() || s.order().lines[0].delivered == 0) return false;
         return --s.order().lines[0].delivered, true;
       }},
      {"GOODS-6", "delivery has a return that the shop does not list",
       [](Scene& s) {
         if (!s.InStep() || s.order().returns.empty() ||
             s.order().returns.size() != s.delivery().returns.size()) {
           return false;
         }
         return s.order().returns.pop_back(), true;
       }},
      {"GOODS-7", "the shop says that an open order is completed",
       [](Scene& s) {
         // (With returns it may have been completed before, and be settling them now.)
         if (s.order().state != OrderState::kConfirmed || !s.order().returns.empty()) return false;
         return s.order().state = OrderState::kCompleted, true;
       }},
      {"GOODS-5", "delivery goes to another address",
       [](Scene& s) { return s.delivery().ship_to.lines[1] = "Elsewhere 9", true; }},
  };
}

std::vector<Fault> DateFaults() {
  return {
      {"DATE-1", "delivery was completed tomorrow",
       [](Scene& s) {
         s.delivery().schedule = {std::nullopt, s.now + absl::Hours(24)};
         return true;
       }},
      {"DATE-2", "a shipment arrived before it left",
       [](Scene& s) {
         Shipment* shipment = FirstDispatched(s.delivery());
         if (shipment == nullptr || !shipment->schedule.completed) return false;
         // (By more than two clocks of one service may differ.)
         shipment->schedule.completed = *shipment->dispatch_time - absl::Minutes(6);
         return true;
       }},
      {"DATE-2", "a transaction is older than the order",
       [](Scene& s) {
         s.payment().transactions[0].create_time = s.view.contents.order_time - absl::Hours(1);
         return true;
       }},
      {"DATE-3", "the shop gives another date of delivery",
       [](Scene& s) {
         if (s.order().delivery_revision != s.delivery().revision) return false;
         s.order().delivery_schedule.scheduled = s.view.contents.order_time + absl::Hours(1);
         return true;
       }},
      {"DATE-4", "nothing arrives though the date has passed",
       [](Scene& s) {
         for (const Shipment& shipment : s.delivery().shipments) {
           if (!shipment.schedule.scheduled) continue;
           s.Wait(*shipment.schedule.scheduled + absl::Hours(25) - s.now);
           return true;
         }
         return false;
       }},
      {"DATE-5", "the order stays ACCEPTED or CANCEL_PENDING",
       [](Scene& s) {
         if (s.order().state != OrderState::kAccepted &&
             s.order().state != OrderState::kCancelPending) {
           return false;
         }
         s.Wait(absl::Hours(25));
         return true;
       }},
  };
}

std::vector<Fault> WordFaults() {
  return {
      {"HISTORY-1", "payment answers with an older revision",
       [](Scene& s) {
         const Moment* older = nullptr;
         for (const Moment& moment : s.history.moments()) {
           if (moment.payment && moment.payment->revision < s.payment().revision) older = &moment;
         }
         if (older == nullptr) return false;
         s.view.past.payment.highest = {s.payment(), s.view.payment.ask_time};
         s.payment() = *older->payment;
         return true;
       }},
      {"HISTORY-1", "a completed order is open again",
       [](Scene& s) {
         if (s.order().state != OrderState::kCompleted) return false;
         s.view.past.order.highest = {s.order(), s.view.order.ask_time};
         ++s.order().revision;
         s.order().state = OrderState::kConfirmed;
         return true;
       }},
      {"HISTORY-1", "a shipment that arrived is on its way again",
       [](Scene& s) {
         for (Shipment& shipment : s.delivery().shipments) {
           if (shipment.state != ShipmentState::kDelivered) continue;
           s.view.past.delivery.highest = {s.delivery(), s.view.delivery.ask_time};
           ++s.delivery().revision;
           shipment.state = ShipmentState::kInTransit;
           return true;
         }
         return false;
       }},
      {"HISTORY-2", "delivery gives two answers under one revision",
       [](Scene& s) {
         s.view.past.delivery.same_revision.push_back(s.delivery());
         s.delivery().shipments[0].tracking_number += "X";
         return true;
       }},
      {"WORD-1", "the shop's account of payment is another",
       [](Scene& s) {
         auto& word = s.view.shops_word.status.payment;
         if (!word || word->revision != s.payment().revision) return false;
         return ++word->captured, true;
       }},
      {"WORD-2", "the shop has sent more than it says",
       [](Scene& s) {
         if (!s.InStep()) return false;
         return --s.order().payment_instructions, true;
       }},
      {"WORD-2", "payment never does what it was told",
       [](Scene& s) {
         if (s.payment().instructions_applied >= s.order().payment_instructions) return false;
         s.view.sightings.first[{Sight::kPaymentInstructions, s.order().payment_instructions}] =
             s.now;
         s.Wait(absl::Hours(48));
         return true;
       }},
      {"WORD-1", "the shop never hears of what delivery did",
       [](Scene& s) {
         const auto& word = s.view.shops_word.status.delivery;
         if (word && word->revision == s.delivery().revision) return false;
         s.view.sightings.first[{Sight::kDeliveryRevision, s.delivery().revision}] = s.now;
         s.Wait(absl::Hours(48));
         return true;
       }},
  };
}

}  // namespace tallystick::testing
