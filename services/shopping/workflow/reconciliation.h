// Finds out whether the shop, payment and delivery still agree about trades, and brings them
// together again when one of them has lost something; docs/protocol.md, "A database that has lost
// something".
//
// What is to be looked at is work of kReconcileQueue.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "platform/lang/mutex.h"
#include "platform/relay/committer.h"
#include "platform/relay/queue_worker.h"
#include "platform/time/steady.h"
#include "platform/trade/apply.h"
#include "platform/trade/report.h"
#include "services/shopping/store/order_store.h"
#include "services/shopping/workflow/reconciling.h"

namespace tallystick::shopping {

// Payment or delivery, as the shop asks it. Each call blocks, for as long as a call may take.
struct OtherHalf {
  // In the order of their ids, after `after`; fewer than `limit` are the last.
  std::function<absl::StatusOr<std::vector<TradePosition>>(const Uuid& after, int limit)>
      list_positions;
  // Answer each, in order. An error of one: ask again.
  std::function<absl::StatusOr<std::vector<absl::StatusOr<TradeReports>>>(
      std::span<const TradePosition>)>
      read_reports;
  std::function<absl::StatusOr<std::vector<absl::StatusOr<ApplyAnswer>>>(
      std::span<const RememberedTrade>)>
      take_back;
  // Which database it has (platform/postgres/identity.h), empty if it does not say. It is told that
  // all trades were compared with `compared`, unless that is empty.
  std::function<absl::StatusOr<std::string>(const std::string& compared)> look;
};

struct ReconciliationOptions {
  std::string trading_id_key;
  // Not more often is everything compared because something was found.
  absl::Duration compare_interval = absl::Minutes(10);
};

// Has trades looked at whose messages did not fit. Thread-safe.
class Noticing {
 public:
  Noticing(const CommitterOptions& options, absl::Duration patience)
      : patience_(patience), orders_(options) {}

  absl::Status Notice(std::span<const WorkItem> items) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  const absl::Duration patience_;
  Mutex mutex_;
  Committer<Order, OrderCodec> orders_ ABSL_GUARDED_BY(mutex_);
};

// Used by one thread.
class Reconciliation {
 public:
  Reconciliation(const CommitterOptions& options, const ReconciliationOptions& reconciling,
                 OtherHalf payment, OtherHalf delivery);

  // The worker of kReconcileQueue.
  absl::StatusOr<std::vector<WorkVerdict>> Work(std::span<const WorkItem> items);

 private:
  using Orders = Committer<Order, OrderCodec>;
  // How far the comparison of all has come.
  struct Comparison {
    Uuid after;
    int64_t trades = 0;
    int64_t different = 0;
    SteadyTime worked_on{};
  };

  absl::StatusOr<std::vector<WorkVerdict>> ReconcileTrades(std::span<const WorkItem> items);
  // Where something was noticed and lost, perhaps more is: all is compared, too. `others`: of
  // `ids`, the trades of `items` that both have answered about.
  absl::StatusOr<std::vector<Reconciled>> Reconcile(std::span<const WorkItem> items,
                                                    std::span<const Uuid> ids,
                                                    std::span<const OtherHalves> others);
  // Sends what the shop remembers; where that is refused, it is a trade's trouble.
  absl::Status GiveBack(const OtherHalf& other, const char* name,
                        std::optional<RememberedTrade> Reconciled::*remembered,
                        std::vector<Reconciled>& trades);
  // Parks those that are (ForPersonItem).
  absl::Status PutWork(std::vector<WorkItem> items);
  // For the audit.
  absl::Status NoteTakenBack(std::span<const Uuid> ids, const std::vector<Reconciled>& trades);
  absl::StatusOr<WorkVerdict> CompareAll(Comparison& comparison);
  // The next page; true when it was the last.
  absl::StatusOr<bool> ComparePage(Comparison& comparison);

  const ReconciliationOptions options_;
  const absl::Duration lease_;
  const OtherHalf payment_;
  const OtherHalf delivery_;
  Orders orders_;
  std::map<int64_t, Comparison> comparisons_;  // by the number of the work
  SteadyTime compare_again_{};
};

}  // namespace tallystick::shopping
