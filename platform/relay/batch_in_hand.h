// What becomes of a batch of due work: how it is divided when it fails as a whole, and what each
// item's verdict means for its row and for memory. Pure but for its state, as WorkInHand. Not
// thread-safe.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "platform/relay/work_in_hand.h"
#include "platform/relay/work_verdict.h"

namespace tallystick {

// Those of `items` that are stuck, or had been done before: they may not fit to what there is.
inline std::vector<WorkItem> OddItems(std::span<const WorkItem> items,
                                      std::span<const WorkVerdict> verdicts) {
  std::vector<WorkItem> odd;
  for (size_t i = 0; i < items.size(); ++i) {
    const WorkVerdict& verdict = verdicts[i];
    const bool before = verdict.kind == WorkVerdict::kDone && !verdict.reason.empty();
    if (before || verdict.kind == WorkVerdict::kStuck) odd.push_back(items[i]);
  }
  return odd;
}

// Numbers from 0 to 1, for backoffs.
using Chance = std::function<double()>;

// What is to be written of a batch, and kept in memory once that is committed.
struct Settlement {
  std::vector<WorkItem> done;       // their rows go
  std::vector<WorkItem> postponed;  // their rows get these due times, attempts and reasons
  std::vector<WorkItem> stuck;      // the same, as JudgeStuck gives them
  std::vector<WorkItem> again;      // those of `postponed` that this process tries again
  std::vector<WorkItem> renewed;    // of bundles, and in hand again: they are inserted anew
};

class BatchInHand {
 public:
  BatchInHand(std::vector<WorkItem> items, const QueueWorkerOptions& options);

  // What the handler is to be given next; empty when nothing is.
  std::span<const WorkItem> Next() const;
  // What it said of that: a verdict each, or an error, which means that none was dealt with. If it
  // may be one item's fault, they come in halves until that one stands alone. Any other error (the
  // peer or the database is down) ends the batch. One that all meet alone, of several trades, is
  // taken for the queue's trouble, too: they are tried again for ever, as work that waits for a
  // person.
  void Take(absl::StatusOr<std::vector<WorkVerdict>> said);

  // When Next is empty: the items with a verdict, and the others with why.
  const std::vector<WorkItem>& items() const { return items_; }
  const absl::Status& pause() const { return pause_; }
  std::vector<WorkItem> TakeRest() { return std::move(rest_); }

  Settlement Settle(const Chance& chance) const;

  // Of a settlement's stuck items, those that are first are parked: `first` says which no earlier
  // work of their trade stands before. The others come again.
  std::vector<WorkItem> JudgeStuck(std::vector<WorkItem> stuck, const std::vector<bool>& first,
                                   const Chance& chance) const;

 private:
  struct Part {
    size_t begin = 0;
    size_t size = 0;
  };

  WorkVerdict FailedAlone(const WorkItem& item, const absl::Status& status) const;
  void PutAside(Part part);
  void Conclude();
  void Park(WorkItem& item, int32_t attempts) const;

  const QueueWorkerOptions& options_;
  std::vector<WorkItem> batch_;
  std::vector<Part> parts_;  // not handled yet, the next one last
  std::vector<WorkItem> items_;
  std::vector<WorkVerdict> verdicts_;
  std::vector<WorkItem> rest_;
  absl::Status pause_;
  size_t failed_alone_ = 0;
};

}  // namespace tallystick
