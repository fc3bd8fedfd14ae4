// A carrier that is people: each step waits until somebody records it through the back office.
#pragma once

#include "services/delivery/workflow/carrier.h"

namespace tallystick::delivery {

class ManualCarrier : public Carrier {
 public:
  std::optional<Booking> Book(const Delivery&) override { return std::nullopt; }
  std::optional<Progress> Follow(const Delivery&, const Shipment&) override { return std::nullopt; }
  std::optional<ReturnProgress> FollowReturn(const Delivery&, const Return&) override {
    return std::nullopt;
  }
};

}  // namespace tallystick::delivery
