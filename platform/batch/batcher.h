// The batch is the primitive: a Batcher collects the requests that arrive while the last batch is
// being processed and hands them on together, so that under load the cost of a round trip and of a
// commit is shared. Nothing waits for a timer; a request that is alone goes straight through.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "platform/batch/fair_queue.h"
#include "platform/batch/patience.h"
#include "platform/error/error.h"
#include "platform/lang/mutex.h"
#include "platform/metrics/metrics.h"
#include "platform/time/steady.h"

namespace tallystick {

struct BatchMeters {
  metrics::Histogram size;
  metrics::Gauge waiting;
};

// `name`: what is batched.
inline BatchMeters BatchMetersOf(metrics::Metrics& metrics, absl::string_view name) {
  return {metrics.MakeHistogram(metrics::kBatchSize, {name}),
          metrics.MakeGauge(metrics::kBatchWaiting, {name})};
}

struct BatcherOptions {
  size_t max_batch = 128;   // gains flatten beyond this
  size_t max_queue = 8192;  // requests that wait
  // While the oldest request of a caller that waits has done so for longer, or a new one would have
  // to, new ones of that caller are refused at once: a queue that grows old answers nobody in time.
  absl::Duration max_wait = absl::Milliseconds(500);
  BatchMeters meters;
};

// What one run of a process function gets.
template <typename Request>
class Batch {
 public:
  Batch(std::span<const Request> requests, std::function<bool(size_t)> waits)
      : requests_(requests), waits_(std::move(waits)) {}

  std::span<const Request> requests() const { return requests_; }
  // For those who do not ask who waits.
  operator std::span<const Request>() const { return requests_; }

  // Whether somebody still waits for the answer to request `i`. What nobody waits for should not be
  // committed: its caller has been told, or believes, that it was not.
  bool Waits(size_t i) const { return waits_(i); }

  Batch Part(size_t begin, size_t size) const {
    return {requests_.subspan(begin, size),
            [waits = waits_, begin](size_t i) { return waits(begin + i); }};
  }

 private:
  std::span<const Request> requests_;
  std::function<bool(size_t)> waits_;
};

// Thread-safe. `Submit` never blocks and may be called from gRPC's own threads. `process` runs on
// the batcher's one writer thread and may block; it answers each request, in the order it got them.
// `done` runs on a second thread, so that completing calls does not hold up the next batch; it must
// not block. A request is answered when its deadline has passed, whatever the writer is blocked by:
// DEADLINE_EXCEEDED, and its outcome is then unknown if it was being processed. The destructor
// processes what is queued, completes it and returns.
template <typename Request, typename Answer>
class Batcher {
 public:
  using Answers = std::vector<absl::StatusOr<Answer>>;
  using Process = std::function<Answers(const Batch<Request>&)>;
  using Done = absl::AnyInvocable<void(absl::StatusOr<Answer>)>;

  Batcher(BatcherOptions options, Process process)
      : options_(options),
        process_(std::move(process)),
        writer_([this] { Write(); }),
        completer_([this] { Complete(); }) {}

  ~Batcher() {
    {
      MutexLock lock(mutex_);
      stopping_ = true;
    }
    arrived_.NotifyAll();
    writer_.join();
    completer_.join();
  }

  Batcher(const Batcher&) = delete;
  Batcher& operator=(const Batcher&) = delete;

  // RESOURCE_EXHAUSTED (QUEUE_FULL {retry_after_ms}) at once when too many wait, when the caller's
  // oldest has waited too long, or when this one would, or beyond its deadline. DEADLINE_EXCEEDED
  // when that has passed. Callers take turns.
  void Submit(Request request, Patience patience, Done done) {
    absl::Status room;
    {
      MutexLock lock(mutex_);
      room = RoomFor(patience);
      if (room.ok()) {
        const std::string caller = patience.caller;
        queue_.Push(caller,
                    {std::move(request), std::move(patience), std::move(done), SteadyNow()});
        CountWaiting();
        arrived_.NotifyOne();
        if (!watched_) completed_.NotifyOne();
        return;
      }
    }
    done(room);
  }

  // What Submit would refuse a request with now; OK if it would not.
  absl::Status HasRoom(const Patience& patience) {
    MutexLock lock(mutex_);
    return RoomFor(patience);
  }

 private:
  // Deadlines are looked at so often.
  static constexpr absl::Duration kLook = absl::Milliseconds(50);

  struct Waiting {
    Request request;
    Patience patience;
    Done done;
    SteadyTime arrival;
  };
  // The batch that is being processed, but for its requests. A `done` that is empty was answered.
  struct Caller {
    Patience patience;
    Done done;
  };
  struct Finished {
    std::vector<Done> dones;
    Answers answers;
  };

  // One request that the database chokes on must not fail its neighbours, nor one whose row
  // somebody else holds: a batch that fails as a whole is halved until those stand alone.
  // No longer than a request may wait in the queue, so that this does not grow old meanwhile: what
  // fails then fails together, and may be asked again. `until` is set by the first failure.
  Answers ProcessIsolated(const Batch<Request>& batch, SteadyTime until = kNeverSteady) {
    Answers answers = process_(batch);
    const size_t size = batch.requests().size();
    if (size == 1 || !std::all_of(answers.begin(), answers.end(), FailedByNeighbours) ||
        SteadyNow() >= until) {
      return answers;
    }
    if (until == kNeverSteady) until = SteadyAfter(options_.max_wait);
    const size_t half = size / 2;
    answers = ProcessIsolated(batch.Part(0, half), until);
    for (auto& answer : ProcessIsolated(batch.Part(half, size - half), until)) {
      answers.push_back(std::move(answer));
    }
    return answers;
  }

