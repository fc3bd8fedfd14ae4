// The numbered sequences between the servers, and money that moves once.
#include <map>

#include "platform/wire/convert.h"
#include "tests/support/gateways.h"
#include "tests/support/in_process_stack.h"

namespace tallystick::testing {
namespace {

TEST_CASE("money moves once, though every answer of the gateway is lost and payment restarts") {
  RecordingGateway gateway(true);
  InProcessStack stack(&gateway);
  stack.LoadProducts();
  std::vector<std::string> ids;
  for (int i = 0; i < 20; ++i) ids.push_back(stack.Place(InProcessStack::Order(1))->trading_id());
  stack.StopPayment();
  stack.StartPayment();
  for (const std::string& id : ids) REQUIRE(stack.Reaches(id, v1::ORDER_STATE_COMPLETED));
  const std::map<std::string, int> submitted = gateway.submitted();
  REQUIRE(submitted.size() == 40);  // one authorization and one capture each
  for (const auto& [reference, times] : submitted) {
    CAPTURE(reference);
    REQUIRE(times == 1);
  }
}

v1::PaymentInstruction Authorize(const Uuid& id) {
  return wire::ToProto(PaymentInstruction{
      id, 1,
      AuthorizePayment{
          "alice", "digest", {"USD", 100}, Terms::kPrepaid, "pm_sandbox_ok", absl::Now()}});
}

TEST_CASE("instructions take effect once and in order, whatever is repeated or comes early") {
  InProcessStack stack;
  const Uuid id = NewUuidV7(absl::Now());
  auto stub = v1::PaymentInstructions::NewStub(
      Keys::Get().PeerChannel("shopping", "payment", stack.address(4)));
  const auto send = [&](std::vector<v1::PaymentInstruction> instructions) {
    v1::PaymentInstructionsApplyInstructionsRequest request;
    for (auto& instruction : instructions) *request.add_instructions() = instruction;
    v1::PaymentInstructionsApplyInstructionsResponse response;
    REQUIRE(stub->ApplyInstructions(InProcessStack::By("peer").get(), request, &response).ok());
    std::vector<v1::ApplyOutcome> outcomes;
    for (const auto& result : response.results()) outcomes.push_back(result.outcome());
    return outcomes;
  };
  const auto reduce = wire::ToProto(PaymentInstruction{id, 2, ReduceDue{10, "USD", "test"}});
  const auto unlawful = wire::ToProto(PaymentInstruction{id, 3, CapturePayment{9999, "USD", "1"}});
  const auto after = wire::ToProto(PaymentInstruction{id, 4, ReduceDue{10, "USD", "test"}});
  using Outcomes = std::vector<v1::ApplyOutcome>;
  REQUIRE(send({reduce}) == Outcomes{v1::APPLY_OUTCOME_NOT_YET});
  REQUIRE(send({Authorize(id), Authorize(id), reduce}) ==
          Outcomes{v1::APPLY_OUTCOME_APPLIED, v1::APPLY_OUTCOME_ALREADY_APPLIED,
                   v1::APPLY_OUTCOME_APPLIED});
  REQUIRE(send({reduce}) == Outcomes{v1::APPLY_OUTCOME_ALREADY_APPLIED});
  // What the domain refuses uses its number up and holds nobody up, and stays refused.
  REQUIRE(send({unlawful, after}) ==
          Outcomes{v1::APPLY_OUTCOME_REFUSED, v1::APPLY_OUTCOME_APPLIED});
  REQUIRE(send({unlawful, after}) ==
          Outcomes{v1::APPLY_OUTCOME_REFUSED, v1::APPLY_OUTCOME_ALREADY_APPLIED});
  v1::PaymentInstruction unknown_kind;
  unknown_kind.set_trading_id(id.ToString());
  unknown_kind.set_sequence(5);
  REQUIRE(send({unknown_kind}) == Outcomes{v1::APPLY_OUTCOME_RETRY});

  auto buyer = v1::PaymentService::NewStub(Keys::Get().BuyerChannel(stack.address(1)));
  v1::GetPaymentStatusRequest ask;
  ask.set_trading_id(id.ToString());
  v1::GetPaymentStatusResponse answer;
  REQUIRE(buyer->GetPaymentStatus(InProcessStack::By("alice").get(), ask, &answer).ok());
  REQUIRE(answer.status().due().minor_units() == 80);
  REQUIRE(answer.status().instructions_applied() == 4);
}

TEST_CASE("orders go on being taken while payment is down, and complete when it is back") {
  InProcessStack stack;
  stack.LoadProducts();
  stack.StopPayment();
  std::vector<std::string> ids;
  for (int i = 0; i < 10; ++i) {
    const auto placed = stack.Place(InProcessStack::Order(1));
    REQUIRE(placed.ok());
    ids.push_back(placed->trading_id());
  }
  REQUIRE(WaitUntil([&] { return stack.Status(ids.back()).has_delivery(); }));
  REQUIRE_FALSE(stack.Status(ids.back()).has_payment());

  // The client gets what can be had and is told what could not.
  LedgerTrade trade;
  trade.information.emplace();
  trade.information->contents.trading_id = *ParseUuid(ids.back());
  trade.information->services = {stack.address(0), stack.address(1), stack.address(2)};
  Shop shop = stack.ShopOf("alice");
  const std::vector<TradeView> views = shop.Ask(std::vector<LedgerTrade>{trade});
  REQUIRE(views[0].order.get() != nullptr);
  REQUIRE(views[0].delivery.get() != nullptr);
  REQUIRE(views[0].payment.kind == Answer<PaymentStatus>::kUnreachable);

  stack.StartPayment();
  for (const std::string& id : ids) REQUIRE(stack.Reaches(id, v1::ORDER_STATE_COMPLETED));
}

TEST_CASE(
    "two shops on one database sell each piece once and give the same answer to one request") {
  InProcessStack stack;
  stack.LoadProducts();
  const std::vector<std::string> more = FreeAddresses(2);
  const auto replica = stack.StartShoppingReplica(more);

  std::vector<v1::PlaceOrderRequest> orders;
  for (int i = 0; i < 150; ++i) orders.push_back(InProcessStack::Order(1));
  std::map<std::string, std::string> by_request[2];
  std::thread buyers[2];
  for (int which = 0; which < 2; ++which) {
    buyers[which] = std::thread([&, which] {
      auto stub = v1::ShoppingService::NewStub(
          Keys::Get().BuyerChannel(which == 0 ? stack.address(0) : more[0]));
      for (size_t at = 0; at < orders.size(); at += 10) {
        v1::BatchPlaceOrdersRequest batch;
        for (size_t i = at; i < at + 10; ++i) *batch.add_requests() = orders[i];
        v1::BatchPlaceOrdersResponse response;
        (void)stub->BatchPlaceOrders(InProcessStack::By("alice").get(), batch, &response);
        for (int i = 0; i < response.results_size(); ++i) {
          if (!response.results(i).has_information()) continue;
          by_request[which][orders[at + static_cast<size_t>(i)].request_id()] =
              response.results(i).information().SerializeAsString();
        }
      }
    });
  }
  for (std::thread& buyer : buyers) buyer.join();
  REQUIRE(by_request[0].size() == 100);
  REQUIRE(by_request[0] == by_request[1]);
  REQUIRE(stack.Stock("A") == "0");
  REQUIRE(stack.postgres().Ask("shopping", "SELECT count(*) FROM orders WHERE revision > 0") ==
          "100");
  replica->Drain();
}

}  // namespace
}  // namespace tallystick::testing
