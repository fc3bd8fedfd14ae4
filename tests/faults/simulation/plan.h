// What a seed makes of a run: how many trades there are, and which faults, how often.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/time/time.h"
#include "tests/faults/simulation/defects.h"

namespace tallystick::simulation {

struct Plan {
  uint64_t seed = 0;
  Defect defect = Defect::kNone;

  // Trades.
  int orders = 0;
  int waves = 1;      // of faults, with peace after each
  bool rush = false;  // all orders come at once
  int64_t stock = 0;  // of each product, at first
  bool prices_change = false;
  bool by_hand = false;     // gateway and carrier are people
  bool diligent = false;    // the back office deals with everything that waits for it
  absl::Duration duration;  // until the faults end

  // Messages.
  double lost = 0;  // each way; half of them break the connection, half say nothing
  double twice = 0;
  double slow = 0;  // as slow as a deadline, or slower
  int partitions = 0;
  int silences = 0;  // of a connection

  // Processes.
  double crash_at_commit = 0;  // before or after it
  int crashes = 0;
  int stalls = 0;                 // some for longer than a lease
  bool upgrade = false;           // one after the other is replaced by one with other settings
  bool from_old_version = false;  // and by one of a later version
  absl::Duration clocks_apart;    // from the truth, at most

  // Databases.
  double in_doubt = 0;  // the commit's answer is lost
  int outages = 0;
  int database_crashes = 0;  // what need not be durable is lost
  int held_rows = 0;         // for a while
  int poison_rows = 0;       // documents that cannot be read
  bool poison_is_mended = false;
  bool tampered = false;  // payment's row is changed, so that it refuses to capture
  bool overload = false;  // commits are slow, queues short, callers impatient
  bool trim = false;      // the history is trimmed under those who watch it
  // One or two of them are what they were so long ago: a backup is restored, or a standby takes
  // over. All that is needed to heal, or a person, has to be there then.
  enum class Loss { kNone, kRestored, kFailedOver };
  Loss loss = Loss::kNone;
  struct Loser {
    size_t service = 0;  // which of the three
    absl::Duration older_by;
  };
  std::vector<Loser> losers;
  // Payment and delivery do nothing on such a database before the shop has compared all trades with
  // it; not if somebody says that they need not wait (--trust-database).
  bool held = true;
  bool compared = false;  // somebody asks for a comparison of all trades, and does not wait

  // The gateway.
  double unknown = 0;  // an answer does not come; half of those transactions happened

  // What is done at the end that nobody repairs, and that the buyer must be warned of.
  enum class Damage { kNone, kAhead, kUntold, kLost, kRestored, kShopRestored, kOtherOrder };
  Damage damage = Damage::kNone;
};

Plan PlanOf(uint64_t seed, Defect defect);

}  // namespace tallystick::simulation
