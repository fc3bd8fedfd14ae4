// What is read out of the messages of calls, checked as far as the database is not needed.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "services/shopping/domain/order_draft.h"
#include "tallystick/v1/shopping.pb.h"

namespace tallystick::shopping {

// The request as the domain sees it. INVALID_FIELD naming the field.
absl::StatusOr<OrderDraft> ReadDraft(const v1::PlaceOrderRequest& request, const std::string& buyer,
                                     const std::string& traceparent);

}  // namespace tallystick::shopping
