#include "services/shopping/service/reconcile.h"

#include "absl/strings/str_cat.h"
#include "platform/lang/mutex.h"
#include "platform/process/log.h"
#include "platform/process/shutdown.h"
#include "platform/relay/queue_worker.h"
#include "platform/time/clock.h"
#include "platform/time/steady.h"
#include "services/shopping/service/other_half.h"
#include "services/shopping/store/reconcile_progress.h"
#include "services/shopping/workflow/reconciliation.h"

namespace tallystick::shopping {
namespace {

constexpr absl::Duration kLook = absl::Milliseconds(200);
// One of the others is away for so long.
constexpr absl::Duration kPatience = absl::Minutes(1);

// Thread-safe.
class Failing {
 public:
  void Note(const absl::Status& status) {
    MutexLock lock(mutex_);
    if (status.ok()) since_ = kNeverSteady;
    if (!status.ok() && since_ == kNeverSteady) since_ = SteadyNow();
    why_ = status;
  }
  absl::Status ForLong() {
    MutexLock lock(mutex_);
    if (since_ == kNeverSteady || -Until(since_) < kPatience) return absl::OkStatus();
    return absl::UnavailableError(
        absl::StrCat("payment or delivery does not answer; a shop that runs goes on when it does: ",
                     why_.message()));
  }

 private:
  Mutex mutex_;
  SteadyTime since_ ABSL_GUARDED_BY(mutex_) = kNeverSteady;
  absl::Status why_ ABSL_GUARDED_BY(mutex_);
};

std::string Done(const ReconcileProgress& progress, const char* what) {
  const auto found = progress.done.find(what);
  return absl::StrCat(found == progress.done.end() ? 0 : found->second);
}

}  // namespace

absl::Status Reconcile(const ShoppingSettings& settings) {
  const rpc::ServerSettings& server = settings.server;
  const absl::StatusOr<std::string> key = LoadTradingIdKey(server.database);
  if (!key.ok()) return key.status();
  CommitterOptions committing;
  committing.table = kOrdersTable;
  committing.database = server.database;
  committing.work_lease = server.work.lease;
  // What is caused here is found in the table by the shops that run.
  committing.after_commit = [](const auto&, const auto&, SteadyTime) {};
  Reconciliation reconciliation(
      committing, {*key, settings.compare_interval},
      OtherHalfAt(server.PeerAt("payment", settings.payment_internal_address)),
      OtherHalfAt(server.PeerAt("delivery", settings.delivery_internal_address)));
  QueueWorkerOptions working = server.work;
  working.queue = kReconcileQueue;
  const absl::Time since = SystemNow();

  Committer<Order, OrderCodec> orders(committing);
  const auto begun = orders.Commit({}, [](auto& unit) {
    unit.work().push_back(CompareAllItem());
    unit.work().back().anew = true;
    return true;
  });
  if (!begun.ok()) return begun.status();
  Failing failing;
  QueueWorker worker(working, server.database, [&](std::span<const WorkItem> items) {
    auto verdicts = reconciliation.Work(items);
    failing.Note(verdicts.status());
    return verdicts;
  });
  worker.HandOver({CompareAllItem()}, SteadyNow());
  while (true) {
    if (WaitForShutdownSignal(kLook)) return absl::CancelledError("a shop that runs goes on");
    const absl::Status away = failing.ForLong();
    if (!away.ok()) return away;
    const auto progress = orders.session().Run([&](postgres::Transaction& transaction) {
      return ReadReconcileProgress(transaction, since, server.work.lease);
    });
    // The work goes on when the database is back, and so does this.
    if (absl::IsUnavailable(progress.status())) continue;
    if (!progress.ok()) return progress.status();
    if (progress->open > 0) continue;
    log::Info("all trades are reconciled with payment and delivery",
              {{"orders_restored", Done(*progress, kRestored)},
               {"caught_up", Done(*progress, kHeard)},
               {"requests_taken_over", Done(*progress, kAskedFor)},
               {"given_back", Done(*progress, kTakenBack)},
               {"for_a_person", absl::StrCat(progress->waiting)}});
    if (progress->waiting == 0) return absl::OkStatus();
    return absl::FailedPreconditionError(
        "some trades need a person: tally ops work says which, and why");
  }
}

}  // namespace tallystick::shopping
