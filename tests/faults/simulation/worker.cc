#include "tests/faults/simulation/worker.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "tests/faults/simulation/versions.h"

namespace tallystick::simulation {

Worker::Worker(Process& process, Database& database, const QueueWorkerOptions& options,
               Handle handle)
    : process_(process),
      database_(database),
      options_(options),
      handle_(std::move(handle)),
      session_(process, database, options.lease),
      hand_(options_) {
  database_.Watch([this] { Wake(); });
  Wake();
}

absl::Duration Worker::ClockError() const {
  return process_.world().Has(Defect::kDueByOwnClock) ? process_.clock_error()
                                                      : absl::ZeroDuration();
}

void Worker::HandOver(const std::vector<WorkItem>& items, SteadyTime since) {
  hand_.HandOver(items, since);
  Wake();
}

// A server looks at its table again and again; here it does when there is something to be found.
void Worker::Wake() {
  if (busy_ || draining_ || !process_.alive()) return;
  const SteadyTime wake = hand_.WakeTime(database_.NextDue(options_.queue.number));
  if (wake == kNeverSteady || wake >= wake_) return;
  wake_ = wake;
  process_.world().time.At(wake, [this, wake] {
    if (wake_ != wake) return;  // another, earlier one came between
    wake_ = kNeverSteady;
    process_.Do([this] { Run(); });
  });
}

void Worker::Attach() {
  if (database_.down()) {
    life_ = -1;
    connected_ = kNeverSteady;
  } else if (life_ != database_.lives()) {
    life_ = database_.lives();
    connected_ = process_.now();
  }
}

Session::On Worker::Attached() const { return {.life = life_}; }

void Worker::Run() {
  if (busy_ || draining_) return;
  if (hand_.WakeTime(database_.NextDue(options_.queue.number)) > process_.now()) return Wake();
  busy_ = true;
  Attach();
  std::vector<WorkItem> batch = hand_.TakeDue(process_.now(), connected_);
  if (batch.empty()) return Look();
  Work(std::move(batch));
}

void Worker::Work(std::vector<WorkItem> items) {
  const World& world = process_.world();
  if (world.Has(Defect::kDeletedBeforeAcknowledged)) database_.DeleteWork(items);
  if (world.Has(Defect::kBegunForgotten)) {
    for (WorkItem& item : items) item.perhaps_begun = false;
  }
  HandleNext(std::make_shared<BatchInHand>(std::move(items), options_));
}

void Worker::HandleNext(const std::shared_ptr<BatchInHand>& batch) {
  if (batch->Next().empty()) return Settle(batch);
  handle_(batch->Next(), [this, batch](Verdicts verdicts) {
    const bool whole = process_.world().Has(Defect::kFailureTakenForWhole);
    if (!verdicts.ok() && whole) verdicts = absl::UnavailableError(verdicts.status().message());
    batch->Take(std::move(verdicts));
    HandleNext(batch);
  });
}

void Worker::Count(const WorkItem& item, Happening happening) {
  process_.world().Count(happening);
  process_.world().Say(process_.name(), item.trading_id, item.number, " of ", options_.queue.name,
                       " waits for a person: ", item.reason);
}

void Worker::Settle(const std::shared_ptr<BatchInHand>& batch) {
  const SteadyTime since = process_.now();
  if (batch->items().empty()) return Finish(batch, {}, since);
  const auto settlement = std::make_shared<Settlement>(batch->Settle(chance()));
  for (const WorkItem& item : settlement->postponed) {
    if (item.attempts == kRefusedAttempts) Count(item, Happening::kInstructionRefused);
    if (item.attempts == kParkedAttempts && !item.reason.empty()) Count(item, Happening::kParked);
  }
  SettledRows rows = RowsOf(*settlement);
  if (process_.world().Has(Defect::kBundleEndedEarly)) {
    for (const WorkItem& item : settlement->done) {
      if (item.bundle != nullptr) rows.finished.push_back(item.bundle->id);
    }
  }
  const auto begin = [this, settlement, rows](Transaction& transaction) -> Session::Save {
    return [this, settlement, rows, &database = transaction.database] {
      database.Settle(rows);
      database.Postpone(settlement->postponed, options_.lease, ClockError());
      World& world = process_.world();
      MakeBundles(settlement->renewed,
                  [&world] { return world.dice.RequestId(world.time.TrueTime()); });
      database.InsertWork(settlement->renewed, options_.lease, ClockError());
      if (!process_.world().Has(Defect::kParkedDeleted)) return;
      for (const WorkItem& item : settlement->postponed) {
        if (item.attempts >= kParkedAttempts) database.DeleteWork({item});
      }
    };
  };
  session_.Run("settling", Attached(), begin,
               [this, batch, settlement, since](const absl::Status& written, auto&) {
                 if (!written.ok()) {
                   LeaveBundles(batch->items());
                   return Finish(batch, {}, since);
                 }
                 std::ranges::move(settlement->renewed, std::back_inserter(settlement->again));
                 if (!settlement->stuck.empty()) return SettleStuck(batch, settlement, since);
                 Finish(batch, std::move(settlement->again), since);
               });
}

void Worker::SettleStuck(const std::shared_ptr<BatchInHand>& batch,
                         const std::shared_ptr<Settlement>& settlement, SteadyTime since) {
  const auto judged = std::make_shared<std::vector<WorkItem>>();
  const auto begin = [this, batch, settlement, judged](Transaction& transaction) -> Session::Save {
    Database& database = transaction.database;
    *judged = batch->JudgeStuck(settlement->stuck, database.IsFirst(settlement->stuck), chance());
    return [this, judged, &database] {
      database.Postpone(*judged, options_.lease, ClockError());
      if (!process_.world().Has(Defect::kParkedDeleted)) return;
      for (const WorkItem& item : *judged) {
        if (item.attempts >= kParkedAttempts) database.DeleteWork({item});
      }
    };
  };
  session_.Run("parking", Attached(), begin,
               [this, batch, settlement, judged, since](const absl::Status& written, auto&) {
                 for (const WorkItem& item : *judged) {
                   if (item.attempts == kParkedAttempts) Count(item, Happening::kParked);
                   if (written.ok() && item.attempts < kParkedAttempts) {
                     settlement->again.push_back(item);
                   }
                 }
                 Finish(batch, std::move(settlement->again), since);
               });
}

void Worker::Finish(const std::shared_ptr<BatchInHand>& batch, std::vector<WorkItem> again,
                    SteadyTime since) {
  hand_.Settled(batch->items(), std::move(again), since, process_.now());
  if (batch->pause().ok()) {
    hand_.Works();
  } else {
    process_.world().Count(Happening::kPaused);
    process_.world().Say(process_.name(), {}, options_.queue.name,
                         " pause: ", batch->pause().message());
    hand_.Pause(batch->TakeRest(), process_.now(), process_.world().dice.Fraction());
  }
  Look();
}

void Worker::Look() {
  const SteadyTime now = process_.now();
  const bool found = database_.NextDue(options_.queue.number) <= now;
  if (!hand_.IsToLook(now) || !found) {
    busy_ = false;
    return Wake();
  }
  const auto claimed = std::make_shared<std::vector<WorkItem>>();
  const auto begin = [this, claimed](Transaction& transaction) -> Session::Save {
    return [this, claimed, &database = transaction.database] {
      if (process_.version() >= kThisVersion) {
        const size_t taken_apart = database.TakeApartDue(options_.queue.number);
        if (taken_apart > 0) process_.world().Count(Happening::kTakenApart);
      }
      *claimed = database.Claim(options_.queue.number, options_.max_batch, options_.lease);
    };
  };
  session_.Run("claiming", begin, [this, claimed, since = now](const absl::Status& status, auto&) {
    if (!status.ok()) claimed->clear();
    for (const WorkItem& item : *claimed) {
      process_.world().Count(Happening::kTakenUp);
      process_.world().Say(process_.name(), item.trading_id, "takes up ", item.number, " of ",
                           options_.queue.name);
    }
    hand_.Claimed(std::move(*claimed), since);
    busy_ = false;
    Wake();
  });
}

}  // namespace tallystick::simulation
