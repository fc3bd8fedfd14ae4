// What the auditor's rules share.
#pragma once

#include "tests/faults/audit.h"

namespace tallystick::faults {

class Auditor {
 public:
  Auditor(const Records& records, AuditResult& result) : records_(records), result_(result) {}

  // Ledgers and shop have the same orders, with the same contents, once each.
  void CheckLedgers();
  // Whatever one service knows of a trade, the others have heard of.
  void CheckMessages();
  // All is at its end, or waits for a person who is told.
  void CheckEnds();
  // The gateway's book is what payment says; what was taken is what is due.
  void CheckMoney();
  // What was sold, came back and came in is what is left.
  void CheckStock();

 private:
  // False when it is lost.
  bool CheckLedgerTrade(const LedgerRecord& ledger, const LedgerTrade& trade,
                        std::set<Uuid>& known);
  void CheckSync(const LedgerRecord& ledger);
  void CheckOrderEnd(const Uuid& id, const OrderDocument& order);
  void CheckTransactions(const Uuid& id, const PaymentStatus& payment,
                         std::map<std::string, const BookEntry*>& book);
  void CheckDue(const Uuid& id, const OrderDocument& order, const PaymentStatus& payment,
                const DeliveryStatus& delivery);

  void Find(Finding::Kind kind, const Uuid& id, std::string what) {
    result_.findings.push_back({kind, id, std::move(what)});
  }
  void Count(const std::string& what, int64_t count) { result_.counts.emplace_back(what, count); }

  const Records& records_;
  AuditResult& result_;
};

// Nil when the reference is none of payment's.
Uuid TradeOf(const BookEntry& entry);

// A person has to decide about a transaction of it: it will not end by itself.
bool WaitsForPerson(const PaymentStatus& payment);

}  // namespace tallystick::faults
