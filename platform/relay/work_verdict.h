// What a queue's handler says of one item of due work.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace tallystick {

struct WorkVerdict {
  enum Kind {
    kDone,       // never again
    kRetry,      // it did not work yet: again after a backoff, for ever
    kStuck,      // the same, but parked in the end: it does not work by itself, unless earlier work
                 // of its trade does
    kAgain,      // it worked and there is more to do, after `delay`
    kUntouched,  // its turn did not come: again at once
    kParked,     // cannot work: kept in the table, not tried again, for a person to look at
    kRefused,    // a message that its receiver refuses for good: kept in the same way
    kByHand,     // a person does it anyway: kept like kParked, and nothing to be alarmed at
  };
  static constexpr size_t kKinds = kByHand + 1;
  Kind kind = kDone;
  absl::Duration delay;
  std::string reason;  // of all but kAgain; of kDone: it had been done before
};

}  // namespace tallystick
