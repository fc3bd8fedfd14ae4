// The calls to the gateway that a batch of steps needs: as many at once as it takes a slow one to
// keep up.
#pragma once

#include <atomic>
#include <span>
#include <vector>

#include "platform/relay/work_queue.h"
#include "platform/time/steady.h"
#include "services/payment/workflow/gateway.h"
#include "services/payment/workflow/payment_decisions.h"

namespace tallystick::payment {

struct GatewayOptions {
  absl::Duration pace = absl::Seconds(1);  // how long the sandbox gateway takes for each step
  size_t max_calls = 128;                  // at once
};

class GatewayCalls {
 public:
  // `most`: calls at once, from 1 on. `gateway` must outlive this.
  GatewayCalls(Gateway& gateway, size_t most) : gateway_(gateway), most_(most) {}

  // Makes the calls of `steps`, one for each of `items`: those of a trade one after the other, in
  // order, and those of several trades at once, unless the gateway answers so soon that threads
  // would cost more. None begins at `enough` or later, but for one, so that it goes on; those that
  // were made are `reached`. Blocks until the last is answered. From one thread.
  void Make(std::span<const WorkItem> items, std::vector<GatewayStep>& steps, SteadyTime enough);

 private:
  void MakeOne(GatewayStep& step, SteadyTime now);

  Gateway& gateway_;
  const size_t most_;
  // Whether calls take long enough to be made at once, as the last ones showed.
  std::atomic<bool> slow_ = false;
};

}  // namespace tallystick::payment
