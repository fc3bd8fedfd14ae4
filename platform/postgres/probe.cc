#include "platform/postgres/probe.h"

#include <algorithm>

namespace tallystick::postgres {
namespace {

// A standby answers, too, but writes nothing.
constexpr Query kAsk{"probe", "SHOW transaction_read_only"};

constexpr std::chrono::milliseconds kInterval{500};

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
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Probe::Loop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    tell_(session_
              .Run([](Transaction& transaction) {
                // Another connection may lead to another server.
                if (transaction.Exec(kAsk)[0][0].as<std::string>() != "off") {
                  throw pqxx::broken_connection("the database is read-only");
                }
                return true;
              })
              .ok());
    lock.lock();
    changed_.wait_for(lock, kInterval, [this] { return stopping_; });
  }
}

}  // namespace tallystick::postgres
