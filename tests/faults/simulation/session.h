// One process's transactions on a database, as platform/postgres/session.h has them: what is read
// is read at one moment and what is written is written at a later one, and anything may happen
// between the two and after; then it runs again, from its reads on.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "platform/postgres/audit_table.h"
#include "platform/relay/committer.h"
#include "tests/faults/simulation/database.h"
#include "tests/faults/simulation/process.h"

namespace tallystick::simulation {

// One attempt.
struct Transaction {
  Database& database;
  Process& process;
  Writes writes;
  int life = 0;  // of the database
};

// The tables of a unit of work: what UnitTables are in a server.
struct SimulatedTables {
  Transaction& transaction;

  // As the process writes it, and reads it.
  postgres::DocumentRow AsOfVersion(postgres::DocumentRow row) const;

  std::vector<postgres::DocumentRow> Load(std::span<const Uuid> ids,
                                          std::vector<postgres::DocumentRow>* refused);
  void Insert(std::span<const postgres::DocumentRow> rows);
  void Update(std::span<const postgres::DocumentRow> rows, std::span<const int64_t> expected);
  void AppendHistory(std::span<const postgres::HistoryEntry> entries);
  std::vector<postgres::HistoryEntry> LoadHistoryAfter(std::span<const postgres::Position> places,
                                                       int64_t limit);
  std::vector<postgres::HistoryEntry> LoadHistoryUntil(std::span<const postgres::Position> places,
                                                       int64_t limit);
  void InsertWork(std::vector<WorkItem>& items);
  void DeleteWork(const std::vector<WorkItem>& items);
  std::map<Uuid, std::set<int64_t>> NumbersOf(int16_t queue, std::span<const Uuid> ids) {
    return transaction.database.NumbersOf(queue, ids);
  }
  void AppendAudit(std::span<const postgres::AuditEntry>) {}
};

class Session {
 public:
  // Writes what was decided, at the moment of the commit. May throw Conflict.
  using Save = std::function<void()>;
  // Reads and decides. May throw Unreadable. Runs anew with each attempt.
  using Begin = std::function<Save(Transaction&)>;
  // What became of it, and the work that the commit inserted.
  using Done = std::function<void(const absl::Status&, const std::vector<WorkItem>& work)>;

  Session(Process& process, Database& database, absl::Duration lease)
      : process_(process), database_(database), lease_(lease) {}

  // On which database it runs.
  struct On {
    bool known = false;       // not on one that the shop has not compared; see DatabaseTrust
    std::optional<int> life;  // on none but this; see postgres::Session::RunAttached
  };
  void Run(const char* what, On on, Begin begin, Done done);
  void Run(const char* what, Begin begin, Done done) {
    Run(what, On{}, std::move(begin), std::move(done));
  }

 private:
  struct Running;
  void Attempt(const std::shared_ptr<Running>& running);
  // Why it does not run on the database that there is.
  absl::Status Check(const Running& running) const;
  void Commit(const std::shared_ptr<Running>& running, const std::shared_ptr<Transaction>& attempt,
              const Save& save);
  // Once more after a wait, if there have not been too many attempts.
  void Again(const std::shared_ptr<Running>& running, const absl::Status& why);
  // The process dies here, perhaps.
  bool Dies(Happening when, const char* what);
  absl::Duration Latency();

  Process& process_;
  Database& database_;
  const absl::Duration lease_;
};

}  // namespace tallystick::simulation
