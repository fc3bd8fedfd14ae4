#include "platform/postgres/session.h"

#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "platform/runtime/log.h"

namespace tallystick::postgres {
namespace {

absl::Status Unavailable(absl::string_view what) {
  return absl::UnavailableError(absl::StrCat("the database cannot be reached: ", what));
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
  connection_ = std::make_unique<pqxx::connection>(options_.database_url);
  pqxx::nontransaction setup(*connection_);
  setup.exec(absl::StrCat("SET statement_timeout = ", options_.statement_timeout_ms));
  if (!options_.durable) setup.exec("SET synchronous_commit = off");
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
      last = absl::AbortedError("the trade was changed by others again and again; try once more");
    } catch (const pqxx::serialization_failure& error) {
      last = absl::AbortedError(error.what());
    } catch (const pqxx::deadlock_detected& error) {
      last = absl::AbortedError(error.what());
    } catch (const pqxx::in_doubt_error& error) {
      // Whether it was committed is for the next run to find by key.
      connection_.reset();
      last = Unavailable(error.what());
    } catch (const pqxx::broken_connection& error) {
      connection_.reset();
      last = Unavailable(error.what());
    } catch (const pqxx::sql_error& error) {
      // Class 57: the server is shutting down or was killed; the connection is of no more use.
      if (error.sqlstate().starts_with("57P")) {
        connection_.reset();
        last = Unavailable(error.what());
        continue;
      }
      log::Error("statement failed", {{"reason", error.what()}, {"sqlstate", error.sqlstate()}});
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
