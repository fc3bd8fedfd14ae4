#include "platform/calls/ask.h"
#include "platform/wire/convert.h"
#include "services/shopping/service/buyer_calls.h"
#include "services/shopping/service/information.h"
#include "services/shopping/service/read_calls.h"

namespace tallystick::shopping {

void AddOrderCalls(rpc::ServiceTable& table, const v1::ServiceAddresses& addresses,
                   OrderBatcher& orders) {
  rpc::AddAsk<v1::PlaceOrderRequest, v1::PlaceOrderResponse>(
      table, "PlaceOrder", rpc::ForCallers(), orders,
      [](rpc::Call& call, const v1::PlaceOrderRequest& request) {
        return ReadDraft(request, call.subject(), call.traceparent());
      },
      [addresses](const Placed& placed, v1::PlaceOrderResponse& response) {
        *response.mutable_information() = Information(placed, addresses);
      });
  rpc::AddAskAll<v1::BatchPlaceOrdersRequest, v1::BatchPlaceOrdersResponse>(
      table, "BatchPlaceOrders", rpc::ForCallers(), "requests", orders,
      [](const v1::BatchPlaceOrdersRequest& request) { return request.requests_size(); },
      [](rpc::Call& call, const v1::BatchPlaceOrdersRequest& request, int i) {
        return ReadDraft(request.requests(i), call.subject(), call.traceparent());
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
