// What a workflow does with its trades, whichever service it is of: one transaction that reads some
// of them, lets the domain decide, and writes what came of it (states, history, audit, work); then,
// when it is committed, the work is handed to its queues and watchers are told.
#pragma once

#include <concepts>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "platform/postgres/audit_table.h"
#include "platform/postgres/session.h"
#include "platform/postgres/working_set.h"
#include "platform/relay/known_database.h"
#include "platform/relay/state_meters.h"
#include "platform/relay/trade_unit.h"
#include "platform/relay/work_queue.h"
#include "platform/time/clock.h"
#include "platform/time/steady.h"

namespace tallystick {

// Called after a commit, with what it caused. Its leases count from `since`, a moment before the
// transaction began: however long the answer took, none of them lasts longer here than in the
// table. Must not block for long.
using AfterCommit = std::function<void(const std::vector<WorkItem>& work,
                                       const std::vector<Uuid>& changed, SteadyTime since)>;

inline std::vector<Uuid> TradesOf(std::span<const WorkItem> items) {
  std::vector<Uuid> ids;
  for (const WorkItem& item : items) ids.push_back(item.trading_id);
  return ids;
}

// The tables that a unit of work writes, in one transaction.
struct UnitTables : postgres::DocumentRows {
  const WorkTable& work;

  void InsertWork(std::vector<WorkItem>& items) { work.Insert(transaction, items); }
  void DeleteWork(const std::vector<WorkItem>& items) { work.Delete(transaction, items); }
  void PostponeWork(const std::vector<WorkItem>& items) { work.Postpone(transaction, items); }
  std::map<Uuid, std::set<int64_t>> NumbersOf(int16_t queue, std::span<const Uuid> ids) {
    return WorkTable::NumbersOf(transaction, queue, ids);
  }
  void AppendAudit(std::span<const postgres::AuditEntry> entries) {
    postgres::AppendAudit(transaction, entries);
  }
};

// One transaction's trades, of which it is about to decide; valid within it. A TradeUnit. `Tables`
// offers what UnitTables does.
template <typename Aggregate, typename Codec, typename Tables = UnitTables>
class UnitOfWork {
 public:
  using Value = Aggregate;

  UnitOfWork(const Tables& tables, std::vector<Uuid> ids, absl::Time now)
      : tables_(tables), set_(tables, std::move(ids)), now_(now) {}
  UnitOfWork(const UnitOfWork&) = delete;

  // The time of the whole transaction.
  absl::Time now() const { return now_; }
  Tables& tables() { return tables_; }

  // Null when there is none. Valid until the next Put of the same trade.
  const Aggregate* Find(const Uuid& id) const { return set_.Find(id); }
  // Each Put is one revision. Gives what Find gives from then on.
  const Aggregate* Put(const Uuid& id, Aggregate value) {
    set_.Put(id, std::move(value));
    return set_.Find(id);
  }
  auto& set() { return set_; }

  // What was: see history_table.h and WorkTable::NumbersOf.
  std::vector<postgres::HistoryEntry> HistoryAfter(std::span<const postgres::Position> places,
                                                   int64_t limit) {
    return tables_.LoadHistoryAfter(places, limit);
  }
  std::vector<postgres::HistoryEntry> HistoryUntil(std::span<const postgres::Position> places,
                                                   int64_t limit) {
    return tables_.LoadHistoryUntil(places, limit);
  }
  std::map<Uuid, std::set<int64_t>> NumbersOf(int16_t queue, std::span<const Uuid> ids) {
    return tables_.NumbersOf(queue, ids);
  }

  // What the change causes.
  std::vector<WorkItem>& work() { return work_; }
  // What needs nobody any more by the change: its rows go.
  std::vector<WorkItem>& over() { return over_; }
  void Audit(const Uuid& trading_id, std::string subject, std::string rpc, std::string result) {
    audit_.push_back({trading_id, now_, std::move(subject), std::move(rpc), std::move(result)});
  }

