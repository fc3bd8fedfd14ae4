#include "platform/calls/ask.h"
#include "platform/wire/convert.h"
#include "services/shopping/service/buyer_calls.h"
#include "services/shopping/service/information.h"

namespace tallystick::shopping {
namespace {

constexpr char kDefaultDeliveryOption[] = "standard";

// The request as the domain sees it, checked as far as the catalogue is not needed.
absl::StatusOr<OrderDraft> ReadDraft(const v1::PlaceOrderRequest& request,
                                     const std::string& buyer) {
  OrderDraft draft;
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

}  // namespace

void AddOrderCalls(rpc::ServiceTable& table, const v1::ServiceAddresses& addresses,
                   OrderBatcher& orders) {
  rpc::AddAsk<v1::PlaceOrderRequest, v1::PlaceOrderResponse>(
      table, "PlaceOrder", rpc::ForCallers(), orders,
      [](rpc::Call& call, const v1::PlaceOrderRequest& request) {
        return ReadDraft(request, call.subject());
      },
      [addresses](const Placed& placed, v1::PlaceOrderResponse& response) {
        *response.mutable_information() = Information(placed, addresses);
      });
  rpc::AddAskAll<v1::BatchPlaceOrdersRequest, v1::BatchPlaceOrdersResponse>(
      table, "BatchPlaceOrders", rpc::ForCallers(), "requests", orders,
      [](const v1::BatchPlaceOrdersRequest& request) { return request.requests_size(); },
      [](rpc::Call& call, const v1::BatchPlaceOrdersRequest& request, int i) {
        return ReadDraft(request.requests(i), call.subject());
      },
      [addresses](const absl::StatusOr<Placed>& placed, v1::PlaceOrderResult* result) {
        if (placed.ok()) {
          *result->mutable_information() = Information(*placed, addresses);
        } else {
          *result->mutable_error() = rpc::ToProto(placed.status());
        }
      });
}

}  // namespace tallystick::shopping
