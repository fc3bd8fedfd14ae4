// The worker of one queue: what QueueWorker is on a thread, on the run's time. What is due, taken,
// divided, settled and parked is decided by the same WorkInHand and BatchInHand.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "platform/relay/batch_in_hand.h"
#include "platform/relay/work_in_hand.h"
#include "tests/faults/simulation/session.h"

namespace tallystick::simulation {

using Verdicts = absl::StatusOr<std::vector<WorkVerdict>>;

class Worker {
 public:
  // Answers the items, now or later. They are valid until then.
  using Handle = std::function<void(std::span<const WorkItem>, std::function<void(Verdicts)>)>;

  Worker(Process& process, Database& database, const QueueWorkerOptions& options, Handle handle);
  Worker(const Worker&) = delete;

  void HandOver(const std::vector<WorkItem>& items, SteadyTime since);
  // There may be something to do.
  void Wake();
  // Takes up nothing any more.
  void Drain() { draining_ = true; }

 private:
  void Run();
  void Work(std::vector<WorkItem> items);
  void HandleNext(const std::shared_ptr<BatchInHand>& batch);
  void Settle(const std::shared_ptr<BatchInHand>& batch);
  void SettleStuck(const std::shared_ptr<BatchInHand>& batch,
                   const std::shared_ptr<Settlement>& settlement, SteadyTime since);
  void Finish(const std::shared_ptr<BatchInHand>& batch, std::vector<WorkItem> again,
              SteadyTime since);
  void Attach();
  // What follows from what was done meanwhile reaches no database that has not got that.
  Session::On Attached() const;
  void Look();
  void Count(const WorkItem& item, Happening happening);
  absl::Duration ClockError() const;
  Chance chance() const {
    return [this] { return process_.world().dice.Fraction(); };
  }

  Process& process_;
  Database& database_;
  const QueueWorkerOptions options_;
  const Handle handle_;
  Session session_;
  // The connection: to which life of the database, since when.
  int life_ = 0;
  SteadyTime connected_{};
  WorkInHand hand_;
  SteadyTime wake_ = kNeverSteady;  // the next time that is planned
  bool busy_ = false;
  bool draining_ = false;
};

}  // namespace tallystick::simulation
