// What follows from a trade's values: what it costs, whether it has ended, and its three sides.
#include "client-cli/trade/trade.h"

#include <functional>
#include <limits>

#include "absl/strings/str_cat.h"
#include "client-cli/trade/sides.h"
#include "platform/trade/pricing.h"
#include "tests/support/catch.h"

namespace tallystick {
namespace {

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

TEST_CASE("pricing: lines, sums, and what does not fit") {
  OrderContents contents;
  contents.currency = "USD";
  // Half a cent of tax is rounded up, line by line.
  for (const int64_t quantity : {1, 3}) {
    contents.lines.push_back(*Priced({"A", "A", quantity, 150, 700}));
  }
  contents.delivery_fee = 490;
  REQUIRE(contents.lines[0].goods_amount == 150);
  REQUIRE(contents.lines[0].tax_amount == 11);
  REQUIRE(contents.lines[1].goods_amount == 450);
  REQUIRE(contents.lines[1].tax_amount == 32);
  const Totals totals = TotalsOf(contents);
  REQUIRE(totals.goods == 600);
  REQUIRE(totals.tax == 43);
  REQUIRE(totals.all == 1133);

  REQUIRE_FALSE(Priced({"A", "A", 2, kMax, 0}));
  REQUIRE_FALSE(Priced({"A", "A", 1, kMax, 20'000}));
  contents.lines.push_back(*Priced({"B", "B", 1, kMax, 0}));
  REQUIRE_FALSE(TotalsOf(contents).goods);
  REQUIRE(TotalsOf(contents).tax == 43);
  REQUIRE_FALSE(TotalsOf(contents).all);
  contents.lines = {*Priced({"B", "B", 1, kMax, 0})};
  REQUIRE(TotalsOf(contents).goods == kMax);
  REQUIRE_FALSE(TotalsOf(contents).all);  // the fee
}

TEST_CASE("a trade has ended when its order has, and payment and delivery have heard all of it") {
  LedgerTrade trade;
  REQUIRE_FALSE(HasEnded(trade));
  OrderStatus& order = trade.order.emplace();
  order.state = OrderState::kCompleted;
  order.payment_instructions = order.delivery_instructions = 2;
  order.payment_revision = order.delivery_revision = 3;
  PaymentStatus& payment = trade.payment.emplace();
  payment.due = payment.captured = 100;
  payment.instructions_applied = 2;
  payment.revision = 3;
  REQUIRE_FALSE(HasEnded(trade));
  DeliveryStatus& delivery = trade.delivery.emplace();
  delivery.instructions_applied = 2;
  delivery.revision = 3;
  REQUIRE(HasEnded(trade));
  const std::function<void(LedgerTrade&)> open[] = {
      [](LedgerTrade& open) { open.order->state = OrderState::kCancelPending; },
      [](LedgerTrade& open) {
        open.order->returns.push_back({"R1", ReturnState::kCollecting});
      },
      [](LedgerTrade& open) {
        open.order->returns.push_back({"R1", ReturnState::kReceived});
      },
      [](LedgerTrade& open) { open.payment->captured = 99; },
      [](LedgerTrade& open) { open.payment->instructions_applied = 1; },
      [](LedgerTrade& open) { open.payment->revision = 2; },
      [](LedgerTrade& open) { open.delivery->instructions_applied = 1; },
      [](LedgerTrade& open) { open.delivery->revision = 2; }};
  for (const auto& change : open) {
    LedgerTrade changed = trade;
    change(changed);
    REQUIRE_FALSE(HasEnded(changed));
  }
}

TEST_CASE("the three sides go by one table") {
  LedgerTrade trade;
  trade.payment.emplace().revision = 7;
  std::string words;
  ForEachSide(
      [&](Side side, const auto& status) {
        absl::StrAppend(&words, ServiceOf(side), status ? "!" : "?", NamesOf(side).status, " ");
        REQUIRE(SideOfService(ServiceOf(side)) == side);
        REQUIRE(SideOf(typename std::decay_t<decltype(status)>::value_type()) == side);
        trade.seen[side] = absl::FromUnixSeconds(static_cast<int>(side));
      },
      trade);
  REQUIRE(words == "shopping?order payment!payment delivery?delivery ");
  REQUIRE(trade.seen.delivery == absl::FromUnixSeconds(2));
  REQUIRE_FALSE(SideOfService("order"));
}

}  // namespace
}  // namespace tallystick
