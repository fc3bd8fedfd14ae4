// The batch is the primitive: a Batcher collects the requests that arrive while the last batch is
// being processed and hands them on together, so that under load the cost of a round trip and of a
// commit is shared. Nothing waits for a timer; a request that is alone goes straight through.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "platform/batch/gather.h"
#include "platform/batch/patience.h"
#include "platform/error/error.h"
#include "platform/runtime/steady.h"

namespace tallystick {

struct BatcherOptions {
  size_t max_batch = 128;   // gains flatten beyond this
  size_t max_queue = 8192;  // requests that wait
  // While the oldest request that waits has done so for longer, or a new one would have to, new
  // ones are refused at once: a queue that grows old answers nobody in time.
  absl::Duration max_wait = absl::Milliseconds(500);
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
  using AllDone = absl::AnyInvocable<void(Answers)>;

  Batcher(BatcherOptions options, Process process)
      : options_(options),
        process_(std::move(process)),
        writer_([this] { Write(); }),
        completer_([this] { Complete(); }) {}

  ~Batcher() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    arrived_.notify_all();
    writer_.join();
    completer_.join();
  }

  Batcher(const Batcher&) = delete;
  Batcher& operator=(const Batcher&) = delete;

  // RESOURCE_EXHAUSTED (QUEUE_FULL {retry_after_ms}) at once when too many wait, when the oldest
  // has waited too long, or when this one would, or beyond its deadline. DEADLINE_EXCEEDED when
  // that has passed.
  void Submit(Request request, Patience patience, Done done) {
    const absl::Duration left = Until(patience.deadline);
    if (left <= absl::ZeroDuration()) return done(TooLate());
    absl::Duration wait;
    {
      std::lock_guard lock(mutex_);
      const SteadyTime now = SteadyNow();
      if (!queue_.empty()) wait = absl::FromChrono(now - queue_.front().arrival);
      wait = std::max(wait, BatchesAhead() * batch_time_);
      const bool in_time = wait <= options_.max_wait && wait < left;
      if (queue_.size() < options_.max_queue && in_time && !stopping_) {
        queue_.push_back({std::move(request), std::move(patience), std::move(done), now});
        arrived_.notify_one();
        if (!watched_) completed_.notify_one();
        return;
      }
    }
    done(MakeError(absl::StatusCode::kResourceExhausted, "QUEUE_FULL",
                   "the server is busy; try again after a moment",
                   {{"retry_after_ms", absl::StrCat(absl::ToInt64Milliseconds(
                                           std::max(wait, absl::Milliseconds(100))))}}));
  }

  // Submits each request on its own; `done` runs once, when the last is answered, with the answers
  // in the order of the requests. Requires at least one.
  void SubmitAll(std::vector<Request> requests, const Patience& patience, AllDone done) {
    std::vector<Done> dones = Gather<Answer>(requests.size(), std::move(done));
    for (size_t i = 0; i < requests.size(); ++i) {
      Submit(std::move(requests[i]), patience, std::move(dones[i]));
    }
  }

 private:
  // Deadlines are looked at so often.
  static constexpr std::chrono::milliseconds kLook{50};

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

  // With the lock held: the whole batches that come after the present one and before a new request.
  int64_t BatchesAhead() const { return static_cast<int64_t>(queue_.size() / options_.max_batch); }

  bool IsWaitedFor(size_t i) {
    std::lock_guard lock(mutex_);
    return current_[i].done && current_[i].patience.Waits(SteadyNow());
  }

  void Write() {
    std::unique_lock lock(mutex_);
    while (true) {
      arrived_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) break;
      std::vector<Request> requests;
      const SteadyTime now = SteadyNow();
      while (!queue_.empty() && requests.size() < options_.max_batch) {
        Waiting& next = queue_.front();
        if (next.patience.Waits(now)) {
          requests.push_back(std::move(next.request));
          current_.push_back({std::move(next.patience), std::move(next.done)});
        } else {
          GiveUp(std::move(next.done));
        }
        queue_.pop_front();
      }
      lock.unlock();
      Finished finished;
      if (!requests.empty()) {
        finished.answers = ProcessIsolated({requests, [this](size_t i) { return IsWaitedFor(i); }});
      }
      lock.lock();
      // Of the last few: under load they are full, and take as long as the next ones will.
      if (!requests.empty()) batch_time_ += (-Until(now) - batch_time_) / 4;
      for (Caller& caller : current_) finished.dones.push_back(std::move(caller.done));
      current_.clear();
      finished_.push_back(std::move(finished));
      completed_.notify_one();
    }
    written_ = true;
    completed_.notify_one();
  }

  // With the lock held.
  void GiveUp(Done done) {
    Finished expired;
    expired.dones.push_back(std::move(done));
    expired.answers.push_back(TooLate());
    finished_.push_back(std::move(expired));
  }

  // With the lock held: those who wait no longer are answered.
  void GiveUpExpired() {
    const SteadyTime now = SteadyNow();
    for (Caller& caller : current_) {
      if (caller.done && !caller.patience.Waits(now)) GiveUp(std::exchange(caller.done, nullptr));
    }
    std::erase_if(queue_, [&](Waiting& waiting) {
      if (waiting.patience.Waits(now)) return false;
      GiveUp(std::move(waiting.done));
      return true;
    });
  }

  void Complete() {
    std::unique_lock lock(mutex_);
    while (true) {
      watched_ = !queue_.empty() || !current_.empty();
      if (!written_ && finished_.empty()) {
        if (watched_) {
          completed_.wait_for(lock, kLook);
          GiveUpExpired();
        } else {
          completed_.wait(lock);
        }
        continue;
      }
      if (finished_.empty()) return;
      Finished finished = std::move(finished_.front());
      finished_.pop_front();
      lock.unlock();
      for (size_t i = 0; i < finished.dones.size(); ++i) {
        if (finished.dones[i]) finished.dones[i](std::move(finished.answers[i]));
      }
      lock.lock();
    }
  }

  const BatcherOptions options_;
  const Process process_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::condition_variable completed_;
  std::deque<Waiting> queue_;
  std::vector<Caller> current_;
  std::deque<Finished> finished_;
  absl::Duration batch_time_;
  bool watched_ = false;  // the completer looks at deadlines
  bool stopping_ = false;
  bool written_ = false;
  std::thread writer_;
  std::thread completer_;
};

// What a process function returns when the whole batch failed: every request gets `status`.
template <typename Answer>
std::vector<absl::StatusOr<Answer>> AllFailed(size_t count, const absl::Status& status) {
  return std::vector<absl::StatusOr<Answer>>(count, absl::StatusOr<Answer>(status));
}

}  // namespace tallystick
