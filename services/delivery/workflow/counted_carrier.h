// A carrier whose calls are counted, by whether it answers or leaves the matter to a person.
#pragma once

#include "platform/metrics/metrics.h"
#include "services/delivery/workflow/carrier.h"

namespace tallystick::delivery {

class CountedCarrier final : public Carrier {
 public:
  // Both must outlive this.
  CountedCarrier(Carrier& carrier, metrics::Metrics& metrics);

  std::optional<Booking> Book(const Delivery& delivery) override;
  std::optional<Progress> Follow(const Delivery& delivery, const Shipment& shipment) override;
  std::optional<ReturnProgress> FollowReturn(const Delivery& delivery,
                                             const Return& goods_return) override;

 private:
  struct Meters {
    metrics::Histogram seconds;
    metrics::Counter answered;
    metrics::Counter by_hand;
  };
  static Meters MetersOf(metrics::Metrics& metrics, absl::string_view call);

  Carrier& carrier_;
  const Meters book_;
  const Meters follow_;
  const Meters follow_return_;
};

}  // namespace tallystick::delivery
