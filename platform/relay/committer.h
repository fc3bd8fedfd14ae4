// What a workflow does with its trades, whichever service it is of: one transaction that reads some
// of them, lets the domain decide, and writes what came of it (states, history, audit, work); then,
// when it is committed, the work is handed to its queues and watchers are told.
#pragma once

#include <concepts>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "platform/postgres/audit_table.h"
#include "platform/postgres/session.h"
#include "platform/postgres/working_set.h"
#include "platform/relay/work_queue.h"
#include "platform/time/clock.h"

namespace tallystick {

// Called after a commit, with what it caused. Must not block for long.
using AfterCommit =
    std::function<void(const std::vector<WorkItem>& work, const std::vector<Uuid>& changed)>;

inline std::vector<Uuid> TradesOf(std::span<const WorkItem> items) {
  std::vector<Uuid> ids;
  for (const WorkItem& item : items) ids.push_back(item.trading_id);
  return ids;
}

// One transaction's trades, of which it is about to decide; valid within it.
template <typename Aggregate, typename Codec>
class UnitOfWork {
 public:
  using Value = Aggregate;

  UnitOfWork(const postgres::DocumentTable& table, const WorkTable& work_table,
             postgres::Transaction& transaction, std::vector<Uuid> ids, absl::Time now)
      : transaction_(transaction),
        work_table_(work_table),
        set_(table, transaction, std::move(ids)),
        now_(now) {}
  UnitOfWork(const UnitOfWork&) = delete;

  // The time of the whole transaction.
  absl::Time now() const { return now_; }
  postgres::Transaction& transaction() { return transaction_; }
  const WorkTable& work_table() const { return work_table_; }

  // Null when there is none. Valid until the next Put of the same trade.
  const Aggregate* Find(const Uuid& id) const { return set_.Find(id); }
  // Each Put is one revision. Gives what Find gives from then on.
  const Aggregate* Put(const Uuid& id, Aggregate value) {
    set_.Put(id, std::move(value));
    return set_.Find(id);
  }
  postgres::WorkingSet<Aggregate, Codec>& set() { return set_; }

  // What the change causes.
  std::vector<WorkItem>& work() { return work_; }
  void Audit(const Uuid& trading_id, std::string subject, std::string rpc, std::string result) {
    audit_.push_back({trading_id, now_, std::move(subject), std::move(rpc), std::move(result)});
  }

  // Writes all of it: at the end by itself, or here, if other statements are to come after it.
  // Nothing may be added then. Throws Conflict when somebody else was faster.
  void Save() {
    if (std::exchange(saved_, true)) return;
    set_.Save();
    work_table_.Insert(transaction_, work_);
    postgres::AppendAudit(transaction_, audit_);
  }

 private:
  postgres::Transaction& transaction_;
  const WorkTable& work_table_;
  postgres::WorkingSet<Aggregate, Codec> set_;
  const absl::Time now_;
  std::vector<WorkItem> work_;
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
        session_({.database = options.database}) {}

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
    const auto committed = session_.Run([&](postgres::Transaction& transaction) {
      Unit unit(table_, work_, transaction, ids, clock_());
      decided.emplace(decide(unit));
      unit.Save();
      work = std::move(unit.work());
      changed = unit.set().Changed();
      return true;
    });
    if (!committed.ok()) return Result(committed.status());
    after_commit_(work, changed);
    return Result(*std::move(decided));
  }

  // The same without writing: `look(Unit&)`.
  template <Decision<Unit> Look>
  auto Read(const std::vector<Uuid>& ids, Look look) {
    return session_.Run([&](postgres::Transaction& transaction) {
      Unit unit(table_, work_, transaction, ids, clock_());
      return look(unit);
    });
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
  postgres::Session session_;
};

}  // namespace tallystick
