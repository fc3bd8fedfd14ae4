// The carrier: the one that moves the goods.
#pragma once

#include <optional>
#include <string>

#include "platform/trade/status.h"
#include "services/delivery/domain/delivery.h"

namespace tallystick::delivery {

// Called from one worker thread, never inside a database transaction; may block. Every call may be
// repeated. Nullopt leaves it to a person, who records it through the back office.
class Carrier {
 public:
  virtual ~Carrier() = default;
  // Whether it takes the goods of `delivery` to their address, and in which shipments.
  virtual std::optional<Booking> Book(const Delivery& delivery) = 0;
  // How far a shipment has come.
  virtual std::optional<Progress> Follow(const Delivery& delivery, const Shipment& shipment) = 0;
  // How far a return has come.
  virtual std::optional<ReturnProgress> FollowReturn(const Delivery& delivery,
                                                     const Return& goods_return) = 0;
};

}  // namespace tallystick::delivery
