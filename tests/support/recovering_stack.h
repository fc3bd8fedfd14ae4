// The three servers with a gateway that keeps books, for tests in which one of them loses
// something.
#pragma once

#include <string>

#include "tests/support/gateways.h"
#include "tests/support/in_process_stack.h"

namespace tallystick::testing {

class RecoveringStack {
 public:
  RecoveringStack() : gateway_(false), stack_(&gateway_) { stack_.LoadProducts(); }

  InProcessStack& stack() { return stack_; }

  std::string Place() {
    const auto placed = stack_.Place(InProcessStack::Order(1));
    REQUIRE(placed.ok());
    return placed->trading_id();
  }

  v1::PaymentStatus Payment(const std::string& id) {
    v1::GetPaymentStatusRequest request;
    request.set_trading_id(id);
    v1::GetPaymentStatusResponse response;
    (void)v1::PaymentService::NewStub(Keys::Get().BuyerChannel(stack_.address(1)))
        ->GetPaymentStatus(InProcessStack::By("alice").get(), request, &response);
    return response.status();
  }
  v1::DeliveryStatus Delivery(const std::string& id) {
    v1::GetDeliveryStatusRequest request;
    request.set_trading_id(id);
    v1::GetDeliveryStatusResponse response;
    (void)v1::DeliveryService::NewStub(Keys::Get().BuyerChannel(stack_.address(2)))
        ->GetDeliveryStatus(InProcessStack::By("alice").get(), request, &response);
    return response.status();
  }

  // What the three say goes together again, and the order is in `state`.
  bool Meets(const std::string& id, v1::OrderState state) {
    return WaitUntil([&] {
      v1::GetTradingStatusRequest request;
      request.set_trading_id(id);
      v1::GetTradingStatusResponse response;
      const grpc::Status status = stack_.shopping_stub()->GetTradingStatus(
          InProcessStack::By("alice").get(), request, &response);
      const v1::TradingStatus& told = response.status();
      return status.ok() && told.order().state() == state &&
             told.payment().SerializeAsString() == Payment(id).SerializeAsString() &&
             told.delivery().SerializeAsString() == Delivery(id).SerializeAsString() &&
             told.order().payment_instructions() == told.payment().instructions_applied() &&
             told.order().delivery_instructions() == told.delivery().instructions_applied();
    });
  }

  bool IsQuiet() const { return stack_.IsQuiet(); }

  void RequireMoneyMovedOnce() {
    for (const auto& [reference, times] : gateway_.submitted()) {
      CAPTURE(reference);
      REQUIRE(times == 1);
    }
  }

 private:
  RecordingGateway gateway_;
  InProcessStack stack_;
};

}  // namespace tallystick::testing
