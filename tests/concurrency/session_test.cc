// Sessions: what they do when the database does not do what it should.
#include <signal.h>

#include <atomic>

#include "platform/postgres/probe.h"
#include "platform/postgres/session.h"
#include "tests/support/catch.h"
#include "tests/support/private_postgres.h"
#include "tests/support/wait_until.h"

namespace tallystick::testing {
namespace {

constexpr postgres::Query kPid{"pid", "SELECT pg_backend_pid()"};

int Pid(postgres::Transaction& transaction) { return transaction.Exec(kPid)[0][0].as<int>(); }

TEST_CASE("session: a killed connection and a conflict are tried again") {
  const PrivatePostgres postgres;
  const std::string url = postgres.Url("shopping");
  postgres::Session session({.database = {url}});
  const auto pid = session.Run(Pid);
  REQUIRE(pid.ok());
  postgres.Execute("shopping", "SELECT pg_terminate_backend(" + std::to_string(*pid) + ")");
  int runs = 0;
  const auto again = session.Run([&](postgres::Transaction& transaction) {
    if (++runs == 1) throw postgres::Conflict{};
    return Pid(transaction);
  });
  REQUIRE(again.ok());
  REQUIRE(*again != *pid);
}

TEST_CASE("session: an error given back rolls back, a wrong statement is INTERNAL") {
  const PrivatePostgres postgres;
  const std::string url = postgres.Url("shopping");
  postgres.Execute("shopping", "CREATE TABLE kept (number integer)");
  postgres::Session session({.database = {url}});
  constexpr postgres::Query kInsert{"insert", "INSERT INTO kept VALUES (1)"};
  const auto refused = session.Run([&](postgres::Transaction& transaction) -> absl::StatusOr<int> {
    transaction.Exec(kInsert);
    return absl::NotFoundError("on purpose");
  });
  REQUIRE(refused.status().code() == absl::StatusCode::kNotFound);
  REQUIRE(postgres.Ask("shopping", "SELECT count(*) FROM kept") == "0");
  constexpr postgres::Query kWrong{"wrong", "SELECT * FROM nowhere"};
  const auto wrong = session.Run(
      [&](postgres::Transaction& transaction) { return transaction.Exec(kWrong).size(); });
  REQUIRE(wrong.status().code() == absl::StatusCode::kInternal);
}

TEST_CASE("session: a connection that hangs is given up for another one") {
  const PrivatePostgres postgres;
  postgres::Session session(
      {.database = {postgres.Url("shopping"), {.transaction = absl::Seconds(2)}}});
  const auto pid = session.Run(Pid);
  REQUIRE(pid.ok());
  REQUIRE(kill(*pid, SIGSTOP) == 0);
  const auto another = session.Run(Pid);
  REQUIRE(kill(*pid, SIGCONT) == 0);
  REQUIRE(another.ok());
  REQUIRE(*another != *pid);
}

TEST_CASE("session: a database that hangs is given up in time, and used again when it is back") {
  const PrivatePostgres postgres;
  postgres::Session session(
      {.database = {postgres.Url("shopping"), {.transaction = absl::Seconds(1)}}});
  REQUIRE(session.Run(Pid).ok());
  postgres.Freeze();
  REQUIRE(absl::IsUnavailable(session.Run(Pid).status()));
  postgres.Thaw();
  REQUIRE(WaitUntil([&] { return session.Run(Pid).ok(); }));
}

TEST_CASE("session: one that has led to a server that cannot be written to connects anew") {
  const PrivatePostgres postgres;
  postgres.Execute("shopping", "CREATE TABLE kept (number integer)");
  // Sessions are like this for good, whatever becomes of the database.
  postgres.Execute("shopping", "ALTER DATABASE shopping SET default_transaction_read_only = on");
  postgres::Session session({.database = {postgres.Url("shopping"), {}}, .max_attempts = 2});
  constexpr postgres::Query kInsert{"insert", "INSERT INTO kept VALUES (1)"};
  const auto insert = [&] {
    return session.Run(
        [&](postgres::Transaction& transaction) { return transaction.Exec(kInsert).size(); });
  };
  const absl::Status refused = insert().status();
  REQUIRE(absl::IsUnavailable(refused));
  REQUIRE(refused.message() == "the database cannot be written to; try again after a moment");
  {
    std::atomic<int> unready = 0;
    std::atomic<int> ready = 0;
    const postgres::Probe probe({postgres.Url("shopping")}, [&](postgres::DatabaseState state) {
      if (state == postgres::DatabaseState::kUnwritable) ++unready;
      if (state == postgres::DatabaseState::kWritable) ++ready;
    });
    REQUIRE(WaitUntil([&] { return unready > 0; }));
    REQUIRE(ready == 0);
    postgres.Execute("shopping",
                     "BEGIN READ WRITE; ALTER DATABASE shopping RESET "
                     "default_transaction_read_only; COMMIT");
    REQUIRE(WaitUntil([&] { return ready > 0; }));
  }
  REQUIRE(insert().ok());
}

TEST_CASE("session: a full disk is said to be one, and nothing else is") {
  const PrivatePostgres postgres;
  postgres::Session session({.database = {postgres.Url("shopping"), {}}, .max_attempts = 1});
  const auto fail_with = [&](const std::string& sqlstate) {
    return session
        .Run([&](postgres::Transaction& transaction) {
          transaction.ExecScript("DO $$ BEGIN RAISE EXCEPTION 'as told' USING ERRCODE = '" +
                                 sqlstate + "'; END $$");
          return true;
        })
        .status();
  };
  const absl::Status full = fail_with("53100");
  REQUIRE(absl::IsUnavailable(full));
  REQUIRE(postgres::IsUnwritable(full));
  REQUIRE(full.message() == "the database cannot be written to; try again after a moment");
  for (const char* other : {"53200", "57P01", "58030"}) {
    CAPTURE(other);
    const absl::Status status = fail_with(other);
    REQUIRE(absl::IsUnavailable(status));
    REQUIRE_FALSE(postgres::IsUnwritable(status));
    REQUIRE(status.message() == "the database cannot be reached; try again after a moment");
  }
}

TEST_CASE("session: impatience ends, also when the row is held all the time") {
  const PrivatePostgres postgres;
  postgres.Execute("shopping", "CREATE TABLE kept (number integer); INSERT INTO kept VALUES (1)");
  pqxx::connection connection(postgres.Url("shopping"));
  pqxx::work holder(connection);
  holder.exec("SELECT 1 FROM kept FOR UPDATE");
  const absl::Duration patience = absl::Milliseconds(300);
  postgres::Session session({.database = {postgres.Url("shopping"), {.lock = patience}}});
  constexpr postgres::Query kLock{"lock", "SELECT 1 FROM kept FOR UPDATE"};
  const auto wait = [&] {
    const SteadyTime begin = SteadyNow();
    REQUIRE(absl::IsAborted(
        session
            .Run([&](postgres::Transaction& transaction) { return transaction.Exec(kLock).size(); })
            .status()));
    return -Until(begin);
  };
  REQUIRE(wait() >= patience);
  REQUIRE(WaitUntil([&] { return wait() >= patience; }));
}

TEST_CASE("session: a statement that takes too long is given up as well") {
  const PrivatePostgres postgres;
  postgres::Session session(
      {.database = {postgres.Url("shopping"), {.transaction = absl::Seconds(2)}}});
  constexpr postgres::Query kSleep{"sleep", "SELECT pg_sleep(60)"};
  const auto slept = session.Run(
      [&](postgres::Transaction& transaction) { return transaction.Exec(kSleep).size(); });
  REQUIRE(absl::IsUnavailable(slept.status()));
  REQUIRE(session.Run(Pid).ok());
}

TEST_CASE("session: a row that stays locked is ABORTED, and holds nothing else up") {
  const PrivatePostgres postgres;
  postgres.Execute("shopping",
                   "CREATE TABLE kept (number integer); INSERT INTO kept VALUES (1), (2)");
  pqxx::connection holder(postgres.Url("shopping"));
  pqxx::work lock(holder);
  lock.exec("SELECT 1 FROM kept WHERE number = 1 FOR UPDATE");
  postgres::Session session(
      {.database = {postgres.Url("shopping"), {.lock = absl::Milliseconds(100)}}});
  constexpr postgres::Query kUpdate{"update", "UPDATE kept SET number = number WHERE number = $1"};
  const auto update = [&](int number) {
    return session
        .Run([&](postgres::Transaction& transaction) {
          return transaction.Exec(kUpdate, number).affected_rows();
        })
        .status();
  };
  REQUIRE(absl::IsAborted(update(1)));
  // From now on it waits for locks only briefly.
  constexpr postgres::Query kTimeout{"timeout", "SELECT current_setting('lock_timeout')"};
  REQUIRE(*session.Run([&](postgres::Transaction& transaction) {
    return std::string(transaction.Exec(kTimeout)[0][0].c_str());
  }) == "20ms");
  REQUIRE(update(2).ok());
  lock.abort();
  REQUIRE(update(1).ok());
}

TEST_CASE("session: what the user's connection string says stays") {
  const PrivatePostgres postgres;
  const auto setting = [](const std::string& url, const char* name) {
    postgres::Session session({.database = {url}});
    const std::string sql = std::string("SELECT current_setting('") + name + "')";
    return *session.Run([&](postgres::Transaction& transaction) {
      return std::string(transaction.ExecOnce(sql)[0][0].c_str());
    });
  };
  const std::string url = postgres.Url("shopping");
  REQUIRE(setting(url, "lock_timeout") == "1s");
  REQUIRE(setting(url, "idle_in_transaction_session_timeout") == "5s");
  const std::string own = url + " options='-c lock_timeout=7s -c search_path=mine'";
  REQUIRE(setting(own, "lock_timeout") == "7s");
  REQUIRE(setting(own, "search_path") == "mine");
  REQUIRE(setting(own, "statement_timeout") == "5s");
}

TEST_CASE("session: a connection string keeps its own timeouts") {
  const auto string =
      postgres::SessionString({"host=here connect_timeout=17 user=a password='b c'", {}}, true);
  REQUIRE(string.ok());
  REQUIRE(string->find("connect_timeout='17'") != std::string::npos);
  REQUIRE(string->find("tcp_user_timeout='10000'") != std::string::npos);
  REQUIRE(string->find("password='b c'") != std::string::npos);
  REQUIRE(absl::IsInvalidArgument(postgres::SessionString({"no such thing", {}}, true).status()));
}

}  // namespace
}  // namespace tallystick::testing
