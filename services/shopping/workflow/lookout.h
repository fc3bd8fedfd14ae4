// Looks now and then which databases the three services have. One that is another than before was
// restored, or a standby took over: it may have lost what nobody will send a message about, so that
// all trades are compared. docs/protocol.md, "A database that has lost something".
#pragma once

#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "platform/lang/mutex.h"
#include "platform/relay/committer.h"
#include "services/shopping/store/order_store.h"
#include "services/shopping/workflow/looking.h"
#include "services/shopping/workflow/reconciliation.h"

namespace tallystick::shopping {

class Lookout {
 public:
  // Looks at once, and again after each `interval`; sooner while others wait for a comparison.
  Lookout(const CommitterOptions& options, OtherHalf payment, OtherHalf delivery,
          absl::Duration interval);
  // Finishes the look at hand.
  ~Lookout();
  Lookout(const Lookout&) = delete;

 private:
  void Loop() ABSL_LOCKS_EXCLUDED(mutex_);
  // Whoever gives no answer is looked at the next time. Whether nobody waits for a comparison.
  absl::StatusOr<bool> Look();
  absl::StatusOr<bool> Note(const Databases& now);  // false

  const absl::Duration interval_;
  const absl::Duration work_lease_;
  const OtherHalf payment_;
  const OtherHalf delivery_;
  Committer<Order, OrderCodec> orders_;
  Mutex mutex_;
  Condition changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::jthread thread_;  // last: joined before what it uses goes
};

}  // namespace tallystick::shopping
