// Requests that a replica writes together, as platform/batch has them: what arrives while the last
// batch is written goes into the next, a batch that breaks as a whole is halved, and what cannot be
// answered in time is refused at once.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "platform/batch/batcher.h"
#include "platform/error/error.h"
#include "tests/faults/simulation/process.h"

namespace tallystick::simulation {

template <typename Request, typename Answer>
class Inbox {
 public:
  using Answers = std::vector<absl::StatusOr<Answer>>;
  using Done = absl::AnyInvocable<void(absl::StatusOr<Answer>)>;
  // Answers the requests of a batch, which lives until then.
  using Write =
      std::function<void(const std::shared_ptr<Batch<Request>>&, std::function<void(Answers)>)>;

  Inbox(Process& process, size_t most_waiting, Write write)
      : process_(process), most_waiting_(most_waiting), write_(std::move(write)) {}

  void Submit(Request request, SteadyTime deadline, Done done) {
    if (waiting_.size() >= most_waiting_) {
      process_.world().Count(Happening::kQueueFull);
      return done(MakeError(absl::StatusCode::kResourceExhausted, "QUEUE_FULL", "busy",
                            {{"retry_after_ms", "100"}}));
    }
    waiting_.push_back({std::move(request), deadline, std::move(done)});
    if (!busy_) Next();
  }

 private:
  static constexpr size_t kMostTogether = 32;

  struct Waiting {
    Request request;
    SteadyTime deadline;
    Done done;
  };
  // Those of one batch: its requests, and who waits for each.
  struct Together {
    std::vector<Request> requests;
    std::vector<SteadyTime> deadlines;
    std::vector<Done> dones;
  };

  void Next() {
    busy_ = !waiting_.empty();
    if (!busy_) return;
    auto together = std::make_shared<Together>();
    while (!waiting_.empty() && together->requests.size() < kMostTogether) {
      Waiting next = std::move(waiting_.front());
      waiting_.pop_front();
      if (!Waits(next.deadline)) continue;  // who has left needs no answer
      together->requests.push_back(std::move(next.request));
      together->deadlines.push_back(next.deadline);
      together->dones.push_back(std::move(next.done));
    }
    if (together->requests.empty()) return Next();
    const auto batch = std::make_shared<Batch<Request>>(
        together->requests, [this, together](size_t i) { return Waits(together->deadlines[i]); });
    WriteIsolated(batch, [this, together, batch](Answers answers) {
      for (size_t i = 0; i < answers.size(); ++i) together->dones[i](std::move(answers[i]));
      Next();
    });
  }

  bool Waits(SteadyTime deadline) const {
    return process_.now() < deadline || process_.world().Has(Defect::kLateOrders);
  }

  void WriteIsolated(const std::shared_ptr<Batch<Request>>& batch,
                     std::function<void(Answers)> done) {
    write_(batch, [this, batch, done = std::move(done)](Answers answers) {
      const size_t size = batch->requests().size();
      const auto blamed = [](const absl::StatusOr<Answer>& answer) {
        return absl::IsInternal(answer.status()) || absl::IsAborted(answer.status());
      };
      if (size == 1 || !std::all_of(answers.begin(), answers.end(), blamed)) {
        return done(std::move(answers));
      }
      const size_t half = size / 2;
      const auto first = std::make_shared<Batch<Request>>(batch->Part(0, half));
      const auto second = std::make_shared<Batch<Request>>(batch->Part(half, size - half));
      WriteIsolated(first, [this, second, done](Answers answers) {
        WriteIsolated(second, [answers = std::move(answers), done](Answers others) mutable {
          for (auto& answer : others) answers.push_back(std::move(answer));
          done(std::move(answers));
        });
      });
    });
  }

  Process& process_;
  const size_t most_waiting_;
  const Write write_;
  std::deque<Waiting> waiting_;
  bool busy_ = false;
};

}  // namespace tallystick::simulation
