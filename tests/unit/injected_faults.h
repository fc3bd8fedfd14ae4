// The faults that injected_faults_test.cc injects: for each rule, services that lie in just its
// way.
#pragma once

#include <functional>
#include <vector>

#include "tests/support/buyer.h"
#include "tests/support/histories.h"

namespace tallystick::testing {

// What the buyer sees, and when.
struct Scene {
  TradeView view;
  absl::Time now;
  History& history;

  PaymentStatus& payment() { return view.payment.status; }
  DeliveryStatus& delivery() { return view.delivery.status; }
  OrderStatus& order() { return view.order.status; }
  // Payment and delivery are just what the order has heard of.
  bool InStep() {
    return payment().revision == order().payment_revision &&
           delivery().revision == order().delivery_revision;
  }
  void Wait(absl::Duration duration) {
    now += duration;
    view.order.ask_time += duration;
    view.payment.ask_time += duration;
    view.delivery.ask_time += duration;
    view.shops_word.ask_time += duration;
  }
};

// Lies, or gives false when there is nothing to lie about in this scene.
struct Fault {
  const char* rule;
  const char* what;
  std::function<bool(Scene&)> inject;
};

// By the family of their rules. Each may find nothing to lie about in a scene.
std::vector<Fault> IdentityFaults();
std::vector<Fault> MoneyFaults();
std::vector<Fault> GoodsFaults();
std::vector<Fault> DateFaults();
std::vector<Fault> WordFaults();

}  // namespace tallystick::testing
