#include "platform/relay/queue_worker.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "platform/runtime/log.h"

namespace tallystick {
namespace {

// Far enough that no replica takes a parked item up, near enough for a timestamptz.
const absl::Time kNever = absl::FromCivil(absl::CivilDay(9999, 1, 1), absl::UTCTimeZone());

}  // namespace

QueueWorker::QueueWorker(QueueWorkerOptions options, const std::string& database_url, Handle handle)
    : options_(std::move(options)),
      handle_(std::move(handle)),
      table_(options_.lease),
      session_({.database_url = database_url, .durable = false}),
      thread_([this] { Loop(); }) {}

QueueWorker::~QueueWorker() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void QueueWorker::HandOver(const std::vector<WorkItem>& items) {
  {
    std::lock_guard lock(mutex_);
    for (const WorkItem& item : items) {
      if (item.queue == options_.queue && !item.scheduled) Enqueue(item);
    }
  }
  changed_.notify_one();
}

void QueueWorker::Enqueue(WorkItem item) {
  if (pending_.size() >= options_.max_in_memory) return;
  if (!keys_.emplace(item.trading_id, item.number).second) return;
  const absl::Time due_time = item.due_time;
  pending_.emplace(due_time, std::move(item));
}

std::vector<WorkItem> QueueWorker::TakeDue(absl::Time now) {
  std::vector<WorkItem> batch;
  size_t bytes = 0;
  while (!pending_.empty() && batch.size() < options_.max_batch && pending_.begin()->first <= now) {
    bytes += pending_.begin()->second.payload.size();
    if (!batch.empty() && bytes > options_.max_batch_bytes) break;
    batch.push_back(std::move(pending_.extract(pending_.begin()).mapped()));
  }
  // Messages of one trade go in the order of their numbers, also when a retry mixed them up.
  std::sort(batch.begin(), batch.end(), [](const WorkItem& a, const WorkItem& b) {
    return std::tie(a.trading_id, a.number) < std::tie(b.trading_id, b.number);
  });
  return batch;
}

void QueueWorker::Loop() {
  absl::Time next_poll = absl::InfinitePast();
  while (true) {
    std::vector<WorkItem> batch;
    {
      std::unique_lock lock(mutex_);
      absl::Time wake = next_poll;
      if (!pending_.empty()) wake = std::min(wake, pending_.begin()->first);
      wake = std::max(wake, paused_until_);
      while (!stopping_ && absl::Now() < wake) {
        changed_.wait_until(lock, absl::ToChronoTime(wake));
        wake = next_poll;
        if (!pending_.empty()) wake = std::min(wake, pending_.begin()->first);
        wake = std::max(wake, paused_until_);
      }
      if (stopping_) return;
      batch = TakeDue(absl::Now());
    }
    if (!batch.empty()) Work(std::move(batch));
    if (absl::Now() >= next_poll) {
      const bool more = ClaimFromTable();
      next_poll = more ? absl::Now() : absl::Now() + options_.poll_interval;
    }
  }
}

bool QueueWorker::ClaimFromTable() {
  {
    std::lock_guard lock(mutex_);
    if (pending_.size() + options_.max_batch > options_.max_in_memory) return false;
  }
  auto claimed = session_.Run([&](postgres::Transaction& transaction) {
    return table_.Claim(transaction, options_.queue, absl::Now(), options_.max_batch);
  });
  if (!claimed.ok()) {
    log::Warn("cannot look for due work",
              {{"queue", options_.name}, {"reason", claimed.status().message()}});
    return false;
  }
  std::lock_guard lock(mutex_);
  for (WorkItem& item : *claimed) Enqueue(std::move(item));
  return claimed->size() == options_.max_batch;
}

void QueueWorker::Work(std::vector<WorkItem> batch) {
  const auto verdicts = handle_(batch);
  if (verdicts.ok()) {
    failures_in_a_row_ = 0;
    Settle(batch, *verdicts);
    return;
  }
  ++failures_in_a_row_;
  const absl::Duration pause = BackoffDelay(options_.backoff, failures_in_a_row_);
  log::Warn("queue pauses",
            {{"queue", options_.name},
             {"reason", verdicts.status().message()},
             {"for", absl::FormatDuration(absl::Trunc(pause, absl::Milliseconds(1)))}});
  std::lock_guard lock(mutex_);
  paused_until_ = absl::Now() + pause;
  for (WorkItem& item : batch) {
    keys_.erase({item.trading_id, item.number});
    item.perhaps_begun = true;
    Enqueue(std::move(item));
  }
}

void QueueWorker::Settle(const std::vector<WorkItem>& batch,
                         std::span<const WorkVerdict> verdicts) {
  std::vector<WorkItem> done;
  std::vector<WorkItem> postponed;
  std::vector<WorkItem> again;
  for (size_t i = 0; i < batch.size(); ++i) {
    WorkItem item = batch[i];
    switch (verdicts[i].kind) {
      case WorkVerdict::kDone: done.push_back(std::move(item)); break;
      case WorkVerdict::kRetry:
        ++item.attempts;
        item.due_time = absl::Now() + BackoffDelay(options_.backoff, item.attempts);
        postponed.push_back(item);
        again.push_back(std::move(item));
        break;
      case WorkVerdict::kAgain:
        item.attempts = 0;
        item.due_time = verdicts[i].due_time;
        postponed.push_back(item);
        again.push_back(std::move(item));
        break;
      case WorkVerdict::kByHand:
        item.due_time = kNever;
        item.attempts = kParkedAttempts;
        postponed.push_back(std::move(item));
        break;
      case WorkVerdict::kParked:
        item.due_time = kNever;
        item.attempts = kParkedAttempts;
        log::Error("work is parked: a person has to look",
                   {{"queue", options_.name},
                    {"trading_id", item.trading_id.ToString()},
                    {"number", absl::StrCat(item.number)}});
        postponed.push_back(std::move(item));
        break;
    }
  }
  const auto written = session_.Run([&](postgres::Transaction& transaction) {
    table_.Delete(transaction, done);
    table_.Postpone(transaction, postponed);
    return true;
  });
  if (!written.ok()) {
    // The rows stay leased and come again: everything here may be done twice.
    log::Warn("cannot settle work",
              {{"queue", options_.name}, {"reason", written.status().message()}});
  }
  std::lock_guard lock(mutex_);
  for (const WorkItem& item : batch) keys_.erase({item.trading_id, item.number});
  for (WorkItem& item : again) Enqueue(std::move(item));
}

}  // namespace tallystick
