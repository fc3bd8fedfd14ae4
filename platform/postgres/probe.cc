#include "platform/postgres/probe.h"

#include <algorithm>

#include "platform/postgres/libpqxx.h"
#include "platform/time/steady.h"

namespace tallystick::postgres {
namespace {

// A standby answers, too, but writes nothing.
constexpr Query kAsk{"probe", "SHOW transaction_read_only"};

// More than its memory holds: PostgreSQL puts it into a file of the database's own tablespace for
// as long as the statement takes. A row would tell less, since it may find room in a page that
// there is already, and leave more behind.
constexpr Query kHoldLittle{
    "probe_memory",
    "SELECT set_config('work_mem', '64kB', true), set_config('temp_tablespaces', '', true)"};
constexpr Query kWrite{"probe_write", "SELECT count(*) FROM generate_series(1, 5000)"};

constexpr absl::Duration kInterval = absl::Milliseconds(500);
// As long as there is no reason to doubt it.
constexpr absl::Duration kWriteInterval = absl::Seconds(5);

// A database that takes longer to say anything serves nobody in time.
Database Impatient(Database database) {
  database.timeouts.transaction = std::min(database.timeouts.transaction, absl::Seconds(2));
  return database;
}

}  // namespace

Probe::Probe(const Database& database, std::function<void(DatabaseState)> tell)
    : session_({.database = Impatient(database), .max_attempts = 2}),
      tell_(std::move(tell)),
      thread_([this] { Loop(); }) {}

Probe::~Probe() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.NotifyAll();
}

DatabaseState Probe::Look() {
  const bool writes = SteadyNow() >= next_write_;
  const absl::StatusOr<bool> done = session_.Run([&](Transaction& transaction) {
    if (transaction.Exec(kAsk)[0][0].as<std::string>() != "off") {
      // As a statement that writes would; another connection may lead to another server.
      throw pqxx::sql_error("the database is read-only", "", "25006");
    }
    if (writes) {
      transaction.Exec(kHoldLittle);
      transaction.Exec(kWrite);
    }
    return true;
  });
  if (IsUnwritable(done.status())) {
    next_write_ = SteadyNow();  // until it can
    return DatabaseState::kUnwritable;
  }
  if (!done.ok()) return DatabaseState::kNoAnswer;
  if (writes) next_write_ = SteadyAfter(kWriteInterval);
  return DatabaseState::kWritable;
}

void Probe::Loop() {
  MutexLock lock(mutex_);
  while (!stopping_) {
    lock.Unlock();
    tell_(Look());
    lock.Lock();
    const SteadyTime next = SteadyAfter(kInterval);
    while (!stopping_ && SteadyNow() < next) changed_.WaitUntil(mutex_, next);
  }
}

}  // namespace tallystick::postgres
