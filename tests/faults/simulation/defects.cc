#include "tests/faults/simulation/defects.h"

namespace tallystick::simulation {
namespace {

constexpr DefectRow kRows[] = {
    {Defect::kRefusalForgotten, "refusal-forgotten",
     "an order that is refused leaves no row: the same request may be accepted later"},
    {Defect::kRequestRefusalForgotten, "request-refusal-forgotten",
     "a refused request to cancel or return leaves no row"},
    {Defect::kInstructionRefusalForgotten, "instruction-refusal-forgotten",
     "an instruction that was refused counts as applied when it is sent again"},
    {Defect::kSequenceUnchecked, "sequence-unchecked",
     "receivers take every message for the next one"},
    {Defect::kNotYetTakenForDone, "not-yet-taken-for-done",
     "a message that came too early counts as arrived"},
    {Defect::kRevisionUnchecked, "revision-unchecked",
     "a trade is written whatever became of it since it was read"},
    {Defect::kStockUnguarded, "stock-unguarded",
     "stock is taken without looking whether it is still there"},
    {Defect::kStockNotGivenBack, "stock-not-given-back",
     "goods that will not be delivered are not put back"},
    {Defect::kWorkAfterCommit, "work-after-commit",
     "due work is inserted in a transaction of its own, after the one that causes it"},
    {Defect::kDeletedBeforeAcknowledged, "deleted-before-acknowledged",
     "due work leaves the table when it is begun"},
    {Defect::kFailureTakenForWhole, "failure-taken-for-whole",
     "an item that cannot be handled stops its queue: batches are not halved"},
    {Defect::kParkedDeleted, "parked-deleted", "work that is parked leaves the table"},
    {Defect::kBegunForgotten, "begun-forgotten",
     "what another process may have begun is taken for new"},
    {Defect::kBundleEndedEarly, "bundle-ended-early",
     "a bundle of due work leaves the table when the first of it is done"},
    {Defect::kSentAgainOnUnknown, "sent-again-on-unknown",
     "a transaction without an answer is submitted again instead of asked about"},
    {Defect::kDueByOwnClock, "due-by-own-clock",
     "due times are of the replica's clock and not of the database's"},
    {Defect::kLateOrders, "late-orders", "an order is placed though its caller has left"},
    {Defect::kTrimmedUnreported, "trimmed-unreported",
     "old revisions go although the shop has not heard of later ones"},
    {Defect::kNewIdOnRetry, "new-id-on-retry",
     "the client makes a new request id when it sends an order again"},
    {Defect::kLedgerForgotten, "ledger-forgotten",
     "the client compares the answers without what its ledger has seen before"},
    {Defect::kChainUnchecked, "chain-unchecked",
     "a report is heard by its number, though it follows from what the shop has not heard", 2},
    {Defect::kTakenBackForgotten, "taken-back-forgotten",
     "payment does not write down that it lost something, and submits what the gateway may have",
     1},
    {Defect::kUnheardForgotten, "unheard-forgotten",
     "the shop keeps no instruction once it is acknowledged"},
    {Defect::kComparesOnePage, "compares-one-page",
     "the comparison of all trades is over after a page"},
    {Defect::kMergedByForce, "merged-by-force",
     "what the shop remembers is taken back whatever has happened since"},
    {Defect::kTakenBlindly, "taken-blindly",
     "an order that is restored takes goods that are not there any more"},
    {Defect::kNotHeld, "not-held",
     "payment and delivery go on with a database that the shop has not compared", 1},
};

}  // namespace

std::span<const DefectRow> AllDefects() { return kRows; }

const DefectRow* FindDefect(absl::string_view name) {
  for (const DefectRow& row : kRows) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

std::optional<size_t> LoserOf(Defect defect) {
  for (const DefectRow& row : kRows) {
    if (row.defect == defect) return row.loser;
  }
  return std::nullopt;
}

}  // namespace tallystick::simulation
