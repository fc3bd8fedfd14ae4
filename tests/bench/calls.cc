#include "tests/bench/calls.h"

#include <algorithm>
#include <utility>

namespace tallystick::bench {
namespace {

template <typename Request, typename Response>
struct Call {
  std::unique_ptr<grpc::ClientContext> context;
  Request request;
  Response response;
};

// The error of the first result that has one.
template <typename Response>
grpc::Status AllOk(const Response& response) {
  for (const auto& result : response.results()) {
    if (result.has_error()) return {grpc::StatusCode::UNKNOWN, result.error().message()};
  }
  return grpc::Status::OK;
}

}  // namespace

StartCall Calls::PlaceOrder(const std::vector<v1::PlaceOrderRequest>& orders,
                            std::vector<std::string>* trading_ids) {
  if (trading_ids != nullptr) trading_ids->resize(orders.size());
  return [this, &orders, trading_ids](int number, Done done) {
    auto call = std::make_shared<Call<v1::PlaceOrderRequest, v1::PlaceOrderResponse>>();
    call->context = stack_.CallContext();
    const auto at = static_cast<size_t>(number);
    stub_->async()->PlaceOrder(
        call->context.get(), &orders[at], &call->response,
        [call, at, trading_ids, done = std::move(done)](const grpc::Status& status) {
          if (trading_ids != nullptr) {
            (*trading_ids)[at] = call->response.information().trading_id();
          }
          done(status);
        });
  };
}

StartCall Calls::BatchPlaceOrders(const std::vector<v1::PlaceOrderRequest>& orders, int size) {
  return [this, &orders, size](int number, Done done) {
    auto call = std::make_shared<Call<v1::BatchPlaceOrdersRequest, v1::BatchPlaceOrdersResponse>>();
    call->context = stack_.CallContext();
    const size_t from = static_cast<size_t>(number) * static_cast<size_t>(size);
    const size_t to = std::min(orders.size(), from + static_cast<size_t>(size));
    for (size_t i = from; i < to; ++i) *call->request.add_requests() = orders[i];
    stub_->async()->BatchPlaceOrders(call->context.get(), &call->request, &call->response,
                                     [call, done = std::move(done)](const grpc::Status& status) {
                                       done(status.ok() ? AllOk(call->response) : status);
                                     });
  };
}

StartCall Calls::GetOrderStatus(const std::vector<std::string>& trading_ids) {
  return [this, &trading_ids](int number, Done done) {
    auto call = std::make_shared<Call<v1::GetOrderStatusRequest, v1::GetOrderStatusResponse>>();
    call->context = stack_.CallContext();
    call->request.set_trading_id(trading_ids[static_cast<size_t>(number) % trading_ids.size()]);
    stub_->async()->GetOrderStatus(
        call->context.get(), &call->request, &call->response,
        [call, done = std::move(done)](const grpc::Status& status) { done(status); });
  };
}

StartCall Calls::BatchGetOrderStatuses(const std::vector<std::string>& trading_ids, int size) {
  return [this, &trading_ids, size](int number, Done done) {
    auto call = std::make_shared<
        Call<v1::BatchGetOrderStatusesRequest, v1::BatchGetOrderStatusesResponse>>();
    call->context = stack_.CallContext();
    for (int i = 0; i < size; ++i) {
      const auto at =
          static_cast<size_t>(number) * static_cast<size_t>(size) + static_cast<size_t>(i);
      call->request.add_trading_ids(trading_ids[at % trading_ids.size()]);
    }
    stub_->async()->BatchGetOrderStatuses(
        call->context.get(), &call->request, &call->response,
        [call, done = std::move(done)](const grpc::Status& status) {
          done(status.ok() ? AllOk(call->response) : status);
        });
  };
}

}  // namespace tallystick::bench
