#include "platform/error/error.h"
#include "services/shopping/domain/order.h"
#include "services/shopping/domain/order_draft.h"
#include "services/shopping/domain/unexplained.h"
#include "tests/support/catch.h"

namespace tallystick::shopping {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

Catalogue TestCatalogue() {
  Catalogue catalogue;
  catalogue.products["A"] = {"A", "Product A", "", "USD", 1000, 700, 10};
  catalogue.products["B"] = {"B", "Product B", "", "USD", 333, 1900, 10};
  catalogue.products["E"] = {"E", "Product E", "", "EUR", 500, 0, 10};
  catalogue.products["HUGE"] = {"HUGE", "Huge", "", "USD", INT64_MAX / 2, 0, 1'000'000};
  catalogue.options["standard"] = {"standard", "Standard", 490, absl::Hours(120)};
  return catalogue;
}

OrderDraft Draft(std::vector<GoodsQuantity> items) {
  OrderDraft draft;
  draft.request_id = NewUuidV7(kNow);
  draft.buyer = "alice";
  draft.items = std::move(items);
  draft.ship_to.lines = {"Ann", "Street"};
  draft.delivery_option = "standard";
  draft.payment_method = "pm_sandbox_ok";
  return draft;
}

Uuid SomeId() { return NewUuidV7(kNow); }

std::string ReasonOf(const absl::Status& status) { return GetErrorDetail(status).reason; }
std::string FieldOf(const absl::Status& status) { return GetErrorDetail(status).values["field"]; }

TEST_CASE("order: prices, tax by line, fee and total are the shop's") {
  Catalogue catalogue = TestCatalogue();
  const auto contents = PriceAndTake(Draft({{"A", 3}, {"B", 2}}), SomeId(), catalogue, kNow);
  REQUIRE(contents.ok());
  REQUIRE(contents->goods_total == 3666);
  REQUIRE(contents->tax_total == 210 + 127);  // 126.54 is rounded up
  REQUIRE(contents->total == 3666 + 337 + 490);
  REQUIRE(contents->promised_delivery_time == kNow + absl::Hours(120));
  REQUIRE(catalogue.products["A"].stock == 7);
  REQUIRE(catalogue.products["B"].stock == 8);
}

TEST_CASE("order: a refused draft takes nothing from stock") {
  Catalogue catalogue = TestCatalogue();
  const auto refusal = [&](OrderDraft draft) {
    const auto contents = PriceAndTake(draft, SomeId(), catalogue, kNow);
    REQUIRE_FALSE(contents.ok());
    REQUIRE(catalogue.products["A"].stock == 10);
    REQUIRE(catalogue.products["B"].stock == 10);
    return contents.status();
  };
  const absl::Status out = refusal(Draft({{"A", 3}, {"B", 11}}));
  REQUIRE(ReasonOf(out) == "OUT_OF_STOCK");
  REQUIRE(GetErrorDetail(out).values["available"] == "10");
  REQUIRE(FieldOf(out) == "items[1].quantity");
  REQUIRE(ReasonOf(refusal(Draft({{"A", 1}, {"NOPE", 1}}))) == "UNKNOWN_SKU");
  REQUIRE(FieldOf(refusal(Draft({{"A", 1}, {"E", 1}}))) == "items[1].sku");
  REQUIRE(FieldOf(refusal(Draft({{"HUGE", 1'000'000}}))) == "items");
  OrderDraft wrong_total = Draft({{"A", 1}});
  wrong_total.expected_total = Money{"USD", 1};
  REQUIRE(ReasonOf(refusal(wrong_total)) == "TOTAL_CHANGED");
  OrderDraft wrong_option = Draft({{"A", 1}});
  wrong_option.delivery_option = "drone";
  REQUIRE(FieldOf(refusal(wrong_option)) == "delivery_option");
}

TEST_CASE("order: bad drafts are refused by field") {
  const auto field = [](OrderDraft draft) {
    const absl::Status status = CheckDraft(draft);
    REQUIRE(status.code() == absl::StatusCode::kInvalidArgument);
    return FieldOf(status);
  };
  REQUIRE(CheckDraft(Draft({{"A", 1}})).ok());
  REQUIRE(field(Draft({})) == "items");
  REQUIRE(field(Draft(std::vector<GoodsQuantity>(201, {"A", 1}))) == "items");
  REQUIRE(field(Draft({{"A", 0}})) == "items[0].quantity");
  REQUIRE(field(Draft({{"A", -1}})) == "items[0].quantity");
  REQUIRE(field(Draft({{"A", 1'000'001}})) == "items[0].quantity");
  REQUIRE(field(Draft({{"A", 1}, {"A", 2}})) == "items[1].sku");
  REQUIRE(field(Draft({{"", 1}})) == "items[0].sku");
  REQUIRE(field(Draft({{"A B", 1}})) == "items[0].sku");
  const auto with = [](auto change) {
    OrderDraft draft = Draft({{"A", 1}});
    change(draft);
    return draft;
  };
  REQUIRE(field(with([](auto& d) { d.ship_to.lines.clear(); })) == "ship_to.lines");
  REQUIRE(field(with([](auto& d) { d.ship_to.lines = std::vector<std::string>(7, "x"); })) ==
          "ship_to.lines");
  REQUIRE(field(with([](auto& d) { d.ship_to.lines[1] = std::string(201, 'x'); })) ==
          "ship_to.lines[1]");
  REQUIRE(field(with([](auto& d) { d.ship_to.lines[0] = "\xff"; })) == "ship_to.lines[0]");
  REQUIRE(field(with([](auto& d) { d.ship_to.lines[0] = "a\nb"; })) == "ship_to.lines[0]");
  REQUIRE(field(with([](auto& d) { d.buyer_reference = std::string(65, 'x'); })) ==
          "buyer_reference");
  REQUIRE(field(with([](auto& d) { d.payment_method = "4111 1111 1111 1111"; })) ==
          "payment_method");
  REQUIRE(field(with([](auto& d) { d.payment_method = ""; })) == "payment_method");
  REQUIRE(field(with([](auto& d) { d.terms = static_cast<Terms>(17); })) == "terms");
  REQUIRE(field(with([](auto& d) {
            d.expected_total = Money{"usd", 1};
          })) == "expected_total.currency_code");
}

TEST_CASE("order: the fingerprint tells bodies apart, and nothing else") {
  const OrderDraft draft = Draft({{"A", 1}, {"B", 2}});
  OrderDraft same = draft;
  same.request_id = SomeId();
  same.buyer = "bob";
  REQUIRE(Fingerprint(draft) == Fingerprint(same));
  const auto differs = [&](auto change) {
    OrderDraft other = draft;
    change(other);
    return Fingerprint(other) != Fingerprint(draft);
  };
  REQUIRE(differs([](auto& d) { d.items[0].quantity = 2; }));
  REQUIRE(differs([](auto& d) { d.items.pop_back(); }));
  REQUIRE(differs([](auto& d) { d.ship_to.lines[0] = "Bob"; }));
  REQUIRE(differs([](auto& d) { d.payment_method = "other"; }));
  REQUIRE(differs([](auto& d) { d.expected_total = Money{"USD", 1}; }));
  REQUIRE(differs([](auto& d) { d.buyer_reference = "x"; }));
}

// An order of two products with the reports that move it.
struct Trade {
  Change change;
  PaymentStatus payment;
  DeliveryStatus delivery;

