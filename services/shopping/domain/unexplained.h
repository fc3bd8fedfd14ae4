// What payment knows, and neither the shop nor delivery remembers any more. Pure.
#pragma once

#include <string>

#include "services/shopping/domain/order.h"

namespace tallystick::shopping {

struct Unexplained {
  std::string why;      // empty: nothing is
  bool stands = false;  // nothing may be done about the trade before a person has decided
};

// `payment` and `delivery`: their latest states, null where there is none or it is not known. Two
// databases that were restored together have lost what a third still shows: an order may have been
// canceled that is about to be sent, goods may have left that are about to leave.
Unexplained FindUnexplained(const Order& order, const PaymentStatus* payment,
                            const DeliveryStatus* delivery);

}  // namespace tallystick::shopping
