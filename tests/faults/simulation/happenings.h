// What has to happen in many runs: a simulation in which none of it does shows nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace tallystick::simulation {

enum class Happening {
  kPlaced,
  kRefused,
  kAnsweredAgain,
  kAnsweredAtOldPrices,
  kCompleted,
  kRejected,
  kCanceled,
  kReturned,
  kWaitsForPerson,
  kConflict,
  kInDoubt,
  kDiedBeforeCommit,
  kDiedAfterCommit,
  kSleptThroughLease,
  kDatabaseCrashed,
  kHeldRow,
  kUnreadableRow,
  kOutage,
  kLost,
  kTwice,
  kTakenUp,
  kBundled,
  kTakenApart,
  kPaused,
  kParked,
  kInstructionRefused,
  kUnknown,
  kFoundInTheBook,
  kSubmittedByTwo,
  kByHand,
  kQueueFull,
  kNobodyWaited,
  kTrimmed,
  kWatchSkipped,
  kUpgraded,
  kWarned,
  kRestored,
  kTwoLost,
  kHeld,
  kFailedOver,
  kCompared,
  kTakenBack,
  kOrderRestored,
  kTradeHit,
  kHealed,
  kNotHealed,
  kNeverTold,
  kSubmittedAfterLoss,
  kReferenceOfAnother,
  kAnsweredOtherwise,
  kEnd,
};

inline constexpr size_t kHappenings = static_cast<size_t>(Happening::kEnd);
using Happenings = std::array<uint64_t, kHappenings>;

const char* ToString(Happening happening);

// In so few runs that it may not happen in some thousands of them.
inline bool IsRare(Happening happening) {
  return happening == Happening::kNeverTold || happening == Happening::kSubmittedAfterLoss ||
         happening == Happening::kReferenceOfAnother;
}

}  // namespace tallystick::simulation
