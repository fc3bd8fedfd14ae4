// The auditor's arithmetic: money and goods.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "platform/trade/rollup.h"
#include "platform/trade/worth.h"
#include "tests/faults/audit_rules.h"

namespace tallystick::faults {
namespace {

// What the buyer owes for what became of the goods, computed from the order and delivery alone. The
// delivery fee belongs to the shipment that left first; when shipments left together and one was
// lost, either may have carried it.
Worth WorthDelivered(const OrderContents& contents, const DeliveryStatus& delivery) {
  Worth worth;
  bool any_delivered = false;
  bool any_lost = false;
  size_t delivered = 0;
  for (const Shipment& shipment : delivery.shipments) {
    if (shipment.state == ShipmentState::kDelivered) {
      worth += WorthOf(contents, shipment.lines);
      any_delivered = true;
      ++delivered;
    }
    any_lost |= shipment.state == ShipmentState::kFailed;
  }
  if (any_delivered) {
    worth += Worth{any_lost ? 0 : contents.delivery_fee, contents.delivery_fee};
  }
  for (const Return& goods : delivery.returns) {
    if (!IsBack(goods)) continue;
    const Worth back = WorthOfReturn(contents, goods.lines, delivered);
    worth.least -= back.most;
    worth.most -= back.least;
  }
  return worth;
}

constexpr size_t kUuidText = 36;  // a reference begins with its trade's id

}  // namespace

Uuid TradeOf(const BookEntry& entry) {
  return ParseUuid(entry.reference.substr(0, kUuidText)).value_or(Uuid());
}

void Auditor::CheckTransactions(const Uuid& id, const PaymentStatus& payment,
                                std::map<std::string, const BookEntry*>& book) {
  for (const PaymentTransaction& transaction : payment.transactions) {
    const auto found = book.find(transaction.reference);
    const BookEntry* entry = found == book.end() ? nullptr : found->second;
    if (found != book.end()) book.erase(found);
    if (!HasEnded(transaction)) continue;  // stuck, found already
    const bool succeeded = transaction.state == TransactionState::kSucceeded;
    if (entry == nullptr) {
      Find(Finding::kContradiction, id,
           absl::StrCat("transaction ", transaction.reference, " is ", ToString(transaction.state),
                        ", and the gateway never heard of it"));
    } else if (entry->succeeded != succeeded || entry->type != transaction.type ||
               entry->amount != Money{payment.currency, transaction.amount}) {
      Find(Finding::kContradiction, id,
           absl::StrCat("transaction ", transaction.reference, " (", ToString(transaction.type),
                        " ", transaction.amount, ", ", ToString(transaction.state),
                        ") stands otherwise in the gateway's book: ", ToString(entry->type), " ",
                        entry->amount.minor, entry->succeeded ? ", done" : ", refused"));
    }
  }
  if (payment.captured != SumOf(payment, TransactionType::kCapture) ||
      payment.refunded != SumOf(payment, TransactionType::kRefund)) {
    Find(Finding::kContradiction, id, "payment's sums are not those of its transactions");
  }
}

void Auditor::CheckDue(const Uuid& id, const OrderDocument& order, const PaymentStatus& payment,
                       const DeliveryStatus& delivery) {
  if (!HasEnded(order.status.order) || WaitsForPerson(payment)) return;
  const int64_t kept = payment.captured - payment.refunded;
  const bool settled_later = !payment.planned_captures.empty();
  const int64_t due = EndedWithoutDelivery(order.status.order) ? 0 : order.status.order.due;
  if (settled_later) return;
  if (kept != due) {
    Find(kept > due ? Finding::kDoubled : Finding::kLost, id,
         absl::StrCat(kept, " was kept, ", due, " is due"));
  }
  const Worth worth =
      EndedWithoutDelivery(order.status.order) ? Worth{} : WorthDelivered(order.contents, delivery);
  if (!worth.Contains(due)) {
    Find(Finding::kContradiction, id,
         absl::StrCat(due, " is due, and what was delivered is worth ", worth.least, " to ",
                      worth.most));
  }
  if (payment.authorized - payment.voided != payment.captured) {
    Find(Finding::kContradiction, id,
         absl::StrCat(payment.authorized, " was authorized, ", payment.voided, " voided, ",
                      payment.captured, " captured: some of it is still blocked"));
  }
}

void Auditor::CheckMoney() {
  std::map<std::string, const BookEntry*> book;
  int64_t captured = 0;
  int64_t refunded = 0;
  int64_t again = 0;
  for (const BookEntry& entry : records_.book) {
    book[entry.reference] = &entry;
    again += entry.submissions > 1 ? 1 : 0;
    if (entry.succeeded && entry.type == TransactionType::kCapture) captured += entry.amount.minor;
    if (entry.succeeded && entry.type == TransactionType::kRefund) refunded += entry.amount.minor;
    if (entry.contradicted) {
      Find(Finding::kDoubled, TradeOf(entry),
           "the gateway was asked for two different things as " + entry.reference);
    }
  }
  for (const auto& [id, payment] : records_.payments) CheckTransactions(id, payment.status, book);
  for (const auto& [reference, entry] : book) {
    Find(Finding::kLost, TradeOf(*entry),
         absl::StrCat("the gateway did ", reference, ", and payment knows nothing of it"));
  }
  for (const auto& [id, order] : records_.orders) {
    const auto payment = records_.payments.find(id);
    const auto delivery = records_.deliveries.find(id);
    if (payment == records_.payments.end() || delivery == records_.deliveries.end()) continue;
    CheckDue(id, order, payment->second.status, delivery->second.status);
  }
  Count("entries in the gateway's book", static_cast<int64_t>(records_.book.size()));
  Count("of these, asked for more than once", again);
  Count("cents captured less refunded", captured - refunded);
}

void Auditor::CheckStock() {
  std::map<std::string, int64_t> expected = records_.adjusted;
  std::map<std::string, int64_t> lost;
  for (const auto& [id, order] : records_.orders) {
    const bool undone = EndedWithoutDelivery(order.status.order);
    const auto delivery = records_.deliveries.find(id);
    for (const OrderLineStatus& line : order.status.order.lines) {
      expected[line.sku] -= line.ordered;
      if (undone) {
        expected[line.sku] += line.ordered;
        continue;
      }
      expected[line.sku] += line.returned;
      if (delivery == records_.deliveries.end()) continue;
      // What was lost is written off: nobody has it.
      for (const DeliveryLine& counted : delivery->second.status.lines) {
        if (counted.sku != line.sku) continue;
        expected[line.sku] += counted.canceled;
        lost[line.sku] += counted.failed;
      }
    }
  }
  int64_t pieces = 0;
  int64_t sold_again = 0;
  for (const auto& [sku, stock] : records_.stock) {
    pieces += stock;
    if (lost[sku] > 0 && stock == expected[sku] + lost[sku]) {
      sold_again += lost[sku];
    } else if (stock != expected[sku]) {
      Find(stock > expected[sku] ? Finding::kDoubled : Finding::kLost, {},
           absl::StrCat("of ", sku, " there are ", stock, ", and there should be ", expected[sku]));
    }
  }
  if (sold_again > 0) {
    Find(Finding::kDoubled, {},
         absl::StrCat(sold_again, " pieces that were lost on the way are in stock again"));
  }
  for (const auto& [sku, added] : records_.confirmed) {
    const auto found = records_.adjusted.find(sku);
    const int64_t adjusted = found == records_.adjusted.end() ? 0 : found->second;
    if (adjusted != added) {
      Find(adjusted > added ? Finding::kDoubled : Finding::kLost, {},
           absl::StrCat("of ", sku, " the back office was told of ", added,
                        " pieces, and the shop has entered ", adjusted));
    }
  }
  Count("pieces in stock", pieces);
}

}  // namespace tallystick::faults
