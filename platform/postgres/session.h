// One connection to PostgreSQL and the transactions on it. The only place that catches libpqxx's
// exceptions; stores throw through it and their callers see absl::Status.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "platform/postgres/connection_string.h"
#include "platform/postgres/libpqxx.h"
#include "platform/time/backoff.h"
#include "platform/time/steady.h"

namespace tallystick::postgres {

// A statement with the name under which it is prepared; declare as a constant beside its use.
struct Query {
  const char* name;
  const char* sql;
};

struct SessionOptions {
  Database database;
  // False lets a commit return before it is on disk: only for what may be done twice.
  bool durable = true;
  int max_attempts = 8;
  BackoffPolicy backoff = {absl::Milliseconds(5), absl::Milliseconds(500)};
};

// Thrown by a store when a row holds something that it cannot read.
struct Unreadable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// INTERNAL, without what the log gets.
absl::Status NotReadable(const Unreadable& error);

// Whether a session gave this error because the database cannot be written to though it answers:
// its disk is full, or it is read-only.
bool IsUnwritable(const absl::Status& status);

// Thrown by a store when a row was changed by somebody else since it was read: the closure runs
// again, from its reads on.
struct Conflict {};

template <typename T>
inline constexpr bool kIsStatusOr = false;
template <typename T>
inline constexpr bool kIsStatusOr<absl::StatusOr<T>> = true;

class Session;

// Valid within the closure that Session::Run was given.
class Transaction {
 public:
  template <typename... Args>
  pqxx::result Exec(const Query& query, Args&&... args) {
    Prepare(query);
    return ExecPrepared(work_, query.name, std::forward<Args>(args)...);
  }

  // A statement that is made up at run time, and not prepared.
  template <typename... Args>
  pqxx::result ExecOnce(const std::string& sql, Args&&... args) {
    return ExecParams(work_, sql, std::forward<Args>(args)...);
  }

  // Statements without parameters, several at once; for migrations and tests.
  void ExecScript(const std::string& sql) { work_.exec(sql); }

  // A number of the connection that it runs on, from 1 on: another one, once the session had to
  // connect again, perhaps to another server.
  int64_t connection() const;

 private:
  friend class Session;
  Transaction(Session& session, pqxx::work& work) : session_(session), work_(work) {}
  void Prepare(const Query& query);

  Session& session_;
  pqxx::work& work_;
};

// Not thread-safe: each thread that talks to the database owns one. Connects at the first use and
// again after the connection broke.
class Session {
 public:
  explicit Session(SessionOptions options) : options_(std::move(options)) {}
  Session(const Session&) = delete;

  // Runs `closure` (Transaction& → T, or → StatusOr<T>, where an error rolls back) in a READ
  // COMMITTED transaction and commits. Runs it again, with capped and jittered waits, after a
  // serialization failure, a deadlock, a Conflict, a broken connection and a commit whose outcome
  // is unknown; altogether no longer than the database's transaction timeout (and the one to
  // connect), when the connection is cut. So the closure must be pure but for its statements, and
  // keyed: a second run after a first that did commit must find that by primary key, sequence or
  // revision. UNAVAILABLE when the database cannot be reached, does not answer in time or cannot be
  // written to (see IsUnwritable); ABORTED
  // when conflicts do not end or a row stays locked, which other requests need not suffer from;
  // INTERNAL for a statement that is wrong or a row that cannot be read.
  //
  // After a lock timeout the session is impatient for a while: it waits for locks only as long as
  // others hold them between their statements, so that one row that stays locked does not hold up
  // everything behind it.
  template <typename Closure>
  auto Run(Closure&& closure) {
    return RunTyped(closure, /*attached=*/false);
  }

  // Connects, unless it is connected. What fails will fail in what follows, too.
  void Attach();
  // When the connection was made, of the first one: when the session was; kNeverSteady if there is
  // none.
  SteadyTime connected() const { return connection_ == nullptr ? kNeverSteady : connected_; }
  // The same as Run, but on the connection that there is: UNAVAILABLE if there is none, or when it
  // breaks. For what follows from what was done meanwhile, and must not reach a database that has
  // not got that.
  template <typename Closure>
  auto RunAttached(Closure&& closure) {
    return RunTyped(closure, /*attached=*/true);
  }

 private:
  friend class Transaction;
  template <typename Closure>
  auto RunTyped(Closure& closure, bool attached) {
    using Result = std::invoke_result_t<Closure, Transaction&>;
    std::optional<Result> result;
    const absl::Status status = RunUntyped(
        [&](Transaction& transaction) {
          result.emplace(closure(transaction));
          if constexpr (kIsStatusOr<Result>) return result->ok();
          return true;
        },
        attached);
    if constexpr (kIsStatusOr<Result>) {
      if (!status.ok()) return Result(status);
      return std::move(*result);
    } else {
      if (!status.ok()) return absl::StatusOr<Result>(status);
      return absl::StatusOr<Result>(std::move(*result));
    }
  }

  // `closure` says whether to commit.
  absl::Status RunUntyped(absl::FunctionRef<bool(Transaction&)> closure, bool attached);
  // Gives in `deadline` when the connection is or was cut.
  void RunOnce(absl::FunctionRef<bool(Transaction&)> closure, SteadyTime end, SteadyTime& deadline);
  void Connect();

  SessionOptions options_;
  std::unique_ptr<pqxx::connection> connection_;
  int64_t connections_ = 0;
  SteadyTime connected_ = SteadyNow();  // the last of them
  std::set<const char*> prepared_;
  SteadyTime impatient_until_ = SteadyTime::min();
};

inline int64_t Transaction::connection() const { return session_.connections_; }

}  // namespace tallystick::postgres
