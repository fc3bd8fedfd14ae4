#include "platform/relay/queue_worker.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "platform/error/error.h"
#include "platform/process/log.h"

namespace tallystick {
namespace {

// What a row of the work table keeps of a reason.
constexpr size_t kMaxReasonBytes = 500;

// Whether an error may come from one of several items, and not from whoever handles them: a row
// that is locked or cannot be read, a message that is too large or makes no sense.
bool MayBeOneItems(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kResourceExhausted:
      // Our own servers give a reason when they have too much to do; gRPC gives none when a message
      // is too large.
      return GetErrorDetail(status).reason.empty();
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kDataLoss: return true;
    default: return false;
  }
}

}  // namespace

QueueWorker::QueueWorker(QueueWorkerOptions options, const postgres::Database& database,
                         Handle handle)
    : options_(std::move(options)),
      handle_(std::move(handle)),
      table_(options_.lease),
      session_({.database = database, .durable = false}),
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

void QueueWorker::HandOver(const std::vector<WorkItem>& items) {
  const auto is_own = [this](const WorkItem& item) {
    return item.queue == options_.queue.number && !item.date;
  };
  if (std::ranges::none_of(items, is_own)) return;
  {
    MutexLock lock(mutex_);
    for (const WorkItem& item : items) {
      if (!is_own(item)) continue;
      Enqueue(item, SteadyAfter(item.delay), SteadyAfter(item.delay + options_.lease));
    }
  }
  changed_.NotifyOne();
}

void QueueWorker::Enqueue(WorkItem item, SteadyTime due, SteadyTime leased_until) {
  if (pending_.size() >= options_.max_in_memory ||
      pending_bytes_ + item.payload.size() > options_.max_bytes_in_memory) {
    return;
  }
  if (!leases_.try_emplace({item.trading_id, item.number}, Lease{leased_until}).second) return;
  pending_bytes_ += item.payload.size();
  pending_.emplace(due, std::move(item));
}

std::vector<WorkItem> QueueWorker::TakeDue(SteadyTime now, bool& left) {
  std::vector<WorkItem> batch;
  size_t bytes = 0;
  // What a handler begins, it ends within the lease.
  const SteadyTime leased = now + absl::ToChronoNanoseconds(options_.lease / 2);
  left = false;
  while (!pending_.empty() && batch.size() < options_.max_batch && pending_.begin()->first <= now) {
    const size_t size = pending_.begin()->second.payload.size();
    const Key key{pending_.begin()->second.trading_id, pending_.begin()->second.number};
    const Lease lease = leases_.at(key);
    const bool take = lease.until >= leased;
    if (take && !batch.empty() && bytes + size > options_.max_batch_bytes) break;
    WorkItem item = std::move(pending_.extract(pending_.begin()).mapped());
    pending_bytes_ -= size;
    if (!take) {
      leases_.erase(key);
      left = true;
      continue;
    }
    bytes += size;
    item.perhaps_begun = item.perhaps_begun || lease.lapsed;
    batch.push_back(std::move(item));
  }
  // Messages of one trade go in the order of their numbers, also when a retry mixed them up.
  std::sort(batch.begin(), batch.end(), [](const WorkItem& a, const WorkItem& b) {
    return std::tie(a.trading_id, a.number) < std::tie(b.trading_id, b.number);
  });
  return batch;
}

SteadyTime QueueWorker::WakeTime(SteadyTime next_poll) const {
  SteadyTime wake = next_poll;
  if (!pending_.empty()) wake = std::min(wake, pending_.begin()->first);
  return std::max(wake, paused_until_);
}

void QueueWorker::Loop() {
  SteadyTime next_poll = SteadyNow();
  while (true) {
    std::vector<WorkItem> batch;
    bool left = false;
    {
      MutexLock lock(mutex_);
      for (SteadyTime wake = WakeTime(next_poll); !stopping_ && SteadyNow() < wake;
           wake = WakeTime(next_poll)) {
        changed_.WaitUntil(mutex_, wake);
      }
      if (stopping_) return;
      batch = TakeDue(SteadyNow(), left);
    }
    if (!batch.empty()) Work(std::move(batch));
    if (left) next_poll = SteadyNow();
    if (SteadyNow() >= next_poll) {
      const bool more = ClaimFromTable();
      next_poll = more ? SteadyNow() : SteadyAfter(options_.poll_interval);
    }
  }
}

