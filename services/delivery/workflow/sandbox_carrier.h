// A carrier that moves no goods: each time it is asked, a shipment is one step further. Markers
// anywhere in the address choose another behaviour:
//   SANDBOX-REFUSE   the booking is refused
//   SANDBOX-LOSE     the shipment fails for good after it has left
// It keeps no books, so any replica may be asked.
#pragma once

#include "services/delivery/workflow/carrier.h"

namespace tallystick::delivery {

class SandboxCarrier : public Carrier {
 public:
  BookingAnswer Book(const Delivery& delivery) override;
  Progress Follow(const Delivery& delivery, const Shipment& shipment) override;
};

}  // namespace tallystick::delivery
