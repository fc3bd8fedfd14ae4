#include "tests/faults/audit.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client-cli/commands/command.h"
#include "platform/trade/rollup.h"
#include "tests/faults/audit_rules.h"

namespace tallystick::faults {

std::string ToString(Finding::Kind kind) {
  switch (kind) {
    case Finding::kLost: return "lost";
    case Finding::kDoubled: return "doubled";
    case Finding::kStuck: return "stuck";
    case Finding::kUnnoticed: return "unnoticed";
    default: return "contradiction";
  }
}

AuditResult Audit(const Records& records) {
  AuditResult result;
  Auditor auditor(records, result);
  auditor.CheckLedgers();
  auditor.CheckMessages();
  auditor.CheckEnds();
  auditor.CheckMoney();
  auditor.CheckStock();
  return result;
}

bool WaitsForPerson(const PaymentStatus& payment) {
  return HasFailed(payment, TransactionType::kCapture) ||
         HasFailed(payment, TransactionType::kVoid) || HasFailed(payment, TransactionType::kRefund);
}

bool Auditor::CheckLedgerTrade(const LedgerRecord& ledger, const LedgerTrade& trade,
                               std::set<Uuid>& known) {
  const Uuid id = TradingIdFor(records_.trading_id_key, ledger.buyer, trade.request_id);
  const auto order = records_.orders.find(id);
  const bool ordered = order != records_.orders.end();
  switch (trade.placement) {
    case Placement::kRefused:
      if (ordered) {
        Find(Finding::kDoubled, id,
             absl::StrCat(ledger.buyer, " was told that the order is refused (", trade.refusal,
                          "), and the shop has it"));
        known.insert(id);
      }
      return true;
    case Placement::kDropped:  // whatever came of it
      known.insert(id);
      return true;
    case Placement::kPending:
      known.insert(id);
      Find(Finding::kStuck, id, ledger.buyer + " has no answer to the order");
      return true;
    case Placement::kPlaced:
      known.insert(id);
      if (!ordered) {
        Find(Finding::kLost, id,
             ledger.buyer + " was told that the order is placed, and the shop has none");
        return false;
      }
      if (trade.information->contents != order->second.contents) {
        Find(Finding::kContradiction, id, "ledger and shop have other contents");
      }
      return true;
  }
  return true;
}

void Auditor::CheckSync(const LedgerRecord& ledger) {
  if (ledger.sync_code == kAllWell) return;
  // Under each trade's id stands what is to be said of it.
  std::vector<std::pair<Uuid, std::string>> warned;
  for (const absl::string_view line : absl::StrSplit(ledger.sync_words, '\n')) {
    if (const auto id = ParseUuid(line)) {
      warned.push_back({*id, ""});
    } else if (!warned.empty()) {
      absl::StrAppend(&warned.back().second, "\n", line);
    }
  }
  if (ledger.sync_code != kWarned || warned.empty()) {
    Find(Finding::kContradiction, {},
         absl::StrCat("tally sync --all of ", ledger.buyer, " ends with ", ledger.sync_code, ": ",
                      ledger.sync_words));
  }
  for (const auto& [id, words] : warned) {
    Find(Finding::kContradiction, id, absl::StrCat(ledger.buyer, " is warned: ", words));
  }
}

void Auditor::CheckLedgers() {
  std::set<Uuid> known;
  int64_t placed = 0;
  int64_t refused = 0;
  for (const LedgerRecord& ledger : records_.ledgers) {
    std::set<std::string> references;
    int64_t lost = 0;
    for (const LedgerTrade& trade : ledger.trades) {
      lost += CheckLedgerTrade(ledger, trade, known) ? 0 : 1;
      placed += trade.placement == Placement::kPlaced ? 1 : 0;
      refused += trade.placement == Placement::kRefused ? 1 : 0;
      if (trade.placement == Placement::kRefused || trade.request.reference.empty()) continue;
      if (!references.insert(trade.request.reference).second) {
        Find(Finding::kDoubled, {}, ledger.buyer + " has two orders " + trade.request.reference);
      }
    }
    if (ledger.pending_requests > 0) {
      Find(Finding::kStuck, {},
           absl::StrCat(ledger.buyer, " has no answer to ", ledger.pending_requests, " requests"));
    }
    if (lost > 0 && ledger.sync_code != kWarned) {
      Find(Finding::kUnnoticed, {},
           absl::StrCat(ledger.buyer, " lost ", lost,
                        " orders, and tally sync --all does not warn"));
    }
    CheckSync(ledger);
  }
  std::map<std::pair<std::string, std::string>, int> references;
  for (const auto& [id, order] : records_.orders) {
    if (!known.contains(id)) {
      Find(Finding::kDoubled, id, order.buyer + " knows nothing of an order that the shop has");
    }
    const std::string& reference = order.contents.buyer_reference;
    if (!reference.empty() && ++references[{order.buyer, reference}] == 2) {
      Find(Finding::kDoubled, id, "the shop has two orders " + reference + " of " + order.buyer);
    }
  }
  Count("orders placed, as the ledgers have it", placed);
  Count("orders refused", refused);
  Count("orders in the shop", static_cast<int64_t>(records_.orders.size()));
}

void Auditor::CheckMessages() {
  for (const auto& [id, order] : records_.orders) {
    const OrderStatus& status = order.status.order;
    const auto payment = records_.payments.find(id);
    const auto delivery = records_.deliveries.find(id);
    if (payment == records_.payments.end() || delivery == records_.deliveries.end()) {
      Find(Finding::kStuck, id,
           payment == records_.payments.end() ? "payment never heard of it"
                                              : "delivery never heard of it");
      continue;
    }
    const auto compare = [&](const std::string& what, int64_t sent, int64_t applied) {
      if (sent == applied) return;
      Find(sent > applied ? Finding::kStuck : Finding::kContradiction, id,
           absl::StrCat(what, ": ", sent, " sent, ", applied, " applied"));
    };
    compare("instructions to payment", status.payment_instructions,
            payment->second.status.instructions_applied);
    compare("instructions to delivery", status.delivery_instructions,
            delivery->second.status.instructions_applied);
    compare("reports of payment", payment->second.status.revision, status.payment_revision);
    compare("reports of delivery", delivery->second.status.revision, status.delivery_revision);
    if (order.status.payment && order.status.payment->revision == payment->second.status.revision &&
        *order.status.payment != payment->second.status) {
      Find(Finding::kContradiction, id, "the shop's account of payment is not payment's");
    }
    if (order.status.delivery &&
        order.status.delivery->revision == delivery->second.status.revision &&
        *order.status.delivery != delivery->second.status) {
      Find(Finding::kContradiction, id, "the shop's account of delivery is not delivery's");
    }
  }
  const auto orphans = [&](const auto& documents, const std::string& service) {
    for (const auto& [id, document] : documents) {
      if (!records_.orders.contains(id)) {
        Find(Finding::kContradiction, id, service + " has a trade that the shop does not have");
      }
    }
  };
  orphans(records_.payments, "payment");
  orphans(records_.deliveries, "delivery");
  const auto revision = [&](const std::string& database, const Uuid& id, int64_t last,
                            bool taken_back = false) {
    const auto found = records_.histories.find(database);
    if (found == records_.histories.end() || !found->second.contains(id)) {
      return Find(Finding::kLost, id, database + " has no history of it");
    }
    const HistoryRange& range = found->second.at(id);
    // What was taken back comes after the revisions that were lost.
    const bool complete = taken_back || range.count == range.last - range.first + 1;
    if (range.last != last || !complete) {
      Find(Finding::kLost, id,
           absl::StrCat(database, "'s history has ", range.count, " revisions, from ", range.first,
                        " to ", range.last, " of ", last));
    }
  };
  for (const auto& [id, order] : records_.orders) {
    revision("shopping", id, order.status.order.revision);
  }
  for (const auto& [id, payment] : records_.payments) {
    revision("payment", id, payment.status.revision, payment.taken_back);
  }
  for (const auto& [id, delivery] : records_.deliveries) {
    revision("delivery", id, delivery.status.revision, delivery.taken_back);
  }
}

void Auditor::CheckOrderEnd(const Uuid& id, const OrderDocument& order) {
  const auto payment = records_.payments.find(id);
  if (payment == records_.payments.end()) return;  // found already
  if (!payment->second.status.planned_captures.empty()) return;
  if (WaitsForPerson(payment->second.status)) return;
  if (!HasEnded(order.status.order)) {
    Find(Finding::kStuck, id, "the order is " + ToString(order.status.order.state));
  }
  for (const Return& goods : order.status.order.returns) {
    if (goods.state != ReturnState::kRefunded && goods.state != ReturnState::kRejected) {
      Find(Finding::kStuck, id, "return " + goods.return_id + " is " + ToString(goods.state));
    }
  }
}

void Auditor::CheckEnds() {
  for (const auto& [id, order] : records_.orders) CheckOrderEnd(id, order);
  int64_t planned = 0;
  int64_t waiting = 0;
  for (const auto& [id, payment] : records_.payments) {
    planned += static_cast<int64_t>(payment.status.planned_captures.size());
    waiting += WaitsForPerson(payment.status) ? 1 : 0;
    for (const PaymentTransaction& transaction : payment.status.transactions) {
      if (IsOpen(transaction)) {
        Find(Finding::kStuck, id,
             absl::StrCat("transaction ", transaction.number, " is ", ToString(transaction.state)));
      }
    }
  }
  for (const auto& [id, delivery] : records_.deliveries) {
    if (delivery.status.booking == BookingState::kPending &&
        delivery.status.state != DeliveryState::kCanceled) {
      Find(Finding::kStuck, id, "the carrier was not asked");
    }
    const bool released = std::any_of(delivery.status.shipments.begin(),
                                      delivery.status.shipments.end(), IsDispatched);
    for (const Shipment& shipment : delivery.status.shipments) {
      if (released && !HasEnded(shipment)) {
        Find(Finding::kStuck, id,
             absl::StrCat("shipment ", shipment.shipment_id, " is ", ToString(shipment.state)));
      }
    }
  }
  std::set<std::pair<Uuid, int64_t>> listed;
  for (const WaitingWork& work : records_.listed) listed.insert({work.trading_id, work.number});
  int64_t parked = 0;
  for (const WorkRow& work : records_.work) {
    const std::string name = absl::StrCat(work.database, "'s work ", work.queue, "/", work.number);
    if (work.planned) continue;
    if (!work.parked) {
      Find(Finding::kStuck, work.trading_id, name + " is not done");
      continue;
    }
    ++parked;
    if (!listed.contains({work.trading_id, work.number})) {
      Find(Finding::kContradiction, work.trading_id,
           name + " is parked, and ops work does not list it");
    }
    const bool gateway = work.database == "payment" && work.queue == 2;
    if (!gateway) {
      Find(Finding::kStuck, work.trading_id, name + " is parked: a message was refused for good");
    }
  }
  Count("trades that wait for a person, as the bank refused a capture", waiting);
  Count("planned captures", planned);
  Count("work that is parked and listed", parked);
}

}  // namespace tallystick::faults
