// Deliberate defects: each is one that somebody could write, and the simulation has to find it.
// They are in the wrapping of the rules alone; the rules themselves know nothing of them.
#pragma once

#include <optional>
#include <span>

#include "absl/strings/string_view.h"

namespace tallystick::simulation {

enum class Defect {
  kNone,
  kRefusalForgotten,
  kRequestRefusalForgotten,
  kInstructionRefusalForgotten,
  kSequenceUnchecked,
  kNotYetTakenForDone,
  kRevisionUnchecked,
  kStockUnguarded,
  kStockNotGivenBack,
  kWorkAfterCommit,
  kDeletedBeforeAcknowledged,
  kFailureTakenForWhole,
  kParkedDeleted,
  kBegunForgotten,
  kBundleEndedEarly,
  kSentAgainOnUnknown,
  kDueByOwnClock,
  kLateOrders,
  kTrimmedUnreported,
  kNewIdOnRetry,
  kLedgerForgotten,
  kChainUnchecked,
  kTakenBackForgotten,
  kUnheardForgotten,
  kComparesOnePage,
  kMergedByForce,
  kTakenBlindly,
  kNotHeld,
};

struct DefectRow {
  Defect defect;
  absl::string_view name;
  absl::string_view what;
  // Whose database loses something in every run, so that a defect of healing alone shows soon.
  std::optional<size_t> loser = std::nullopt;
};

std::span<const DefectRow> AllDefects();  // without kNone
const DefectRow* FindDefect(absl::string_view name);
std::optional<size_t> LoserOf(Defect defect);

}  // namespace tallystick::simulation