  // Writes all of it: at the end by itself, or here, if other statements are to come after it.
  // Nothing may be added then. Throws Conflict when somebody else was faster.
  void Save() {
    if (std::exchange(saved_, true)) return;
    set_.Save();
    tables_.InsertWork(work_);
    tables_.DeleteWork(over_);
    tables_.AppendAudit(audit_);
  }

 private:
  Tables tables_;
  postgres::WorkingSet<Aggregate, Codec, Tables> set_;
  const absl::Time now_;
  std::vector<WorkItem> work_;
  std::vector<WorkItem> over_;
  std::vector<postgres::AuditEntry> audit_;
  bool saved_ = false;
};

// A function that decides about a unit of work; it may run again, from its reads on.
template <typename Decide, typename Unit>
concept Decision = std::invocable<Decide, Unit&>;

// What all workflows of a service share.
struct CommitterOptions {
  std::string table;
  postgres::Database database;
  Clock clock = SystemNow;
  AfterCommit after_commit;
  absl::Duration work_lease;
  // Nothing is decided on a database that was not compared: see DatabaseTrust.
  const postgres::Query* is_known_database = nullptr;
  StateMeters states;
};

// Not thread-safe: each thread has one, with a session of its own.
template <typename Aggregate, typename Codec>
class Committer {
 public:
  using Unit = UnitOfWork<Aggregate, Codec>;

  explicit Committer(const CommitterOptions& options)
      : table_(options.table),
        work_(options.work_lease),
        clock_(options.clock),
        after_commit_(options.after_commit),
        states_(options.states),
        session_({.database = options.database}),
        trust_(options.is_known_database) {}

  // Decides about the trades `ids`, commits, and hands over. Gives what `decide` gave, or why
  // nothing was committed (see Session::Run). What `decide` wrote is committed, too, when it gives
  // an error.
  template <Decision<Unit> Decide>
  auto Commit(const std::vector<Uuid>& ids, Decide decide) {
    using Decided = std::invoke_result_t<Decide, Unit&>;
    using Result =
        std::conditional_t<postgres::kIsStatusOr<Decided>, Decided, absl::StatusOr<Decided>>;
    std::optional<Decided> decided;
    std::vector<WorkItem> work;
    std::vector<Uuid> changed;
    std::vector<int> states;
    const SteadyTime since = SteadyNow();
    const auto committed = session_.Run([&](auto& transaction) -> absl::StatusOr<bool> {
      const absl::Status known = CheckDatabase(transaction);
      if (!known.ok()) return known;
      Unit unit({{table_, transaction}, work_}, ids, clock_());
      decided.emplace(decide(unit));
      unit.Save();
      work = std::move(unit.work());
      changed = unit.set().Changed();
      states = unit.set().states();
      return true;
    });
    if (!committed.ok()) return Result(committed.status());
    states_.Count(states);
    after_commit_(work, changed, since);
    return Result(*std::move(decided));
  }

  // The same without writing: `look(Unit&)`.
  template <Decision<Unit> Look>
  auto Read(const std::vector<Uuid>& ids, Look look) {
    return session_.Run([&](postgres::Transaction& transaction) {
      Unit unit({{table_, transaction}, work_}, ids, clock_());
      return look(unit);
    });
  }

  // For what acts on what Read gives; Commit asks by itself. OK if it does not matter here.
  absl::Status CheckDatabase(postgres::Transaction& transaction) {
    return trust_.Check(transaction);
  }

  const postgres::DocumentTable& table() const { return table_; }
  const WorkTable& work() const { return work_; }
  postgres::Session& session() { return session_; }
  absl::Time now() const { return clock_(); }

 private:
  const postgres::DocumentTable table_;
  const WorkTable work_;
  const Clock clock_;
  const AfterCommit after_commit_;
  const StateMeters states_;
  postgres::Session session_;
  DatabaseTrust trust_;
};

}  // namespace tallystick
