// A carrier that moves no goods: each time it is asked, a shipment or return is one step further.
// Markers anywhere in the address choose another behaviour:
//   SANDBOX-REFUSE   the booking is refused
//   SANDBOX-LOSE     the shipment fails for good after it has left
//   SANDBOX-SPLIT    the goods travel in two shipments; with SANDBOX-LOSE, the first one is lost
//   SANDBOX-KEEP     what the buyer returns is not taken back
// It keeps no books, so any replica may be asked.
#pragma once

#include "services/delivery/workflow/carrier.h"

namespace tallystick::delivery {

class SandboxCarrier : public Carrier {
 public:
  std::optional<Booking> Book(const Delivery& delivery) override;
  std::optional<Progress> Follow(const Delivery& delivery, const Shipment& shipment) override;
  std::optional<ReturnProgress> FollowReturn(const Delivery& delivery,
                                             const Return& goods_return) override;
};

}  // namespace tallystick::delivery