  Trade() {
    Catalogue catalogue = TestCatalogue();
    change = Accept(*PriceAndTake(Draft({{"A", 3}, {"B", 2}}), SomeId(), catalogue, kNow), "alice",
                    "", "pm_sandbox_ok", {}, kNow);
    payment.currency = "USD";
    payment.due = change.order.contents.total;
    payment.transactions = {
        {1, TransactionType::kAuthorize, TransactionState::kPending, payment.due}};
    delivery.booking = BookingState::kPending;
    delivery.lines = {{"A", 3}, {"B", 2}};
    delivery.shipments = {{"1", ShipmentState::kScheduled, {{"A", 3}}},
                          {"2", ShipmentState::kScheduled, {{"B", 2}}}};
  }
  const OrderStatus& status() const { return change.order.status.order; }
  void ReportPayment(TransactionState authorization) {
    payment.transactions[0].state = authorization;
    if (authorization == TransactionState::kFailed) {
      payment.state = PaymentState::kDeclined;
      payment.due = 0;
    }
    ++payment.revision;
    change = OnReport(change.order, {payment.trading_id, payment}, kNow);
  }
  void ReportDelivery() {
    ++delivery.revision;
    change = OnReport(change.order, {delivery.trading_id, delivery}, kNow);
  }
};

TEST_CASE("order: accepted tells payment to authorize and delivery to book") {
  const Trade trade;
  REQUIRE(trade.status().state == OrderState::kAccepted);
  REQUIRE(trade.change.payment.size() == 1);
  REQUIRE(std::get<AuthorizePayment>(trade.change.payment[0].what).total.minor ==
          trade.change.order.contents.total);
  REQUIRE(std::get<BookDelivery>(trade.change.delivery[0].what).lines.size() == 2);
}

TEST_CASE("order: both said yes, in either order, confirms and releases") {
  const bool payment_first = GENERATE(true, false);
  Trade trade;
  trade.delivery.booking = BookingState::kAccepted;
  if (payment_first) trade.ReportPayment(TransactionState::kSucceeded);
  if (!payment_first) trade.ReportDelivery();
  REQUIRE(trade.status().state == OrderState::kAccepted);
  if (payment_first) trade.ReportDelivery();
  if (!payment_first) trade.ReportPayment(TransactionState::kSucceeded);
  REQUIRE(trade.status().state == OrderState::kConfirmed);
  REQUIRE(std::holds_alternative<ReleaseDelivery>(trade.change.delivery.at(0).what));
}

TEST_CASE("order: payment declined rejects, cancels delivery, gives the stock back") {
  Trade trade;
  trade.ReportPayment(TransactionState::kFailed);
  REQUIRE(trade.status().state == OrderState::kRejected);
  REQUIRE(trade.status().due == 0);
  REQUIRE(trade.change.payment.size() == 1);
  REQUIRE(std::holds_alternative<ReduceDue>(trade.change.payment[0].what));
  REQUIRE(std::holds_alternative<CancelDelivery>(trade.change.delivery.at(0).what));
  REQUIRE(trade.change.stock_back == std::vector<GoodsQuantity>{{"A", 3}, {"B", 2}});
  // Later reports change nothing more.
  trade.ReportDelivery();
  REQUIRE(trade.change.stock_back.empty());
  REQUIRE(trade.change.delivery.empty());
}

TEST_CASE("order: delivery refused rejects and takes the whole amount off what is due") {
  Trade trade;
  trade.delivery.booking = BookingState::kRefused;
  trade.delivery.reason = "too far";
  trade.ReportDelivery();
  REQUIRE(trade.status().state == OrderState::kRejected);
  REQUIRE(trade.change.delivery.empty());
  REQUIRE(std::get<ReduceDue>(trade.change.payment.at(0).what).amount ==
          trade.change.order.contents.total);
}

TEST_CASE("order: each shipment is captured once at dispatch, and all of them are the total") {
  Trade trade;
  trade.delivery.booking = BookingState::kAccepted;
  trade.ReportPayment(TransactionState::kSucceeded);
  trade.ReportDelivery();
  trade.delivery.shipments[0].dispatch_time = kNow;
  trade.delivery.shipments[0].state = ShipmentState::kInTransit;
  trade.ReportDelivery();
  REQUIRE(trade.change.payment.size() == 1);
  const int64_t first = std::get<CapturePayment>(trade.change.payment[0].what).amount;
  REQUIRE(first == 3210 + 490);  // with the delivery fee
  trade.ReportDelivery();
  REQUIRE(trade.change.payment.empty());
  trade.delivery.shipments[1].dispatch_time = kNow;
  trade.delivery.shipments[1].state = ShipmentState::kInTransit;
  trade.ReportDelivery();
  const int64_t second = std::get<CapturePayment>(trade.change.payment.at(0).what).amount;
  REQUIRE(first + second == trade.change.order.contents.total);

  // The second is lost: its value is given back, and its goods cannot be sold again.
  trade.delivery.shipments[1].state = ShipmentState::kFailed;
  trade.delivery.lines[1].failed = 2;
  trade.ReportDelivery();
  REQUIRE(std::get<ReduceDue>(trade.change.payment.at(0).what).amount == second);
  REQUIRE(trade.change.stock_back.empty());
  REQUIRE(trade.status().lines[1].written_off == 2);
  REQUIRE(trade.status().due == first);
  trade.ReportDelivery();
  REQUIRE(trade.change.payment.empty());
  REQUIRE(trade.change.stock_back.empty());
}

TEST_CASE("order: what left and failed meanwhile is called for and taken back, as it was before") {
  Trade trade;
  trade.delivery.booking = BookingState::kAccepted;
  trade.ReportPayment(TransactionState::kSucceeded);
  trade.ReportDelivery();
  trade.delivery.shipments[0].dispatch_time = kNow;
  trade.delivery.shipments[0].state = ShipmentState::kFailed;
  trade.delivery.lines[0].failed = 3;
  trade.ReportDelivery();
  REQUIRE(trade.change.payment.size() == 2);
  const auto& capture = std::get<CapturePayment>(trade.change.payment[0].what);
  const auto& reduce = std::get<ReduceDue>(trade.change.payment[1].what);
  REQUIRE(capture.shipment_id == "1");
  REQUIRE(reduce.amount == capture.amount);
  REQUIRE(reduce.called_for == std::vector<ShipmentAmount>{{"1", capture.amount}});
  REQUIRE(trade.change.payment[1].sequence == trade.change.payment[0].sequence + 1);

  // What failed before it left is not paid for.
  trade.delivery.shipments[1].state = ShipmentState::kFailed;
  trade.delivery.lines[1].failed = 2;
  trade.ReportDelivery();
  REQUIRE(trade.change.payment.size() == 1);
  REQUIRE(std::get<ReduceDue>(trade.change.payment[0].what).called_for.empty());
}

TEST_CASE("order: what payment alone remembers stops an order that has not begun, and is told") {
  Order order;
  order.status.order.state = OrderState::kAccepted;
  order.status.order.payment_instructions = 1;
  PaymentStatus payment;
  payment.state = PaymentState::kVoided;
  payment.instructions_applied = 2;  // it was canceled, says a payment that has lost nothing
  REQUIRE(FindUnexplained(order, &payment, nullptr).stands);
  DeliveryStatus delivery;
  delivery.instructions_applied = 1;
  delivery.booking = BookingState::kAccepted;
  REQUIRE(FindUnexplained(order, &payment, &delivery).stands);
  // Delivery knows what became of it; or payment itself does.
  delivery.instructions_applied = 2;
  REQUIRE_FALSE(FindUnexplained(order, &payment, &delivery).stands);
  delivery = {};
  delivery.booking = BookingState::kRefused;
  REQUIRE_FALSE(FindUnexplained(order, &payment, &delivery).stands);
  payment.state = PaymentState::kDeclined;
  REQUIRE_FALSE(FindUnexplained(order, &payment, nullptr).stands);
  REQUIRE(FindUnexplained(order, nullptr, nullptr).why.empty());
}

TEST_CASE("order: money that is taken for goods that delivery holds to be there is told") {
  Order order;
  order.status.order.state = OrderState::kConfirmed;
  PaymentStatus payment;
  PaymentTransaction capture;
  capture.type = TransactionType::kCapture;
  capture.shipment_id = "1";
  payment.transactions.push_back(capture);
  DeliveryStatus delivery;
  Shipment shipment;
  shipment.shipment_id = "1";
  shipment.state = ShipmentState::kPreparing;
  delivery.shipments.push_back(shipment);
  const Unexplained unexplained = FindUnexplained(order, &payment, &delivery);
  REQUIRE_FALSE(unexplained.why.empty());
  REQUIRE_FALSE(unexplained.stands);
  delivery.shipments[0].state = ShipmentState::kInTransit;
  delivery.shipments[0].dispatch_time = kNow;
  REQUIRE(FindUnexplained(order, &payment, &delivery).why.empty());
}

}  // namespace
}  // namespace tallystick::shopping