bool QueueWorker::ClaimFromTable() {
  {
    MutexLock lock(mutex_);
    if (pending_.size() + options_.max_batch > options_.max_in_memory) return false;
  }
  auto claimed = session_.Run([&](postgres::Transaction& transaction) {
    return table_.Claim(transaction, options_.queue.number, options_.max_batch);
  });
  if (!claimed.ok()) {
    log::Warn("cannot look for due work",
              {{"queue", options_.queue.name}, {"reason", claimed.status().message()}});
    return false;
  }
  const SteadyTime now = SteadyNow();
  const SteadyTime leased_until = now + absl::ToChronoNanoseconds(options_.lease);
  MutexLock lock(mutex_);
  for (WorkItem& item : *claimed) {
    // What is in memory already was found because its lease had run out.
    const auto known = leases_.find({item.trading_id, item.number});
    if (known != leases_.end()) {
      known->second = {leased_until, true};
    } else {
      Enqueue(std::move(item), now, leased_until);
    }
  }
  return claimed->size() == options_.max_batch;
}

void QueueWorker::Work(std::vector<WorkItem> batch) {
  Handled handled;
  HandleIsolated(batch, handled);
  if (handled.pause.ok() && handled.failed_alone > 1 && handled.failed_alone == batch.size()) {
    // Whatever this is, it is not the items' fault.
    handled.pause = absl::InternalError(handled.verdicts.front().reason);
    handled.rest = std::move(batch);
    handled.items.clear();
    handled.verdicts.clear();
  }
  if (!handled.items.empty()) Settle(handled.items, handled.verdicts);
  if (handled.pause.ok()) {
    failures_in_a_row_ = 0;
  } else {
    Pause(handled);
  }
}

void QueueWorker::HandleIsolated(std::span<WorkItem> items, Handled& handled) {
  if (!handled.pause.ok()) {
    handled.rest.insert(handled.rest.end(), items.begin(), items.end());
    return;
  }
  auto verdicts = handle_(items);
  if (verdicts.ok()) {
    handled.items.insert(handled.items.end(), items.begin(), items.end());
    std::move(verdicts->begin(), verdicts->end(), std::back_inserter(handled.verdicts));
    return;
  }
  for (WorkItem& item : items) item.perhaps_begun = true;
  if (!MayBeOneItems(verdicts.status())) {
    handled.pause = verdicts.status();
    handled.rest.insert(handled.rest.end(), items.begin(), items.end());
  } else if (items.size() == 1) {
    ++handled.failed_alone;
    handled.items.push_back(items.front());
    handled.verdicts.push_back(FailedAlone(items.front(), verdicts.status()));
  } else {
    const size_t half = items.size() / 2;
    HandleIsolated(items.subspan(0, half), handled);
    HandleIsolated(items.subspan(half), handled);
  }
}

WorkVerdict QueueWorker::FailedAlone(const WorkItem& item, const absl::Status& status) const {
  // What somebody else holds will be free some time.
  const bool park = item.attempts + 1 >= options_.max_attempts && !absl::IsAborted(status);
  return {park ? WorkVerdict::kParked : WorkVerdict::kRetry, absl::ZeroDuration(),
          std::string(status.message())};
}

void QueueWorker::Pause(Handled& handled) {
  ++failures_in_a_row_;
  const absl::Duration pause = BackoffDelay(options_.backoff, failures_in_a_row_);
  log::Warn("queue pauses",
            {{"queue", options_.queue.name},
             {"reason", handled.pause.message()},
             {"for", absl::FormatDuration(absl::Trunc(pause, absl::Milliseconds(1)))}});
  MutexLock lock(mutex_);
  paused_until_ = SteadyAfter(pause);
  for (WorkItem& item : handled.rest) {
    const Key key{item.trading_id, item.number};
    const SteadyTime leased_until = leases_.at(key).until;
    leases_.erase(key);
    Enqueue(std::move(item), SteadyNow(), leased_until);
  }
}

