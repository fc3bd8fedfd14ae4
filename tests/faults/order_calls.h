// PlaceOrder as the figures call it: without a ledger, as fast as they like.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "tallystick/v1/shopping.grpc.pb.h"
#include "tests/faults/cluster.h"

namespace tallystick::faults {

// Products without end, at one price.
void LoadPlainProducts(Cluster& cluster);

// An order of them that all goes well with, under a new request id.
v1::PlaceOrderRequest PlainOrder(uint64_t number);

class OrderCaller {
 public:
  OrderCaller(Cluster& cluster, const std::string& address, const std::string& buyer);

  v1::ShoppingService::Stub& stub() { return *stub_; }
  std::unique_ptr<grpc::ClientContext> Context(absl::Duration timeout) const;
  // The same order again and again, as docs/protocol.md says, until it is answered for good or
  // `limit` is over. `tries` gets how many calls it took.
  grpc::Status Place(const v1::PlaceOrderRequest& request, absl::Duration limit, int* tries);
  // All of them in calls of many.
  void PlaceMany(int count);

 private:
  const std::string token_;
  const std::unique_ptr<v1::ShoppingService::Stub> stub_;
};

}  // namespace tallystick::faults
