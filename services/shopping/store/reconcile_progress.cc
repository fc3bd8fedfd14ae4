#include "services/shopping/store/reconcile_progress.h"

#include "services/shopping/store/order_store.h"

namespace tallystick::shopping {
namespace {

using postgres::Query;

constexpr Query kWork{"reconcile_work",
                      "SELECT count(*) FILTER (WHERE attempts < $2), "
                      "count(*) FILTER (WHERE attempts < $2 AND number IN ($3, $5, $6)), "
                      "count(*) FILTER (WHERE attempts >= $2) FROM work WHERE queue = $1 "
                      "AND (number <> $3 OR due_time < now() + $4 * interval '1 ms')"};
constexpr Query kDone{"reconcile_done",
                      "SELECT result, count(DISTINCT trading_id) FROM audit "
                      "WHERE audit_time >= $1::timestamptz AND rpc = $2 GROUP BY result"};

}  // namespace

ReconcileProgress ReadReconcileProgress(postgres::Transaction& transaction, absl::Time since,
                                        absl::Duration lease) {
  ReconcileProgress progress;
  const auto work =
      transaction.Exec(kWork, static_cast<int>(kReconcileQueue.number), kTriedOften, kCompareAll,
                       absl::ToInt64Milliseconds(2 * lease), kCompareChanged, kFound);
  progress.open = work[0][0].as<int64_t>();
  progress.unread = work[0][1].as<int64_t>();
  progress.waiting = work[0][2].as<int64_t>();
  for (const auto& row : transaction.Exec(
           kDone, absl::FormatTime("%Y-%m-%d %H:%M:%E6S+00", since, absl::UTCTimeZone()),
           kReconcileRpc)) {
    progress.done[row[0].c_str()] = row[1].as<int64_t>();
  }
  return progress;
}

}  // namespace tallystick::shopping
