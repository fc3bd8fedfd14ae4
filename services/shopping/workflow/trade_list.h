// The lists that are read off the hot path: a buyer's trades, and what waits for a person.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "platform/postgres/session.h"
#include "platform/relay/queue_worker.h"
#include "platform/relay/resolve_work.h"
#include "platform/relay/waiting_list.h"
#include "platform/time/clock.h"
#include "services/shopping/store/order_store.h"

namespace tallystick::shopping {

struct TradePage {
  std::vector<std::string> documents;  // OrderRecords, the latest order first
  ListedTrade last;                    // where the next page begins
  bool more = false;
  size_t bytes = 0;
};

// Not thread-safe, but for the worker of ListUnderBuyers, which has a session of its own.
class TradeList {
 public:
  TradeList(const postgres::Database& database, Clock clock)
      : table_(kOrdersTable),
        clock_(std::move(clock)),
        session_({.database = database}),
        worker_session_({.database = database}) {}

  // The page holds `page_size` trades, or as many as have about `max_bytes` together; one at least.
  absl::StatusOr<TradePage> List(const std::string& buyer, const ListedTrade& after, int page_size,
                                 size_t max_bytes);

  // The worker of kBuyerListQueue.
  absl::StatusOr<std::vector<WorkVerdict>> ListUnderBuyers(std::span<const WorkItem> items);

  // What comes after `after`, at most `limit`.
  absl::StatusOr<std::vector<WaitingItem>> ListWaiting(const WorkItem& after, size_t limit);

  absl::StatusOr<ResolvedWork> Resolve(const WorkResolution& resolution);

 private:
  void Append(postgres::Transaction& transaction, std::span<const ListedTrade> trades,
              size_t max_bytes, TradePage& page) const;

  const postgres::DocumentTable table_;
  const Clock clock_;
  postgres::Session session_;
  postgres::Session worker_session_;
};

}  // namespace tallystick::shopping
