// The lists that are read off the hot path: a buyer's trades, and what waits for a person.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "platform/postgres/session.h"
#include "platform/relay/queue_worker.h"
#include "platform/relay/resolve_work.h"
#include "platform/runtime/clock.h"
#include "services/shopping/store/order_store.h"

namespace tallystick::shopping {

struct TradePage {
  std::vector<std::string> documents;  // OrderRecords, the latest order first
  ListedTrade last;                    // where the next page begins
  bool more = false;
};

// Not thread-safe, but for ListTrades' worker, which has a session of its own.
class TradeList {
 public:
  TradeList(const postgres::Database& database, Clock clock)
      : table_(kOrdersTable),
        clock_(std::move(clock)),
        session_({.database = database}),
        worker_session_({.database = database}) {}

  absl::StatusOr<TradePage> List(const std::string& buyer, const ListedTrade& after, int page_size);

  // The worker of kBuyerListQueue.
  absl::StatusOr<std::vector<WorkVerdict>> ListUnderBuyers(std::span<const WorkItem> items);

  // What comes after `after`, at most `limit`.
  absl::StatusOr<std::vector<WorkItem>> ListWaiting(const WorkItem& after, size_t limit);

  absl::StatusOr<ResolvedWork> Resolve(const WorkResolution& resolution);

 private:
  const postgres::DocumentTable table_;
  const Clock clock_;
  postgres::Session session_;
  postgres::Session worker_session_;
};

}  // namespace tallystick::shopping
