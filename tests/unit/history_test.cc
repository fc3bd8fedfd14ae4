// Properties of whole trades, over generated histories.
#include <rapidcheck.h>

#include "platform/trade/rollup.h"
#include "tests/support/catch.h"
#include "tests/support/histories.h"

namespace tallystick::testing {
namespace {

constexpr int kMostSteps = 2000;

rc::Gen<std::string> PaymentMethods() {
  return rc::gen::element<std::string>("pm_sandbox_ok", "pm_sandbox_declined",
                                       "pm_sandbox_insufficient_funds", "pm_sandbox_timeout",
                                       "pm_sandbox_capture_fails");
}

rc::Gen<std::string> Addresses() {
  return rc::gen::element<std::string>("", "SANDBOX-REFUSE", "SANDBOX-LOSE");
}

bool HasEnded(const OrderStatus& order) {
  return order.state == OrderState::kCompleted || order.state == OrderState::kRejected;
}

TEST_CASE("every lawful history ends, and money and goods add up") {
  const bool held = rc::check([] {
    const std::string method = *PaymentMethods();
    History history(*rc::gen::arbitrary<uint32_t>(), method, *Addresses());
    RC_ASSERT(history.placed());
    int steps = 0;
    while (history.Step()) RC_ASSERT(++steps < kMostSteps);

    RC_ASSERT(history.refused().empty());
    const OrderStatus& order = history.order().status.order;
    const PaymentStatus& payment = history.payment()->status;
    const DeliveryStatus& delivery = history.delivery()->status;
    // Everybody has heard of everything.
    RC_ASSERT(history.order().status.payment == payment);
    RC_ASSERT(history.order().status.delivery == delivery);

    for (const DeliveryLine& line : delivery.lines) {
      RC_ASSERT(history.stock(line.sku) + line.delivered == History::kStock);
    }
    int64_t due = 0;
    for (size_t i = 0; i < order.lines.size(); ++i) {
      const OrderLineStatus& line = order.lines[i];
      RC_ASSERT(line.delivered == 0 || line.delivered == line.ordered);
      if (line.delivered > 0) due += history.order().contents.lines[i].GrossAmount();
    }
    if (due > 0 || IsFullyDelivered(order)) due += history.order().contents.delivery_fee;
    RC_ASSERT(order.due == due);
    RC_ASSERT(payment.due == due);
    RC_ASSERT(payment.authorized >= payment.captured + payment.voided);
    const bool capture_failed = method == "pm_sandbox_capture_fails" && due > 0;
    if (capture_failed) {
      RC_ASSERT(order.state == OrderState::kConfirmed);
      RC_ASSERT(payment.captured == 0);
    } else {
      RC_ASSERT(HasEnded(order));
      RC_ASSERT(payment.captured - payment.refunded == due);
      RC_ASSERT(IsSettled(payment));
    }
  });
  REQUIRE(held);
}

TEST_CASE("no lawful history gives a warning, whenever it is looked at") {
  const bool held = rc::check([] {
    History history(*rc::gen::arbitrary<uint32_t>(), *PaymentMethods(), *Addresses());
    // Reports take as long as they like in these histories.
    MatchSettings settings;
    settings.report_delay = absl::Hours(24);
    int steps = 0;
    do {
      for (const Warning& warning : Match(history.View(), settings, history.now())) {
        RC_FAIL(warning.rule + ": " + warning.sentence);
      }
    } while (history.Step() && ++steps < kMostSteps);
  });
  REQUIRE(held);
}

TEST_CASE("revisions grow by one and statuses are rolled up at every step") {
  const bool held = rc::check([] {
    History history(*rc::gen::arbitrary<uint32_t>(), *PaymentMethods(), *Addresses());
    int64_t order_revision = 1;
    int64_t payment_revision = 0;
    int64_t delivery_revision = 0;
    while (history.Step()) {
      const int64_t order = history.order().status.order.revision;
      const int64_t payment = history.payment() ? history.payment()->status.revision : 0;
      const int64_t delivery = history.delivery() ? history.delivery()->status.revision : 0;
      RC_ASSERT(
          order - order_revision + payment - payment_revision + delivery - delivery_revision <= 1);
      RC_ASSERT(order >= order_revision && payment >= payment_revision &&
                delivery >= delivery_revision);
      order_revision = order;
      payment_revision = payment;
      delivery_revision = delivery;
      if (history.payment()) {
        const PaymentStatus& status = history.payment()->status;
        RC_ASSERT(status.captured == SumOf(status, TransactionType::kCapture));
        RC_ASSERT(status.captured <= status.authorized);
      }
    }
  });
  REQUIRE(held);
}

}  // namespace
}  // namespace tallystick::testing
