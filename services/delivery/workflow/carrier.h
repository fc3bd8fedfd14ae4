// The carrier: the one that moves the goods.
#pragma once

#include <string>

#include "platform/trade/status.h"
#include "services/delivery/domain/delivery.h"

namespace tallystick::delivery {

struct BookingAnswer {
  bool accepted = false;
  std::string reason;
};

// Called from one worker thread, never inside a database transaction; may block. Both calls may be
// repeated.
class Carrier {
 public:
  virtual ~Carrier() = default;
  // Whether it takes the goods of `delivery` to their address.
  virtual BookingAnswer Book(const Delivery& delivery) = 0;
  // How far a shipment has come.
  virtual Progress Follow(const Delivery& delivery, const Shipment& shipment) = 0;
};

}  // namespace tallystick::delivery
