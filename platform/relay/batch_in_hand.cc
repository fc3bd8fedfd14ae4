#include "platform/relay/batch_in_hand.h"

#include <algorithm>
#include <iterator>
#include <utility>

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

BatchInHand::BatchInHand(std::vector<WorkItem> items, const QueueWorkerOptions& options)
    : options_(options), batch_(std::move(items)) {
  if (!batch_.empty()) parts_.push_back({0, batch_.size()});
}

std::span<const WorkItem> BatchInHand::Next() const {
  if (parts_.empty()) return {};
  return std::span(batch_).subspan(parts_.back().begin, parts_.back().size);
}

void BatchInHand::Take(absl::StatusOr<std::vector<WorkVerdict>> said) {
  const Part part = parts_.back();
  parts_.pop_back();
  const std::span<WorkItem> items = std::span(batch_).subspan(part.begin, part.size);
  if (said.ok()) {
    items_.insert(items_.end(), items.begin(), items.end());
    std::move(said->begin(), said->end(), std::back_inserter(verdicts_));
  } else {
    for (WorkItem& item : items) item.perhaps_begun = true;
    if (!MayBeOneItems(said.status())) {
      pause_ = said.status();
      PutAside(part);
      for (; !parts_.empty(); parts_.pop_back()) PutAside(parts_.back());
    } else if (items.size() == 1) {
      ++failed_alone_;
      items_.push_back(items.front());
      verdicts_.push_back(FailedAlone(items.front(), said.status()));
    } else {
      const size_t half = part.size / 2;
      parts_.push_back({part.begin + half, part.size - half});
      parts_.push_back({part.begin, half});
    }
  }
  if (parts_.empty()) Conclude();
}

void BatchInHand::PutAside(Part part) {
  const std::span<WorkItem> items = std::span(batch_).subspan(part.begin, part.size);
  rest_.insert(rest_.end(), items.begin(), items.end());
}

void BatchInHand::Conclude() {
  if (!pause_.ok() || failed_alone_ != batch_.size()) return;
  const Uuid& trade = batch_.front().trading_id;
  const bool one_trades =
      std::ranges::all_of(batch_, [&](const WorkItem& item) { return item.trading_id == trade; });
  if (one_trades) return;
  // Whatever this is, it is not the items' fault, or not of all of them: none is parked for it. But
  // where nothing else is due that would work, it may be theirs after all, and people have to see
  // them on their list.
  pause_ = absl::InternalError(verdicts_.front().reason);
  for (size_t i = 0; i < items_.size(); ++i) {
    // Together, when the pause is over: one that comes alone would be taken for the culprit.
    verdicts_[i].kind = WorkVerdict::kUntouched;
    items_[i].attempts =
        std::max(items_[i].attempts, std::min(items_[i].attempts + 1, kManyAttempts));
  }
}

WorkVerdict BatchInHand::FailedAlone(const WorkItem& item, const absl::Status& status) const {
  // What somebody else holds will be free some time.
  const bool park = item.attempts + 1 >= options_.max_attempts && !absl::IsAborted(status);
  return {park ? WorkVerdict::kParked : WorkVerdict::kRetry, absl::ZeroDuration(),
          std::string(status.message())};
}

void BatchInHand::Park(WorkItem& item, int32_t attempts) const {
  item.attempts = attempts;
  log::Error("work is parked: a person has to look", {{"queue", options_.queue.name},
                                                      {"trading_id", item.trading_id.ToString()},
                                                      {"number", absl::StrCat(item.number)},
                                                      {"reason", item.reason}});
}

Settlement BatchInHand::Settle(const Chance& chance) const {
  Settlement settlement;
  for (size_t i = 0; i < items_.size(); ++i) {
    WorkItem item = items_[i];
    item.reason = verdicts_[i].reason.substr(0, kMaxReasonBytes);
    switch (verdicts_[i].kind) {
      case WorkVerdict::kDone: settlement.done.push_back(std::move(item)); continue;
      case WorkVerdict::kRetry:
      case WorkVerdict::kStuck:
        item.attempts = std::min(item.attempts + 1, kParkedAttempts - 1);
        if (verdicts_[i].kind == WorkVerdict::kStuck && item.attempts >= options_.max_attempts) {
          settlement.stuck.push_back(std::move(item));
          continue;
        }
        item.delay = BackoffDelay(options_.backoff, item.attempts, chance());
        settlement.again.push_back(item);
        break;
      case WorkVerdict::kAgain:
      case WorkVerdict::kUntouched: {
        const bool again = verdicts_[i].kind == WorkVerdict::kAgain;
        item.delay = again ? verdicts_[i].delay : absl::ZeroDuration();
        if (again) item.attempts = 0;
        // What has nothing to say to others needs no row of its own.
        if (item.bundle != nullptr && item.attempts == 0) {
          settlement.renewed.push_back(std::move(item));
          continue;
        }
        settlement.again.push_back(item);
        break;
      }
      case WorkVerdict::kByHand: item.attempts = kParkedAttempts; break;
      case WorkVerdict::kParked: Park(item, kParkedAttempts); break;
      case WorkVerdict::kRefused: Park(item, kRefusedAttempts); break;
    }
    settlement.postponed.push_back(std::move(item));
  }
  return settlement;
}

std::vector<WorkItem> BatchInHand::JudgeStuck(std::vector<WorkItem> stuck,
                                              const std::vector<bool>& first,
                                              const Chance& chance) const {
  for (size_t i = 0; i < stuck.size(); ++i) {
    if (first[i]) {
      Park(stuck[i], kParkedAttempts);
    } else {
      stuck[i].delay = BackoffDelay(options_.backoff, stuck[i].attempts, chance());
    }
  }
  return stuck;
}

}  // namespace tallystick
