#include "platform/calls/ask.h"
#include "platform/wire/convert.h"
#include "services/shopping/service/buyer_calls.h"

namespace tallystick::shopping {
namespace {

// A request about an order that was accepted; `what_of(request)` is what it asks for.
template <typename Request, typename Response, typename WhatOf>
void AddRequest(rpc::ServiceTable& table, std::string name, RequestBatcher& requests,
                WhatOf what_of) {
  rpc::AddAsk<Request, Response>(
      table, std::move(name), rpc::ForCallers(), requests,
      [what_of](rpc::Call& call, const Request& request) -> absl::StatusOr<BuyerRequest> {
        const absl::StatusOr<Uuid> id = wire::ReadTradingId("trading_id", request.trading_id());
        if (!id.ok()) return id.status();
        const std::optional<Uuid> request_id = ParseUuid(request.request_id());
        if (!request_id) {
          return InvalidField("request_id", "give a UUID of your own, best of version 7");
        }
        auto what = what_of(request);
        what.request_id = *request_id;
        const absl::Status checked = CheckRequest(what);
        if (!checked.ok()) return checked;
        return BuyerRequest{*id, call.subject(), std::move(what), call.traceparent()};
      },
      [](const Requested& requested, Response& response) {
        *response.mutable_status() = wire::ToProto(requested.status);
        if constexpr (requires { response.set_return_id(""); }) {
          response.set_return_id(requested.return_id);
        }
      });
}

}  // namespace

void AddRequestCalls(rpc::ServiceTable& table, RequestBatcher& requests) {
  AddRequest<v1::CancelOrderRequest, v1::CancelOrderResponse>(
      table, "CancelOrder", requests, [](const v1::CancelOrderRequest& request) {
        return CancelRequest{{}, request.reason()};
      });
  AddRequest<v1::ReturnProductsRequest, v1::ReturnProductsResponse>(
      table, "ReturnProducts", requests, [](const v1::ReturnProductsRequest& request) {
        return ReturnRequest{{}, wire::GoodsFrom(request.lines()), request.reason()};
      });
}

}  // namespace tallystick::shopping
