// A shop whose answers the test makes up: plaintext, in the test's own process.
#pragma once

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "platform/error/error.h"
#include "platform/transport/status.h"
#include "tallystick/v1/shopping.grpc.pb.h"
#include "tests/support/catch.h"
#include "tests/support/free_ports.h"

namespace tallystick::testing {

// Hooks are called by gRPC's threads, one at a time.
class FakeShop final : public v1::ShoppingService::Service {
 public:
  template <typename Request, typename Response>
  using Says = std::function<absl::Status(const Request&, Response&)>;

  FakeShop() : address_(FreeAddresses(1)[0]) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address_, grpc::InsecureServerCredentials());
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    REQUIRE(server_ != nullptr);
  }
  ~FakeShop() override { server_->Shutdown(std::chrono::system_clock::now()); }

  const std::string& address() const { return address_; }

  void OnListProducts(Says<v1::ListProductsRequest, v1::ListProductsResponse> says) {
    std::lock_guard lock(mutex_);
    products_ = std::move(says);
  }
  void OnPlace(Says<v1::BatchPlaceOrdersRequest, v1::BatchPlaceOrdersResponse> says) {
    std::lock_guard lock(mutex_);
    place_ = std::move(says);
  }
  void OnOrderStatuses(
      Says<v1::BatchGetOrderStatusesRequest, v1::BatchGetOrderStatusesResponse> says) {
    std::lock_guard lock(mutex_);
    order_statuses_ = std::move(says);
  }

 private:
  template <typename Request, typename Response>
  grpc::Status Say(const Says<Request, Response>& says, const Request& request,
                   Response& response) {
    std::lock_guard lock(mutex_);
    if (!says) return grpc::Status(grpc::UNIMPLEMENTED, "not in this test");
    return rpc::ToGrpc(says(request, response));
  }
  grpc::Status ListProducts(grpc::ServerContext*, const v1::ListProductsRequest* request,
                            v1::ListProductsResponse* response) override {
    return Say(products_, *request, *response);
  }
  grpc::Status BatchPlaceOrders(grpc::ServerContext*, const v1::BatchPlaceOrdersRequest* request,
                                v1::BatchPlaceOrdersResponse* response) override {
    return Say(place_, *request, *response);
  }
  grpc::Status BatchGetOrderStatuses(grpc::ServerContext*,
                                     const v1::BatchGetOrderStatusesRequest* request,
                                     v1::BatchGetOrderStatusesResponse* response) override {
    return Say(order_statuses_, *request, *response);
  }

  const std::string address_;
  std::mutex mutex_;
  Says<v1::ListProductsRequest, v1::ListProductsResponse> products_;
  Says<v1::BatchPlaceOrdersRequest, v1::BatchPlaceOrdersResponse> place_;
  Says<v1::BatchGetOrderStatusesRequest, v1::BatchGetOrderStatusesResponse> order_statuses_;
  std::unique_ptr<grpc::Server> server_;
};

// What an overloaded server says.
inline absl::Status ComeBack(const std::string& reason, int after_ms) {
  return MakeError(absl::StatusCode::kResourceExhausted, reason, "come back later",
                   {{"retry_after_ms", std::to_string(after_ms)}});
}

}  // namespace tallystick::testing
