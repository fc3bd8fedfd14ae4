// The batch is the primitive: a Batcher collects the requests that arrive while the last batch is
// being processed and hands them on together, so that under load the cost of a round trip and of a
// commit is shared. Nothing waits for a timer; a request that is alone goes straight through.
#pragma once

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
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "platform/batch/gather.h"
#include "platform/error/error.h"

namespace tallystick {

struct BatcherOptions {
  size_t max_batch = 128;   // gains flatten beyond this
  size_t max_queue = 8192;  // full is RESOURCE_EXHAUSTED at once
};

// Thread-safe. `Submit` never blocks and may be called from gRPC's own threads. `process` runs on
// the batcher's one writer thread and may block; it answers each request, in the order it got them.
// `done` runs on a second thread, so that completing calls does not hold up the next batch; it must
// not block. The destructor processes what is queued, completes it and returns.
template <typename Request, typename Answer>
class Batcher {
 public:
  using Answers = std::vector<absl::StatusOr<Answer>>;
  using Process = std::function<Answers(std::span<const Request>)>;
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

  // A request whose deadline has passed when its turn comes is answered DEADLINE_EXCEEDED without
  // being processed.
  void Submit(Request request, absl::Time deadline, Done done) {
    {
      std::lock_guard lock(mutex_);
      if (queue_.size() < options_.max_queue && !stopping_) {
        queue_.push_back({std::move(request), deadline, std::move(done)});
        arrived_.notify_one();
        return;
      }
    }
    done(MakeError(absl::StatusCode::kResourceExhausted, "QUEUE_FULL",
                   "the server is busy; try again after a moment"));
  }

  // Submits each request on its own; `done` runs once, when the last is answered, with the answers
  // in the order of the requests. Requires at least one.
  void SubmitAll(std::vector<Request> requests, absl::Time deadline, AllDone done) {
    std::vector<Done> dones = Gather<Answer>(requests.size(), std::move(done));
    for (size_t i = 0; i < requests.size(); ++i) {
      Submit(std::move(requests[i]), deadline, std::move(dones[i]));
    }
  }

 private:
  struct Waiting {
    Request request;
    absl::Time deadline;
    Done done;
  };
  struct Finished {
    std::vector<Done> dones;
    Answers answers;
  };

  // One request that the database chokes on must not fail its neighbours: when a whole batch fails
  // with INTERNAL, each request is processed alone.
  Answers ProcessIsolated(std::span<const Request> requests) {
    Answers answers = process_(requests);
    if (requests.size() == 1) return answers;
    for (const auto& answer : answers) {
      if (answer.status().code() != absl::StatusCode::kInternal) return answers;
    }
    for (size_t i = 0; i < requests.size(); ++i) {
      answers[i] = std::move(process_(requests.subspan(i, 1)).front());
    }
    return answers;
  }

  void Write() {
    std::unique_lock lock(mutex_);
    while (true) {
      arrived_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) break;
      std::vector<Request> requests;
      Finished finished;
      Finished expired;
      const absl::Time now = absl::Now();
      while (!queue_.empty() && requests.size() < options_.max_batch) {
        Waiting& next = queue_.front();
        if (next.deadline < now) {
          expired.dones.push_back(std::move(next.done));
          expired.answers.push_back(
              absl::DeadlineExceededError("the deadline passed while the request was waiting"));
        } else {
          requests.push_back(std::move(next.request));
          finished.dones.push_back(std::move(next.done));
        }
        queue_.pop_front();
      }
      lock.unlock();
      if (!requests.empty()) finished.answers = ProcessIsolated(requests);
      lock.lock();
      finished_.push_back(std::move(expired));
      finished_.push_back(std::move(finished));
      completed_.notify_one();
    }
    written_ = true;
    completed_.notify_one();
  }

  void Complete() {
    std::unique_lock lock(mutex_);
    while (true) {
      completed_.wait(lock, [this] { return written_ || !finished_.empty(); });
      if (finished_.empty()) return;
      Finished finished = std::move(finished_.front());
      finished_.pop_front();
      lock.unlock();
      for (size_t i = 0; i < finished.dones.size(); ++i) {
        finished.dones[i](std::move(finished.answers[i]));
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
  std::deque<Finished> finished_;
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
