#include "tests/faults/loss_verdict.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/faults/audit_rules.h"

namespace tallystick::faults {
namespace {

// By trade, what a person is asked to decide that has nothing to do with a bank's refusal.
std::map<Uuid, std::string> ListedReasons(const Records& records) {
  std::map<Uuid, std::string> reasons;
  for (const WorkRow& work : records.work) {
    const bool of_bank = work.database == "payment" && work.queue == 2;
    if (!work.parked || of_bank) continue;
    for (const WaitingWork& listed : records.listed) {
      if (listed.service != work.database || listed.trading_id != work.trading_id ||
          listed.number != work.number) {
        continue;
      }
      reasons[work.trading_id] =
          absl::StrCat(listed.service, ", ", listed.queue, ": ", listed.reason);
    }
  }
  return reasons;
}

bool IsPlaced(const Records& records, const Uuid& id) {
  return records.orders.contains(id) || records.payments.contains(id) ||
         records.deliveries.contains(id);
}

// Orders that were answered and that nobody has; their buyers were told so.
std::set<Uuid> GoneOrders(const Records& records) {
  std::set<Uuid> gone;
  for (const LedgerRecord& ledger : records.ledgers) {
    for (const LedgerTrade& trade : ledger.trades) {
      if (trade.placement != Placement::kPlaced) continue;
      const Uuid& id = trade.information->contents.trading_id;
      const bool is_told = ledger.sync_words.find(id.ToString()) != std::string::npos;
      if (!IsPlaced(records, id) && is_told) gone.insert(id);
    }
  }
  return gone;
}

// Of the stock, that there is less of a product than was sold; `listed` may name it. Gives whose
// list names it, or none.
std::set<Uuid> WhoBoughtAgain(const Finding& finding, const std::map<Uuid, std::string>& listed) {
  std::set<Uuid> named;
  const std::string goods = finding.what.substr(0, finding.what.find(" there are "));
  for (const auto& [id, reason] : listed) {
    const bool is_named =
        absl::StrContains(reason, "others bought") && absl::StrContains(reason, goods);
    if (finding.trading_id.IsNil() && goods != finding.what && is_named) named.insert(id);
  }
  return named;
}

// Of the check, that a service took back what it had said, and nothing else. That is so of a trade
// that something was lost of: what happened again happened at another time, and its buyer is told.
bool IsTakenBack(const Finding& finding, bool nobody_remembers) {
  if (finding.what.find(" is warned: ") == std::string::npos) return false;
  for (const absl::string_view line : absl::StrSplit(finding.what, '\n')) {
    if (!absl::StartsWith(line, "! ")) continue;
    const bool is_of_past = absl::StartsWith(line, "! HISTORY-1") ||
                            absl::StartsWith(line, "! HISTORY-2") ||
                            (nobody_remembers && absl::StartsWith(line, "! ASKED-1"));
    if (!is_of_past) return false;
  }
  return true;
}

// The trades whose buyers are told that something of them was taken back.
std::set<Uuid> ToldTrades(const std::vector<Finding>& findings, const std::set<Uuid>& lost,
                          bool nobody_remembers) {
  std::set<Uuid> told;
  for (const Finding& finding : findings) {
    const bool is_lost = lost.contains(finding.trading_id);
    if (is_lost && IsTakenBack(finding, nobody_remembers)) told.insert(finding.trading_id);
  }
  return told;
}

// As the gateway's book has it, whatever payment thinks.
struct MoneyMoved {
  int64_t captured = 0;
  int64_t refunded = 0;
};

std::map<Uuid, MoneyMoved> MovedByTrade(const Records& records) {
  std::map<Uuid, MoneyMoved> moved;
  for (const BookEntry& entry : records.book) {
    MoneyMoved& of = moved[TradeOf(entry)];
    if (!entry.succeeded) continue;
    if (entry.type == TransactionType::kCapture) of.captured += entry.amount.minor;
    if (entry.type == TransactionType::kRefund) of.refunded += entry.amount.minor;
  }
  return moved;
}

std::set<Uuid> MovedTwice(const Records& records, const std::vector<Finding>& findings) {
  std::set<Uuid> twice;
  for (const auto& [id, moved] : MovedByTrade(records)) {
    const auto order = records.orders.find(id);
    const bool too_much =
        order != records.orders.end() && moved.captured > order->second.contents.total;
    if (too_much || moved.refunded > moved.captured) twice.insert(id);
  }
  // More was kept than is due. (What was asked for under a reference that had been used is not
  // carried out.)
  for (const Finding& finding : findings) {
    if (finding.kind == Finding::kDoubled && absl::StrContains(finding.what, "was kept")) {
      twice.insert(finding.trading_id);
    }
  }
  return twice;
}

}  // namespace

std::set<Uuid> LostTrades(const Revisions& before, const Revisions& after) {
  std::set<Uuid> lost;
  for (const auto& [id, revision] : before) {
    const auto now = after.find(id);
    if (now == after.end() || now->second < revision) lost.insert(id);
  }
  return lost;
}

LossVerdict Judge(const Records& records, const std::set<Uuid>& lost, bool nobody_remembers) {
  LossVerdict verdict;
  const std::vector<Finding> findings = Audit(records).findings;
  const std::map<Uuid, std::string> listed = ListedReasons(records);
  const std::set<Uuid> gone = GoneOrders(records);
  std::set<Uuid> wrong;
  std::set<Uuid> decided;
  const std::set<Uuid> told = ToldTrades(findings, lost, nobody_remembers);
  for (const Finding& finding : findings) {
    const Uuid& id = finding.trading_id;
    if (const std::set<Uuid> named = WhoBoughtAgain(finding, listed); !named.empty()) {
      decided.insert(named.begin(), named.end());
      continue;
    }
    if (!id.IsNil() && (listed.contains(id) || gone.contains(id))) {
      decided.insert(id);
      continue;
    }
    // What a buyer had asked for and the shop took over from delivery has no revision of its own.
    if (lost.contains(id) && absl::StrContains(finding.what, "shopping's history has")) continue;
    if (told.contains(id) && IsTakenBack(finding, nobody_remembers)) continue;
    // The bank alone knows of it, and that its reference is used for something else now.
    if (nobody_remembers && told.contains(id) &&
        (absl::StrContains(finding.what, "payment knows nothing of it") ||
         absl::StrContains(finding.what, "the gateway was asked for two different things") ||
         absl::StrContains(finding.what, "stands otherwise"))) {
      continue;
    }
    wrong.insert(id);
    verdict.findings.push_back(finding);
  }
  for (const auto& [id, reason] : listed) {
    ++verdict.reasons[reason];
    if (!decided.contains(id)) {
      verdict.findings.push_back(
          {Finding::kContradiction, id, "it is listed, and there is nothing to decide: " + reason});
    }
  }
  for (const LedgerRecord& ledger : records.ledgers) {
    for (const LedgerTrade& trade : ledger.trades) {
      verdict.trades += trade.placement == Placement::kPlaced ? 1 : 0;
    }
  }
  verdict.lost = static_cast<int64_t>(lost.size());
  for (const Uuid& id : lost) {
    const bool open = wrong.contains(id) || listed.contains(id) || gone.contains(id) ||
                      (nobody_remembers && told.contains(id));
    verdict.healed += open ? 0 : 1;
  }
  verdict.for_a_person = static_cast<int64_t>(listed.size());
  verdict.warned = static_cast<int64_t>(told.size());
  verdict.gone = static_cast<int64_t>(gone.size());
  verdict.moved_twice = static_cast<int64_t>(MovedTwice(records, findings).size());
  return verdict;
}

}  // namespace tallystick::faults
