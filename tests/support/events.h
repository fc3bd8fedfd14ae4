// What happened to the three services in a history, in a form that can happen again.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "absl/time/time.h"
#include "services/delivery/domain/delivery.h"
#include "services/payment/domain/payment.h"
#include "services/shopping/domain/order_requests.h"

namespace tallystick::testing {

// Everything that happened to one of the three, in the order in which it happened, with what it was
// told and the time on its clock: enough to let it happen again, otherwise.
struct ShopHears {
  bool payment = false;  // else delivery
  int64_t revision = 0;
};
struct PaymentIsTold {
  int64_t sequence = 0;
};
struct GatewayAnswers {
  int32_t number = 0;
  payment::Outcome outcome;
};
struct PlannedBegins {
  int64_t number = 0;
};
struct PaymentRetries {
  int32_t number = 0;
};
struct DeliveryIsTold {
  int64_t sequence = 0;
};
struct CarrierProgress {
  std::string shipment_id;
  delivery::Progress progress;
};
struct ReturnProgresses {
  std::string return_id;
  delivery::ReturnProgress progress;
};
using What =
    std::variant<ShopHears, shopping::CancelRequest, shopping::ReturnRequest, PaymentIsTold,
                 GatewayAnswers, PlannedBegins, PaymentRetries, DeliveryIsTold, delivery::Booking,
                 CarrierProgress, delivery::Dispatch, ReturnProgresses>;
struct Event {
  absl::Time time;
  What what;
};

}  // namespace tallystick::testing
