// Work for the tests of the work table and its workers.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "platform/relay/queue_worker.h"
#include "tests/support/catch.h"
#include "tests/support/private_postgres.h"

namespace tallystick::testing {

inline constexpr int16_t kQueue = 1;

inline WorkItem Item(int trade, int64_t number) {
  WorkItem item;
  item.trading_id.bytes[0] = static_cast<uint8_t>(trade);
  item.queue = kQueue;
  item.number = number;
  item.payload = "payload";
  return item;
}

// Gives the items as they were inserted.
inline std::vector<WorkItem> Insert(const std::string& url, std::vector<WorkItem> items,
                                    absl::Duration lease) {
  postgres::Session session({.database = {url}});
  const auto inserted = session.Run([&](postgres::Transaction& transaction) {
    WorkTable(lease).Insert(transaction, items);
    return true;
  });
  REQUIRE(inserted.ok());
  return items;
}

inline QueueWorkerOptions Options() {
  return {.queue = {kQueue, "tests"},
          .poll_interval = absl::Milliseconds(50),
          .lease = absl::Hours(1),
          .backoff = {absl::Milliseconds(5), absl::Milliseconds(50)}};
}

inline std::vector<WorkVerdict> AllDone(std::span<const WorkItem> items) {
  return std::vector<WorkVerdict>(items.size());
}

// Number, whether it is parked, and why, of each row.
inline std::string Waiting(const PrivatePostgres& postgres) {
  return postgres.Ask("payment",
                      "SELECT coalesce(string_agg(number || ' ' || (attempts >= 1000000) || ' ' || "
                      "reason, ', '), '') FROM work");
}

}  // namespace tallystick::testing
