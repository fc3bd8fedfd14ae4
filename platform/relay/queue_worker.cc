#include "platform/relay/queue_worker.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "platform/process/log.h"
#include "platform/relay/bundle.h"

namespace tallystick {

QueueWorker::QueueWorker(QueueWorkerOptions options, const postgres::Database& database,
                         Handle handle)
    : options_(options),
      handle_(std::move(handle)),
      table_(options_.lease),
      session_({.database = database, .durable = false}),
      hand_(options_),
      thread_([this] { Loop(); }) {}

QueueWorker::~QueueWorker() { Stop(); }

void QueueWorker::Stop() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.NotifyAll();
  if (thread_.joinable()) thread_.join();
}

void QueueWorker::HandOver(const std::vector<WorkItem>& items, SteadyTime since) {
  const auto is_own = [this](const WorkItem& item) { return IsHandedOver(item, options_.queue); };
  if (std::ranges::none_of(items, is_own)) return;
  {
    MutexLock lock(mutex_);
    hand_.HandOver(items, since);
    CountInMemory();
  }
  changed_.NotifyOne();
}

void QueueWorker::Loop() {
  while (WaitForWork()) {
    // Before anything is done: see Settle.
    session_.Attach();
    std::vector<WorkItem> batch;
    {
      MutexLock lock(mutex_);
      batch = hand_.TakeDue(SteadyNow(), session_.connected());
      CountInMemory();
    }
    if (!batch.empty()) Work(std::move(batch));
    ClaimFromTable();
  }
}

void QueueWorker::CountInMemory() {
  options_.meters.in_memory.Set(static_cast<double>(hand_.size()));
}

bool QueueWorker::WaitForWork() {
  MutexLock lock(mutex_);
  for (SteadyTime wake = hand_.WakeTime(); !stopping_ && SteadyNow() < wake;
       wake = hand_.WakeTime()) {
    changed_.WaitUntil(mutex_, wake);
  }
  return !stopping_;
}

void QueueWorker::ClaimFromTable() {
  {
    MutexLock lock(mutex_);
    if (!hand_.IsToLook(SteadyNow())) return;
  }
  const SteadyTime since = SteadyNow();
  auto claimed = session_.Run([&](postgres::Transaction& transaction) {
    return table_.Claim(transaction, options_.queue.number, options_.max_batch);
  });
  if (!claimed.ok()) {
    log::Warn("cannot look for due work",
              {{"queue", options_.queue.name}, {"reason", claimed.status().message()}});
    claimed.emplace();
  }
  MutexLock lock(mutex_);
  hand_.Claimed(*std::move(claimed), since);
}

void QueueWorker::Work(std::vector<WorkItem> items) {
  BatchInHand batch(std::move(items), options_);
  while (!batch.Next().empty()) {
    auto said = handle_(batch.Next());
    options_.meters.Count(batch.Next().size(), said);
    batch.Take(std::move(said));
  }
  if (!batch.items().empty()) Settle(batch);
  absl::Duration pause;
  {
    MutexLock lock(mutex_);
    if (batch.pause().ok()) return hand_.Works();
    pause = hand_.Pause(batch.TakeRest(), SteadyNow(), AnyChance());
  }
  options_.meters.pauses.Add();
  log::Warn("queue pauses",
            {{"queue", options_.queue.name},
             {"reason", batch.pause().message()},
             {"for", absl::FormatDuration(absl::Trunc(pause, absl::Milliseconds(1)))}});
}

void QueueWorker::Settle(const BatchInHand& batch) {
  Settlement settlement = batch.Settle(AnyChance);
  const SettledRows rows = RowsOf(settlement);
  const SteadyTime since = SteadyNow();
  // Never after a new connection: another server may have taken over that has not got what was done
  // (see Session::RunAttached), and only these rows know then that it is to be done again.
  const auto written = session_.RunAttached([&](postgres::Transaction& transaction) {
    BundleTable::Settle(transaction, rows);
    table_.Delete(transaction, rows.done);
    table_.Postpone(transaction, settlement.postponed);
    table_.Insert(transaction, settlement.renewed);
    return true;
  });
  if (written.ok()) {
    if (!settlement.stuck.empty()) SettleStuck(batch, settlement);
    std::ranges::move(settlement.renewed, std::back_inserter(settlement.again));
  } else {
    // The rows stay leased and come again: everything here may be done twice.
    log::Warn("cannot settle work",
              {{"queue", options_.queue.name}, {"reason", written.status().message()}});
    LeaveBundles(batch.items());
    settlement.again.clear();
  }
  MutexLock lock(mutex_);
  hand_.Settled(batch.items(), std::move(settlement.again), since, SteadyNow());
}

void QueueWorker::SettleStuck(const BatchInHand& batch, Settlement& settlement) {
  const auto judged = session_.RunAttached([&](postgres::Transaction& transaction) {
    std::vector<WorkItem> judged = batch.JudgeStuck(
        settlement.stuck, WorkTable::IsFirst(transaction, settlement.stuck), AnyChance);
    table_.Postpone(transaction, judged);
    return judged;
  });
  if (!judged.ok()) return;  // As what is not settled: it comes again.
  for (const WorkItem& item : *judged) {
    if (item.attempts < kParkedAttempts) settlement.again.push_back(item);
  }
}

}  // namespace tallystick
