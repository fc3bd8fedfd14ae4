// The calls that are measured, each as what load.h starts.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tallystick/v1/shopping.grpc.pb.h"
#include "tests/bench/load.h"
#include "tests/bench/stack.h"

namespace tallystick::bench {

// Calls of one connection to the shop, or to the echo, which answers to GetOrderStatus.
class Calls {
 public:
  Calls(BenchStack& stack, const std::string& server)
      : stack_(stack), stub_(v1::ShoppingService::NewStub(stack.Channel(server))) {}

  // Order `number` of `orders`, which must outlive the calls. The trading ids come together in
  // `trading_ids`, by the orders' numbers, if that is not null.
  StartCall PlaceOrder(const std::vector<v1::PlaceOrderRequest>& orders,
                       std::vector<std::string>* trading_ids = nullptr);
  // Call `number` carries as many orders as `size` says.
  StartCall BatchPlaceOrders(const std::vector<v1::PlaceOrderRequest>& orders, int size);
  // One of `trading_ids` after the other, again and again.
  StartCall GetOrderStatus(const std::vector<std::string>& trading_ids);
  // As many as `size` says with each.
  StartCall BatchGetOrderStatuses(const std::vector<std::string>& trading_ids, int size);

 private:
  const BenchStack& stack_;
  const std::unique_ptr<v1::ShoppingService::Stub> stub_;
};

}  // namespace tallystick::bench