void QueueWorker::Park(WorkItem& item, int32_t attempts) const {
  item.attempts = attempts;
  log::Error("work is parked: a person has to look", {{"queue", options_.queue.name},
                                                      {"trading_id", item.trading_id.ToString()},
                                                      {"number", absl::StrCat(item.number)},
                                                      {"reason", item.reason}});
}

void QueueWorker::Settle(const std::vector<WorkItem>& batch,
                         std::span<const WorkVerdict> verdicts) {
  std::vector<WorkItem> done;
  std::vector<WorkItem> postponed;
  std::vector<WorkItem> again;
  std::vector<WorkItem> stuck;
  for (size_t i = 0; i < batch.size(); ++i) {
    WorkItem item = batch[i];
    item.reason = verdicts[i].reason.substr(0, kMaxReasonBytes);
    switch (verdicts[i].kind) {
      case WorkVerdict::kDone: done.push_back(std::move(item)); continue;
      case WorkVerdict::kRetry:
      case WorkVerdict::kStuck:
        item.attempts = std::min(item.attempts + 1, kParkedAttempts - 1);
        if (verdicts[i].kind == WorkVerdict::kStuck && item.attempts >= options_.max_attempts) {
          stuck.push_back(std::move(item));
          continue;
        }
        item.delay = BackoffDelay(options_.backoff, item.attempts);
        again.push_back(item);
        break;
      case WorkVerdict::kAgain:
        item.attempts = 0;
        item.delay = verdicts[i].delay;
        again.push_back(item);
        break;
      case WorkVerdict::kUntouched:
        item.delay = absl::ZeroDuration();
        again.push_back(item);
        break;
      case WorkVerdict::kByHand: item.attempts = kParkedAttempts; break;
      case WorkVerdict::kParked: Park(item, kParkedAttempts); break;
      case WorkVerdict::kRefused: Park(item, kRefusedAttempts); break;
    }
    postponed.push_back(std::move(item));
  }
  const auto written = session_.Run([&](postgres::Transaction& transaction) {
    table_.Delete(transaction, done);
    table_.Postpone(transaction, postponed);
    return true;
  });
  if (written.ok() && !stuck.empty()) SettleStuck(stuck, again);
  if (!written.ok()) {
    // The rows stay leased and come again: everything here may be done twice.
    log::Warn("cannot settle work",
              {{"queue", options_.queue.name}, {"reason", written.status().message()}});
  }
  MutexLock lock(mutex_);
  for (const WorkItem& item : batch) leases_.erase({item.trading_id, item.number});
  if (!written.ok()) return;
  for (WorkItem& item : again) {
    Enqueue(item, SteadyAfter(item.delay), SteadyAfter(item.delay + options_.lease));
  }
}

void QueueWorker::SettleStuck(std::vector<WorkItem>& stuck, std::vector<WorkItem>& again) {
  const auto written = session_.Run([&](postgres::Transaction& transaction) {
    std::vector<bool> first = WorkTable::IsFirst(transaction, stuck);
    for (size_t i = 0; i < stuck.size(); ++i) {
      if (first[i]) {
        stuck[i].attempts = kParkedAttempts;
      } else {
        stuck[i].delay = BackoffDelay(options_.backoff, stuck[i].attempts);
      }
    }
    table_.Postpone(transaction, stuck);
    return first;
  });
  if (!written.ok()) return;  // As what is not settled: it comes again.
  for (size_t i = 0; i < stuck.size(); ++i) {
    if ((*written)[i]) {
      Park(stuck[i], kParkedAttempts);
    } else {
      again.push_back(std::move(stuck[i]));
    }
  }
}

}  // namespace tallystick
