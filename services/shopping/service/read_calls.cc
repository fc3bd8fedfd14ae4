#include "services/shopping/service/read_calls.h"

#include "platform/error/error.h"
#include "platform/wire/convert.h"

namespace tallystick::shopping {
namespace {

constexpr char kDefaultDeliveryOption[] = "standard";

}  // namespace

absl::StatusOr<OrderDraft> ReadDraft(const v1::PlaceOrderRequest& request, const std::string& buyer,
                                     const std::string& traceparent) {
  OrderDraft draft;
  draft.traceparent = traceparent;
  const std::optional<Uuid> request_id = ParseUuid(request.request_id());
  if (!request_id) {
    return InvalidField("request_id", "give a UUID of your own, best of version 7");
  }
  draft.request_id = *request_id;
  draft.buyer = buyer;
  for (const v1::OrderItem& item : request.items()) {
    draft.items.push_back({item.sku(), item.quantity()});
  }
  draft.ship_to = wire::FromProto(request.ship_to());
  draft.delivery_option =
      request.delivery_option().empty() ? kDefaultDeliveryOption : request.delivery_option();
  draft.terms = request.terms() == v1::TERMS_UNSPECIFIED ? Terms::kPrepaid
                                                         : static_cast<Terms>(request.terms());
  draft.payment_method = request.payment_method();
  if (request.has_expected_total()) {
    draft.expected_total =
        Money{request.expected_total().currency_code(), request.expected_total().minor_units()};
  }
  draft.buyer_reference = request.buyer_reference();
  const absl::Status status = CheckDraft(draft);
  if (!status.ok()) return status;
  return draft;
}

}  // namespace tallystick::shopping