  static absl::Status TooLate() {
    return absl::DeadlineExceededError("the deadline passed before the request was answered");
  }

  static bool FailedByNeighbours(const absl::StatusOr<Answer>& answer) {
    return absl::IsInternal(answer.status()) || absl::IsAborted(answer.status());
  }

  absl::Status RoomFor(const Patience& patience) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const absl::Duration left = Until(patience.deadline);
    if (left <= absl::ZeroDuration()) return TooLate();
    const SteadyTime now = SteadyNow();
    // The whole batches that come after the present one and before a new request.
    const auto batches = static_cast<int64_t>(queue_.Ahead(patience.caller) / options_.max_batch);
    absl::Duration wait = batches * batch_time_;
    // The writer may hang at the present one, or this caller's turn not come for long.
    if (!current_.empty() && !queue_.empty())
      wait = std::max(wait, absl::FromChrono(now - batch_begin_));
    if (const Waiting* oldest = queue_.Oldest(patience.caller)) {
      wait = std::max(wait, absl::FromChrono(now - oldest->arrival));
    }
    if (queue_.size() < options_.max_queue && wait <= options_.max_wait && wait < left &&
        !stopping_) {
      return absl::OkStatus();
    }
    return MakeError(
        absl::StatusCode::kResourceExhausted, "QUEUE_FULL",
        "the server is busy; try again after a moment",
        {{"retry_after_ms",
          absl::StrCat(absl::ToInt64Milliseconds(std::max(wait, absl::Milliseconds(100))))}});
  }

  void CountWaiting() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    options_.meters.waiting.Set(static_cast<double>(queue_.size()));
  }

  bool IsWaitedFor(size_t i) ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(mutex_);
    return current_[i].done && current_[i].patience.Waits(SteadyNow());
  }

  void Write() ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(mutex_);
    while (true) {
      while (!stopping_ && queue_.empty()) arrived_.Wait(mutex_);
      if (queue_.empty()) break;
      std::vector<Request> requests;
      const SteadyTime now = SteadyNow();
      batch_begin_ = now;
      while (!queue_.empty() && requests.size() < options_.max_batch) {
        Waiting next = queue_.Pop();
        if (next.patience.Waits(now)) {
          requests.push_back(std::move(next.request));
          current_.push_back({std::move(next.patience), std::move(next.done)});
        } else {
          GiveUp(std::move(next.done));
        }
      }
      CountWaiting();
      lock.Unlock();
      Finished finished;
      if (!requests.empty()) {
        options_.meters.size.Observe(static_cast<double>(requests.size()));
        finished.answers = ProcessIsolated({requests, [this](size_t i) { return IsWaitedFor(i); }});
      }
      lock.Lock();
      // Of the last few: under load they are full, and take as long as the next ones will.
      if (!requests.empty()) batch_time_ += (-Until(now) - batch_time_) / 4;
      for (Caller& caller : current_) finished.dones.push_back(std::move(caller.done));
      current_.clear();
      finished_.push_back(std::move(finished));
      completed_.NotifyOne();
    }
    written_ = true;
    completed_.NotifyOne();
  }

  void GiveUp(Done done) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    Finished expired;
    expired.dones.push_back(std::move(done));
    expired.answers.push_back(TooLate());
    finished_.push_back(std::move(expired));
  }

  // Those who wait no longer are answered.
  void GiveUpExpired() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const SteadyTime now = SteadyNow();
    for (Caller& caller : current_) {
      if (caller.done && !caller.patience.Waits(now)) GiveUp(std::exchange(caller.done, nullptr));
    }
    std::vector<Done> expired;
    queue_.EraseIf([&](Waiting& waiting) {
      if (waiting.patience.Waits(now)) return false;
      expired.push_back(std::move(waiting.done));
      return true;
    });
    if (!expired.empty()) CountWaiting();
    for (Done& done : expired) GiveUp(std::move(done));
  }

  void Complete() ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(mutex_);
    while (true) {
      watched_ = !queue_.empty() || !current_.empty();
      if (!written_ && finished_.empty()) {
        if (watched_) {
          completed_.WaitFor(mutex_, kLook);
          GiveUpExpired();
        } else {
          completed_.Wait(mutex_);
        }
        continue;
      }
      if (finished_.empty()) return;
      Finished finished = std::move(finished_.front());
      finished_.pop_front();
      lock.Unlock();
      for (size_t i = 0; i < finished.dones.size(); ++i) {
        if (finished.dones[i]) finished.dones[i](std::move(finished.answers[i]));
      }
      lock.Lock();
    }
  }

  const BatcherOptions options_;
  const Process process_;
  Mutex mutex_;
  Condition arrived_;
  Condition completed_;
  FairQueue<Waiting> queue_ ABSL_GUARDED_BY(mutex_);
  std::vector<Caller> current_ ABSL_GUARDED_BY(mutex_);
  std::deque<Finished> finished_ ABSL_GUARDED_BY(mutex_);
  SteadyTime batch_begin_ ABSL_GUARDED_BY(mutex_);
  absl::Duration batch_time_ ABSL_GUARDED_BY(mutex_);
  bool watched_ ABSL_GUARDED_BY(mutex_) = false;  // the completer looks at deadlines
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool written_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread writer_;
  std::thread completer_;
};

// What a process function returns when the whole batch failed: every request gets `status`.
template <typename Answer>
std::vector<absl::StatusOr<Answer>> AllFailed(size_t count, const absl::Status& status) {
  return std::vector<absl::StatusOr<Answer>>(count, absl::StatusOr<Answer>(status));
}

}  // namespace tallystick
