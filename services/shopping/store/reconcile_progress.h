// How far a reconciliation of all trades has come.
#pragma once

#include <map>
#include <string>

#include "platform/postgres/session.h"

namespace tallystick::shopping {

struct ReconcileProgress {
  int64_t open = 0;  // work that is still tried, and has not been tried often
  // Of that: comparisons, and what they have found and not given back yet. (What is noticed
  // besides, by messages that do not fit, has no end while somebody holds.)
  int64_t unread = 0;
  int64_t waiting = 0;  // trades that are still apart after many tries, or wait for a person
  // Trades since the beginning, by what was done; see kRestored and the others.
  std::map<std::string, int64_t> done;
};

// What the audit says was done in a reconciliation. They stand in tables: do not change them.
inline constexpr char kRestored[] = "RESTORED";     // an order that the shop had lost
inline constexpr char kHeard[] = "HEARD";           // reports that it had lost, or not got yet
inline constexpr char kAskedFor[] = "ASKED_FOR";    // a request of the buyer's that it had lost
inline constexpr char kTakenBack[] = "TAKEN_BACK";  // what payment or delivery had lost

// Work that was tried so often is not waited for: by the default backoff, for about a minute.
// (Queues pause for some seconds when a server was away.)
inline constexpr int kTriedOften = 16;

inline constexpr char kReconcileRpc[] = "TradeRecovery/ReadReports";

// A comparison of all trades that is to come in more than twice `lease` is not waited for: whoever
// runs the shop has that.
ReconcileProgress ReadReconcileProgress(postgres::Transaction& transaction, absl::Time since,
                                        absl::Duration lease);

}  // namespace tallystick::shopping
