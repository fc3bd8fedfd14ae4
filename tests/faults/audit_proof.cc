#include "tests/faults/audit_proof.h"

#include <algorithm>
#include <functional>

namespace tallystick::faults {
namespace {

// Changes the records; false when there is nothing to change.
using Falsify = std::function<bool(Records&)>;

LedgerTrade* FirstPlaced(Records& records) {
  for (LedgerRecord& ledger : records.ledgers) {
    for (LedgerTrade& trade : ledger.trades) {
      if (trade.placement == Placement::kPlaced) return &trade;
    }
  }
  return nullptr;
}

// Of an order that is completed and paid.
PaymentStatus* FirstPaid(Records& records) {
  for (auto& [id, payment] : records.payments) {
    const auto order = records.orders.find(id);
    if (order != records.orders.end() && payment.status.captured > 0 &&
        order->second.status.order.state == OrderState::kCompleted &&
        payment.status.planned_captures.empty()) {
      return &payment.status;
    }
  }
  return nullptr;
}

BookEntry* EntryOf(Records& records, const std::string& reference) {
  const auto found = std::find_if(records.book.begin(), records.book.end(),
                                  [&](const BookEntry& e) { return e.reference == reference; });
  return found == records.book.end() ? nullptr : &*found;
}

// More was captured, and everybody agrees about it.
bool CaptureMore(Records& records) {
  PaymentStatus* payment = FirstPaid(records);
  if (payment == nullptr) return false;
  for (PaymentTransaction& transaction : payment->transactions) {
    if (transaction.type != TransactionType::kCapture ||
        transaction.state != TransactionState::kSucceeded) {
      continue;
    }
    BookEntry* entry = EntryOf(records, transaction.reference);
    if (entry == nullptr) return false;
    ++transaction.amount;
    ++entry->amount.minor;
    ++payment->captured;
    records.orders.at(payment->trading_id).status.payment = *payment;
    return true;
  }
  return false;
}

// With the parts of the shop's own account that must be falsified along.
template <typename Change>
Falsify OfPaid(Change change) {
  return [change](Records& records) {
    PaymentStatus* payment = FirstPaid(records);
    if (payment == nullptr) return false;
    change(records, *payment);
    return true;
  };
}

template <typename Change>
Falsify OfPlaced(Change change) {
  return [change](Records& records) {
    LedgerTrade* trade = FirstPlaced(records);
    if (trade != nullptr) change(records, *trade);
    return trade != nullptr;
  };
}

const std::vector<std::pair<std::string, Falsify>>& Falsifications() {
  static const std::vector<std::pair<std::string, Falsify>> all = {
      {"an order is gone from the shop", OfPlaced([](Records& records, LedgerTrade& trade) {
         records.orders.erase(trade.information->contents.trading_id);
       })},
      {"an order is in the shop twice", OfPlaced([](Records& records, LedgerTrade& trade) {
         const Uuid& id = trade.information->contents.trading_id;
         records.orders[NewUuidV7(absl::Now())] = records.orders.at(id);
       })},
      {"an order was refused, and the shop has it",
       OfPlaced([](Records&, LedgerTrade& trade) { trade.placement = Placement::kRefused; })},
      {"an order has no answer",
       OfPlaced([](Records&, LedgerTrade& trade) { trade.placement = Placement::kPending; })},
      {"ledger and shop have other contents",
       OfPlaced([](Records&, LedgerTrade& trade) { ++trade.information->contents.total; })},
      {"nobody knows of an order",
       [](Records& records) {
         if (records.ledgers.empty() || records.ledgers.front().trades.empty()) return false;
         records.ledgers.front().trades.clear();
         return true;
       }},
      {"an order is gone, and nobody warns",
       [](Records& records) {
         for (LedgerRecord& ledger : records.ledgers) ledger.sync_code = 0;
         LedgerTrade* trade = FirstPlaced(records);
         if (trade != nullptr) records.orders.erase(trade->information->contents.trading_id);
         return trade != nullptr;
       }},
      {"a sync warns",
       [](Records& records) {
         if (records.ledgers.empty()) return false;
         records.ledgers.front().sync_code = 3;
         return true;
       }},
      {"an instruction was not applied",
       OfPaid([](Records&, PaymentStatus& payment) { --payment.instructions_applied; })},
      {"a report did not arrive",
       OfPaid([](Records&, PaymentStatus& payment) { ++payment.revision; })},
      {"the shop's account is another",
       OfPaid([](Records&, PaymentStatus& payment) { ++payment.due; })},
      {"payment has no such trade", OfPaid([](Records& records, PaymentStatus& payment) {
         records.payments.erase(Uuid(payment.trading_id));
       })},
      {"a revision is missing", OfPaid([](Records& records, PaymentStatus& payment) {
         --records.histories["payment"][payment.trading_id].count;
       })},
      {"a transaction is open", OfPaid([](Records&, PaymentStatus& payment) {
         payment.transactions.front().state = TransactionState::kUnknown;
       })},
      {"the gateway never heard of a transaction",
       OfPaid([](Records& records, PaymentStatus& payment) {
         std::erase_if(records.book, [&](const BookEntry& entry) {
           return entry.reference == payment.transactions.front().reference;
         });
       })},
      {"the gateway did what nobody knows of",
       [](Records& records) {
         records.book.push_back({"stray", TransactionType::kCapture, {"USD", 1}, true, 1, false});
         return true;
       }},
      {"the gateway was asked for two things under one reference",
       [](Records& records) {
         if (records.book.empty()) return false;
         return records.book.front().contradicted = true;
       }},
      {"more was captured than is due", CaptureMore},
      {"an order is not at its end", OfPaid([](Records& records, PaymentStatus& payment) {
         records.orders.at(payment.trading_id).status.order.state = OrderState::kConfirmed;
       })},
      {"work is left",
       [](Records& records) {
         records.work.push_back({"shopping", NewUuidV7(absl::Now()), 1, 1, false, false});
         return true;
       }},
      {"parked work is not listed",
       [](Records& records) {
         records.work.push_back({"payment", NewUuidV7(absl::Now()), 2, 1, true, false});
         return true;
       }},
      {"there is more in stock than there should be",
       [](Records& records) {
         if (records.stock.empty()) return false;
         ++records.stock.begin()->second;
         return true;
       }},
      {"an adjustment was entered twice",
       [](Records& records) {
         if (records.confirmed.empty()) return false;
         --records.confirmed.begin()->second;
         return true;
       }},
  };
  return all;
}

}  // namespace

AuditProof ProveAuditor(const Records& records, const AuditResult& found) {
  AuditProof proof;
  for (const auto& [what, falsify] : Falsifications()) {
    Records falsified = records;
    if (!falsify(falsified)) continue;
    ++proof.tried;
    if (Audit(falsified).findings == found.findings) proof.unnoticed.push_back(what);
  }
  return proof;
}

}  // namespace tallystick::faults
