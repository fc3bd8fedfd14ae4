#include "platform/postgres/session.h"

#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "platform/runtime/log.h"

namespace tallystick::postgres {
namespace {

// Callers get no more than this: PostgreSQL's words name hosts and roles.
absl::Status Unavailable(const std::string& what) {
  log::Warn("the database cannot be used", {{"reason", what.substr(0, what.find('\n'))}});
  return absl::UnavailableError("the database cannot be reached; try again after a moment");
}

absl::Status Busy() {
  return absl::AbortedError("the trade was changed by others again and again; try once more");
}

// The settings go with the connection string and not with SET: libpqxx 6 reconnects by itself, and
// would forget them.
std::string WithSettings(const SessionOptions& options) {
  const std::string timeout = absl::StrCat("statement_timeout=", options.statement_timeout_ms);
  const std::string& url = options.database_url;
  if (!absl::StartsWith(url, "postgres://") && !absl::StartsWith(url, "postgresql://")) {
    return absl::StrCat(url, " options='-c ", timeout,
                        options.durable ? "" : " -c synchronous_commit=off", "'");
  }
  const std::string escaped = absl::StrReplaceAll(timeout, {{"=", "%3D"}});
  return absl::StrCat(url, absl::StrContains(url, "?") ? "&" : "?", "options=-c%20", escaped,
                      options.durable ? "" : "%20-c%20synchronous_commit%3Doff");
}

// The server goes away (57P), is out of something (53), or the statement waited too long for a lock
// or altogether (55P03, 57014): another time it may work.
bool MayWorkLater(const std::string& sqlstate) {
  return absl::StartsWith(sqlstate, "57P") || absl::StartsWith(sqlstate, "53") ||
         sqlstate == "55P03" || sqlstate == "57014";
}

}  // namespace

void Transaction::Prepare(const Query& query) {
  if (session_.prepared_.contains(query.name)) return;
  work_.conn().prepare(query.name, query.sql);
  session_.prepared_.insert(query.name);
}

void Session::Connect() {
  connection_.reset();
  prepared_.clear();
  connection_ = std::make_unique<pqxx::connection>(WithSettings(options_));
}

absl::Status Session::RunUntyped(absl::FunctionRef<bool(Transaction&)> closure) {
  absl::Status last = absl::OkStatus();
  for (int attempt = 1; attempt <= options_.max_attempts; ++attempt) {
    if (attempt > 1) absl::SleepFor(BackoffDelay(options_.backoff, attempt - 1));
    try {
      if (connection_ == nullptr) Connect();
      pqxx::work work(*connection_);
      Transaction transaction(*this, work);
      if (closure(transaction)) work.commit();
      return absl::OkStatus();
    } catch (const Conflict&) {
      last = Busy();
    } catch (const pqxx::serialization_failure&) {
      last = Busy();
    } catch (const pqxx::deadlock_detected&) {
      last = Busy();
    } catch (const pqxx::in_doubt_error& error) {
      // Whether it was committed is for the next run to find by key.
      connection_.reset();
      last = Unavailable(error.what());
    } catch (const pqxx::broken_connection& error) {
      connection_.reset();
      last = Unavailable(error.what());
    } catch (const pqxx::sql_error& error) {
      if (absl::StartsWith(error.sqlstate(), "57P")) {
        connection_.reset();
        last = Unavailable(error.what());
        continue;
      }
      if (MayWorkLater(error.sqlstate())) return Unavailable(error.what());
      // The first line only: the others hold values.
      const std::string what = error.what();
      log::Error("statement failed",
                 {{"reason", what.substr(0, what.find('\n'))}, {"sqlstate", error.sqlstate()}});
      connection_.reset();
      return absl::InternalError("the database refused a statement; see the server's log");
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
