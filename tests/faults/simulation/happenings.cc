#include "tests/faults/simulation/happenings.h"

namespace tallystick::simulation {

const char* ToString(Happening happening) {
  switch (happening) {
    case Happening::kPlaced: return "orders placed";
    case Happening::kRefused: return "orders refused";
    case Happening::kAnsweredAgain: return "orders answered again, the same";
    case Happening::kAnsweredAtOldPrices: return "of those, after prices had changed";
    case Happening::kCompleted: return "trades completed";
    case Happening::kRejected: return "trades rejected";
    case Happening::kCanceled: return "trades canceled";
    case Happening::kReturned: return "returns refunded";
    case Happening::kWaitsForPerson: return "trades on a person's list in the end";
    case Happening::kConflict: return "commits that met a conflict";
    case Happening::kInDoubt: return "commits whose answer was lost";
    case Happening::kDiedBeforeCommit: return "replicas that died before a commit";
    case Happening::kDiedAfterCommit: return "replicas that died after a commit";
    case Happening::kSleptThroughLease: return "replicas that slept through a lease";
    case Happening::kDatabaseCrashed: return "databases that lost what was not durable";
    case Happening::kHeldRow: return "commits that met a held row";
    case Happening::kUnreadableRow: return "transactions that met an unreadable row";
    case Happening::kOutage: return "transactions without a database";
    case Happening::kLost: return "messages lost";
    case Happening::kTwice: return "messages that came twice";
    case Happening::kTakenUp: return "pieces of work taken up from the table";
    case Happening::kBundled: return "pieces of work in bundles";
    case Happening::kTakenApart: return "bundles taken over from somebody who left them";
    case Happening::kPaused: return "pauses of queues";
    case Happening::kParked: return "pieces of work parked";
    case Happening::kInstructionRefused: return "instructions refused for good";
    case Happening::kUnknown: return "gateway's answers that did not come";
    case Happening::kFoundInTheBook: return "transactions asked about and found";
    case Happening::kSubmittedByTwo: return "transactions submitted by two replicas";
    case Happening::kByHand: return "records by hand";
    case Happening::kQueueFull: return "requests that found a full queue";
    case Happening::kNobodyWaited: return "requests nobody waited for any more";
    case Happening::kTrimmed: return "histories trimmed";
    case Happening::kWatchSkipped: return "watches that skipped what was trimmed";
    case Happening::kUpgraded: return "replicas upgraded";
    case Happening::kWarned: return "damages warned of by the right rule";
    case Happening::kTwoLost: return "runs in which two databases lost something";
    case Happening::kHeld: return "steps held until the shop had compared";
    case Happening::kRestored: return "databases restored from a backup";
    case Happening::kFailedOver: return "databases taken over by an older standby";
    case Happening::kCompared: return "comparisons of all trades";
    case Happening::kTakenBack: return "trades taken back from the shop";
    case Happening::kOrderRestored: return "orders taken over from payment";
    case Happening::kTradeHit: return "trades of which a database lost something";
    case Happening::kHealed: return "of those, healed";
    case Happening::kNotHealed: return "of those, on a person's list";
    case Happening::kNeverTold: return "of those, known to the shop alone, which lost them";
    case Happening::kSubmittedAfterLoss: return "transactions submitted again, their record lost";
    case Happening::kReferenceOfAnother: return "references used again, for something else";
    case Happening::kAnsweredOtherwise: return "orders answered otherwise, the first answer lost";
    case Happening::kEnd: break;
  }
  return "";
}

}  // namespace tallystick::simulation
