#include "platform/postgres/session.h"

#include <algorithm>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "platform/postgres/watchdog.h"
#include "platform/process/log.h"

namespace tallystick::postgres {
namespace {

// Its disk is full; it is a standby, or was told to be read-only.
constexpr char kDiskFull[] = "53100";
constexpr char kReadOnly[] = "25006";

// (Not told to callers: they cannot do anything about it.)
constexpr char kUnwritableUrl[] = "tallystick/unwritable";

// Callers get no more than this: PostgreSQL's words name hosts and roles.
absl::Status Unavailable(const std::string& what, const std::string& sqlstate = "") {
  log::Warn("the database cannot be used", {{"reason", what.substr(0, what.find('\n'))}});
  if (sqlstate != kDiskFull && sqlstate != kReadOnly) {
    return absl::UnavailableError("the database cannot be reached; try again after a moment");
  }
  absl::Status status =
      absl::UnavailableError("the database cannot be written to; try again after a moment");
  status.SetPayload(kUnwritableUrl, absl::Cord());
  return status;
}

absl::Status Busy() {
  return absl::AbortedError("the trade was changed by others again and again; try once more");
}

absl::Status Locked() {
  return absl::AbortedError("somebody else is changing the same; try again after a moment");
}

// How long a session that is impatient waits for a lock, and how long it stays so.
constexpr Query kBeImpatient{"be_impatient", "SELECT set_config('lock_timeout', '20', true)"};
constexpr absl::Duration kImpatience = absl::Seconds(5);

constexpr char kLockTimeout[] = "55P03";

// The server goes away (57P), cannot reach its disk (58) or has become a standby: a new
// connection may lead to another.
bool MayBeOtherServer(const std::string& sqlstate) {
  return absl::StartsWith(sqlstate, "57P") || absl::StartsWith(sqlstate, "58") ||
         sqlstate == kReadOnly;
}

// It is out of something (53), or the statement took too long altogether (57014, 25P03): another
// time it may work.
bool MayWorkLater(const std::string& sqlstate) {
  return absl::StartsWith(sqlstate, "53") || sqlstate == "57014" || sqlstate == "25P03";
}

}  // namespace

bool IsUnwritable(const absl::Status& status) {
  return status.GetPayload(kUnwritableUrl).has_value();
}

absl::Status NotReadable(const Unreadable& error) {
  log::Error("a row cannot be read", {{"reason", error.what()}});
  return absl::InternalError("what is stored cannot be read; see the server's log");
}

void Transaction::Prepare(const Query& query) {
  if (session_.prepared_.contains(query.name)) return;
  work_.conn().prepare(query.name, query.sql);
  session_.prepared_.insert(query.name);
}

void Session::Connect() {
  connection_.reset();
  prepared_.clear();
  const absl::StatusOr<std::string> string = SessionString(options_.database, options_.durable);
  if (!string.ok()) throw std::runtime_error(std::string(string.status().message()));
  connection_ = std::make_unique<pqxx::connection>(*string);
  NeverReconnect(*connection_);
  if (connections_++ > 0) connected_ = SteadyNow();
}

void Session::Attach() {
  if (connection_ != nullptr) return;
  try {
    Connect();
  } catch (const std::exception&) {
    connection_.reset();
  }
}

void Session::RunOnce(absl::FunctionRef<bool(Transaction&)> closure, SteadyTime end,
                      SteadyTime& deadline) {
  if (connection_ == nullptr) Connect();
  const metrics::Timer timer(options_.database.meters.seconds);
  deadline = std::min(end, SteadyAfter(options_.database.timeouts.transaction));
  const Watchdog::Watch watch(connection_->sock(), deadline);
  pqxx::work work(*connection_);
  Transaction transaction(*this, work);
  if (SteadyNow() < impatient_until_) transaction.Exec(kBeImpatient);
  if (closure(transaction)) work.commit();
}

absl::Status Session::RunUntyped(absl::FunctionRef<bool(Transaction&)> closure, bool attached) {
  absl::Status last = absl::OkStatus();
  const Timeouts& timeouts = options_.database.timeouts;
  const DatabaseMeters& meters = options_.database.meters;
  const SteadyTime end = SteadyAfter(timeouts.connect + timeouts.transaction);
  for (int attempt = 1; attempt <= options_.max_attempts; ++attempt) {
    if (attached && connection_ == nullptr) {
      return absl::UnavailableError("the connection to the database was lost");
    }
    if (attempt > 1) {
      const absl::Duration wait = BackoffDelay(options_.backoff, attempt - 1);
      if (Until(end) < wait) return last;
      absl::SleepFor(wait);
      meters.retries.Add();
    }
    const bool was_impatient = SteadyNow() < impatient_until_;
    SteadyTime deadline = kNeverSteady;
    const auto broken = [&](const char* what, const std::string& sqlstate = "") {
      connection_.reset();
      meters.lost.Add();
      if (Until(deadline) < absl::ZeroDuration()) return Unavailable("it gave no answer in time");
      return Unavailable(what, sqlstate);
    };
    try {
      RunOnce(closure, end, deadline);
      return absl::OkStatus();
    } catch (const Conflict&) {
      meters.stale.Add();
      last = Busy();
    } catch (const pqxx::serialization_failure&) {
      meters.serialization.Add();
      last = Busy();
    } catch (const pqxx::deadlock_detected&) {
      meters.deadlock.Add();
      last = Busy();
    } catch (const pqxx::in_doubt_error& error) {
      // Whether it was committed is for the next run to find by key.
      last = broken(error.what());
    } catch (const pqxx::broken_connection& error) {
      last = broken(error.what());
    } catch (const pqxx::sql_error& error) {
      if (error.sqlstate() == kLockTimeout) {
        meters.locked.Add();
        // What it did not wait for now and then while impatient is no reason to stay so.
        if (!was_impatient) impatient_until_ = SteadyAfter(kImpatience);
        return Locked();
      }
      if (MayBeOtherServer(error.sqlstate())) {
        last = broken(error.what(), error.sqlstate());
        continue;
      }
      if (MayWorkLater(error.sqlstate())) {
        return Unavailable(error.what(), error.sqlstate());
      }
      // The first line only: the others hold values.
      const std::string what = error.what();
      log::Error("statement failed",
                 {{"reason", what.substr(0, what.find('\n'))}, {"sqlstate", error.sqlstate()}});
      connection_.reset();
      return absl::InternalError("the database refused a statement; see the server's log");
    } catch (const Unreadable& error) {
      return NotReadable(error);
    } catch (const std::exception& error) {
      log::Error("database error", {{"reason", error.what()}});
      connection_.reset();
      return absl::InternalError(
          "the database answered something unexpected; see the server's log");
    }
  }
  return last;
}

}  // namespace tallystick::postgres
