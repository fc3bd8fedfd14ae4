#include "platform/postgres/probe.h"

#include <algorithm>

#include "platform/time/steady.h"

namespace tallystick::postgres {
namespace {

// A standby answers, too, but writes nothing.
constexpr Query kAsk{"probe", "SHOW transaction_read_only"};

constexpr absl::Duration kInterval = absl::Milliseconds(500);

// A database that takes longer to say anything serves nobody in time.
Database Impatient(Database database) {
  database.timeouts.transaction = std::min(database.timeouts.transaction, absl::Seconds(2));
  return database;
}

}  // namespace

Probe::Probe(const Database& database, std::function<void(bool)> tell)
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

void Probe::Loop() {
  MutexLock lock(mutex_);
  while (!stopping_) {
    lock.Unlock();
    tell_(session_
              .Run([](Transaction& transaction) {
                // Another connection may lead to another server.
                if (transaction.Exec(kAsk)[0][0].as<std::string>() != "off") {
                  throw pqxx::broken_connection("the database is read-only");
                }
                return true;
              })
              .ok());
    lock.Lock();
    const SteadyTime next = SteadyAfter(kInterval);
    while (!stopping_ && SteadyNow() < next) changed_.WaitUntil(mutex_, next);
  }
}

}  // namespace tallystick::postgres
