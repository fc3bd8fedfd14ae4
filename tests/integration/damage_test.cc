// One thing that is broken, or held by somebody, stops nothing else; the back office sees it and
// has it done when it is whole again.
#include "absl/strings/escaping.h"
#include "platform/wire/convert.h"
#include "services/payment/workflow/payment_workflow.h"
#include "tests/support/gateways.h"
#include "tests/support/in_process_stack.h"

namespace tallystick::testing {
namespace {

void GiveUpSoon(rpc::ServerSettings& settings) {
  settings.work.max_attempts = 3;
  // Time to find out whose fault it is, however busy the machine.
  settings.batching.max_wait = absl::Seconds(20);
  settings.database.timeouts.lock = absl::Milliseconds(100);
}

// `count` orders, all of which complete.
void CompleteOrders(const InProcessStack& stack, int count) {
  std::vector<std::string> ids;
  for (int i = 0; i < count; ++i) {
    const auto placed = stack.Place(InProcessStack::Order(1));
    REQUIRE(placed.ok());
    ids.push_back(placed->trading_id());
  }
  for (const std::string& id : ids) REQUIRE(stack.Reaches(id, v1::ORDER_STATE_COMPLETED));
}

TEST_CASE("a stray row of the history parks one trade's step, and the others go on") {
  InProcessStack stack(nullptr, GiveUpSoon);
  stack.LoadProducts();
  const std::string id = [&] {
    stack.StopPayment();
    const auto placed = stack.Place(InProcessStack::Order(1));
    REQUIRE(placed.ok());
    // Of a revision that the payment will want to write when the bank has answered.
    stack.postgres().Execute("payment", "INSERT INTO history VALUES ('" + placed->trading_id() +
                                            "', 2, now(), 'stray')");
    stack.StartPayment();
    return placed->trading_id();
  }();
  Shop shop = stack.ShopOf("operator:bob");
  BackOffice back(shop);
  const auto parked = [&] {
    const auto work = back.ListWork();
    return work.ok() && work->size() == 1 && work->front().parked &&
           work->front().trading_id.ToString() == id;
  };
  REQUIRE(WaitUntil([&] {
    CompleteOrders(stack, 1);
    return parked();
  }));
  REQUIRE(back.ListWork()->front().reason ==
          "the database refused a statement; see the server's log");
  stack.postgres().Execute("payment", "DELETE FROM history WHERE entry = 'stray'");
  REQUIRE(*back.ResolveWork(*ParseUuid(id), false) == 1);
  REQUIRE(stack.Reaches(id, v1::ORDER_STATE_COMPLETED));
  REQUIRE(back.ListWork()->empty());
}

std::string Hex(const std::string& bytes) { return "'\\x" + absl::BytesToHexString(bytes) + "'"; }

TEST_CASE(
    "a message that was refused is kept with the reason, refused again, and dropped by people") {
  InProcessStack stack(nullptr, GiveUpSoon);
  stack.LoadProducts();
  const std::string id = stack.Place(InProcessStack::Order(1))->trading_id();
  REQUIRE(stack.Reaches(id, v1::ORDER_STATE_COMPLETED));
  const std::string where = " WHERE trading_id = '" + id + "'";
  const auto revision = [&] {
    return stack.postgres().Ask("payment", "SELECT revision FROM payments" + where);
  };
  const v1::PaymentStatus payment = stack.Status(id).payment();
  const int64_t number = payment.instructions_applied() + 1;
  // What the shop tells payment next is made unlawful on its way.
  stack.StopPayment();
  stack.ReturnOne(id);
  const std::string next = where + " AND queue = 1 AND number = " + std::to_string(number);
  REQUIRE(WaitUntil(
      [&] { return stack.postgres().Ask("shopping", "SELECT count(*) FROM work" + next) == "1"; }));
  stack.StopShopping();
  const PaymentInstruction unlawful{*ParseUuid(id), number, ReduceDue{1, "EUR", "a test"}};
  stack.postgres().Execute("shopping", "UPDATE work SET due_time = now(), payload = " +
                                           Hex(wire::ToProto(unlawful).SerializeAsString()) + next);
  stack.StartPayment();
  stack.StartShopping();
  Shop shop = stack.ShopOf("operator:bob");
  BackOffice back(shop);
  const auto refused = [&] {
    const auto work = back.ListWork();
    return work.ok() && work->size() == 1 && work->front().refused && work->front().parked &&
           work->front().number == number &&
           work->front().reason == "the reduction is in another currency";
  };
  REQUIRE(WaitUntil(refused));
  REQUIRE(stack.postgres().Ask("payment",
                               "SELECT string_agg(subject || ' ' || result, ',') FROM audit "
                               "WHERE rpc = 'PaymentInstructions/ApplyInstructions'") ==
          "shopping REFUSED");
  const std::string after_first = revision();
  REQUIRE(after_first == std::to_string(payment.revision() + 1));
  // Sent again it is not forgotten.
  REQUIRE(*back.ResolveWork(*ParseUuid(id), false) == 1);
  REQUIRE(WaitUntil(refused));
  REQUIRE(revision() == after_first);
  REQUIRE(*back.ResolveWork(*ParseUuid(id), true) == 1);
  REQUIRE(back.ListWork()->empty());
  REQUIRE(stack.postgres().Ask("shopping",
                               "SELECT string_agg(result, ',' ORDER BY audit_time) FROM audit "
                               "WHERE rpc = 'ShoppingOperations/ResolveWork'") ==
          "RETRIED,DROPPED");
}

TEST_CASE("a document that cannot be read is an error of its own trade, and never an empty one") {
  InProcessStack stack(nullptr, GiveUpSoon);
  stack.LoadProducts();
  const auto placed = stack.Place(InProcessStack::Order(1));
  REQUIRE(stack.Reaches(placed->trading_id(), v1::ORDER_STATE_COMPLETED));
  REQUIRE(stack.IsQuiet());
  const std::string where = " WHERE trading_id = '" + placed->trading_id() + "'";
  stack.postgres().Execute("shopping", "UPDATE orders SET document = 'junk'" + where);
  v1::CancelOrderRequest cancel;
  cancel.set_trading_id(placed->trading_id());
  cancel.set_request_id(NewUuidV7(absl::Now()).ToString());
  v1::CancelOrderResponse canceled;
  v1::GetTradingStatusRequest ask;
  ask.set_trading_id(placed->trading_id());
  v1::GetTradingStatusResponse answer;
  const auto stub = stack.shopping_stub();
  REQUIRE(stub->CancelOrder(InProcessStack::By("alice").get(), cancel, &canceled).error_code() ==
          grpc::StatusCode::INTERNAL);
  REQUIRE(stub->GetTradingStatus(InProcessStack::By("alice").get(), ask, &answer).error_code() ==
          grpc::StatusCode::INTERNAL);
  CompleteOrders(stack, 3);
  REQUIRE(stack.postgres().Ask("shopping", "SELECT document = 'junk' FROM orders" + where) == "t");
}

TEST_CASE("an entry of the history that cannot be read is an error of who asks for it") {
  InProcessStack stack;
  stack.LoadProducts();
  const auto placed = stack.Place(InProcessStack::Order(1));
  REQUIRE(stack.Reaches(placed->trading_id(), v1::ORDER_STATE_COMPLETED));
  stack.postgres().Execute("shopping", "UPDATE history SET entry = 'stray' WHERE revision = 2");
  v1::BatchGetOrderStatusesRequest ask;
  v1::BatchGetOrderStatusesResponse answer;
  for (const int64_t revision : {1, 2, 3}) {
    ask.add_trading_ids(placed->trading_id());
    ask.add_revisions(revision);
  }
  REQUIRE(stack.shopping_stub()
              ->BatchGetOrderStatuses(InProcessStack::By("alice").get(), ask, &answer)
              .ok());
  REQUIRE(answer.results(0).status().revision() == 1);
  REQUIRE(answer.results(1).error().code() == static_cast<int>(absl::StatusCode::kInternal));
  REQUIRE(answer.results(2).status().revision() == 3);
}

TEST_CASE("a trade that nobody can put together again waits for people, who drop it") {
  InProcessStack stack(nullptr, GiveUpSoon);
  stack.LoadProducts();
  const std::string lost = stack.Place(InProcessStack::Order(1))->trading_id();
  REQUIRE(stack.Reaches(lost, v1::ORDER_STATE_COMPLETED));
  REQUIRE(stack.IsQuiet());
  const std::string where = " WHERE trading_id = '" + lost + "'";
  Shop shop = stack.ShopOf("operator:bob");
  BackOffice back(shop);
  // Only delivery has it still, and reports.
  stack.postgres().Execute("shopping", "DELETE FROM orders" + where);
  stack.postgres().Execute("payment", "DELETE FROM payments" + where);
  v1::GetDeliveryStatusRequest ask;
  ask.set_trading_id(lost);
  v1::GetDeliveryStatusResponse status;
  REQUIRE(v1::DeliveryService::NewStub(Keys::Get().BuyerChannel(stack.address(2)))
              ->GetDeliveryStatus(InProcessStack::By("alice").get(), ask, &status)
              .ok());
  v1::Report report;
  *report.mutable_delivery() = status.status();
  stack.postgres().Execute("delivery",
                           "INSERT INTO work (trading_id, queue, number, due_time, payload) "
                           "SELECT trading_id, 1, revision, now(), " +
                               Hex(report.SerializeAsString()) + " FROM deliveries" + where);
  // The report, and the trade.
  REQUIRE(WaitUntil([&] {
    const auto work = back.ListWork();
    return work.ok() && work->size() == 2 && std::ranges::all_of(*work, &WaitingWork::parked);
  }));
  REQUIRE(back.ListWork()->front().reason ==
          "the shop has lost the order: nobody keeps the order for the shop");
  CompleteOrders(stack, 3);
  const Uuid trade = *ParseUuid(lost);
  REQUIRE(*back.ResolveWork(trade, true) == 2);
  // (Others were compared while they were under way; three tries are few.)
  const auto left = back.ListWork();
  REQUIRE(std::ranges::count(*left, trade, &WaitingWork::trading_id) == 0);
}

TEST_CASE("a bundle of what nobody can read parks what is in it, and holds no other up") {
  InProcessStack stack(nullptr, GiveUpSoon);
  stack.LoadProducts();
  const std::string bundle =
      "INSERT INTO bundles (bundle, queue, due_time, trading_ids, numbers, payloads) VALUES "
      "(gen_random_uuid(), 1, '2020-01-01', ARRAY[gen_random_uuid(), gen_random_uuid()], "
      "ARRAY[1, 9223372036854775807], ARRAY['\\xff'::bytea, '\\xfe'])";
  for (const char* database : {"shopping", "payment", "delivery"}) {
    stack.postgres().Execute(database, bundle);
    stack.postgres().Execute(database,
                             "INSERT INTO bundles (bundle, queue, due_time, trading_ids, numbers, "
                             "payloads) VALUES (gen_random_uuid(), 1, now(), '{}', '{}', '{}')");
  }
  CompleteOrders(stack, 3);
  Shop shop = stack.ShopOf("operator:bob");
  BackOffice back(shop);
  REQUIRE(WaitUntil([&] {
    const auto work = back.ListWork();
    return work.ok() && work->size() == 6 && std::ranges::all_of(*work, &WaitingWork::parked);
  }));
  const auto parked = back.ListWork();
  for (const WaitingWork& work : *parked) REQUIRE(*back.ResolveWork(work.trading_id, true) == 1);
  CompleteOrders(stack, 1);
  REQUIRE(stack.IsQuiet());

  // What could not be taken apart is not let in.
  for (const char* wrong :
       {"ARRAY[1], ARRAY[''::bytea, '']", "ARRAY[1, NULL], ARRAY[''::bytea, '']",
        "ARRAY[1, 2], ARRAY[''::bytea, NULL]"}) {
    REQUIRE_THROWS(stack.postgres().Execute(
        "payment", std::string("INSERT INTO bundles VALUES (gen_random_uuid(), 1, now(), "
                               "ARRAY[gen_random_uuid(), gen_random_uuid()], ") +
                       wrong + ")"));
  }
}

TEST_CASE("a report in the wrong sender's queue parks itself, and holds no other up") {
  InProcessStack stack(nullptr, GiveUpSoon);
  stack.LoadProducts();
  const std::string stray = NewUuidV7(absl::Now()).ToString();
  v1::Report of_payment;
  of_payment.mutable_payment()->set_trading_id(stray);
  of_payment.mutable_payment()->set_revision(1);
  v1::Report of_delivery;
  of_delivery.mutable_delivery()->set_trading_id(stray);
  of_delivery.mutable_delivery()->set_revision(1);
  const std::string insert =
      "INSERT INTO work (trading_id, queue, number, due_time, payload) VALUES ('" + stray +
      "', 1, 1, now(), ";
  stack.postgres().Execute("delivery", insert + Hex(of_payment.SerializeAsString()) + ")");
  stack.postgres().Execute("payment", insert + Hex(of_delivery.SerializeAsString()) + ")");
  CompleteOrders(stack, 5);
  Shop shop = stack.ShopOf("operator:bob");
  BackOffice back(shop);
  REQUIRE(WaitUntil([&] {
    const auto work = back.ListWork();
    return work.ok() && work->size() == 2 && (*work)[0].parked && (*work)[1].parked;
  }));
  REQUIRE(*back.ResolveWork(*ParseUuid(stray), true) == 2);
  CompleteOrders(stack, 1);
}

TEST_CASE("a product that somebody holds delays its own orders, and no others") {
  InProcessStack stack(nullptr, GiveUpSoon);
  stack.LoadProducts();
  pqxx::connection connection(stack.postgres().Url("shopping"));
  pqxx::work holder(connection);
  holder.exec("SELECT 1 FROM products WHERE sku = 'B' FOR UPDATE");
  v1::BatchPlaceOrdersRequest batch;
  for (int i = 0; i < 40; ++i) *batch.add_requests() = InProcessStack::Order(1);
  for (const int held : {7, 21}) batch.mutable_requests(held)->mutable_items(0)->set_sku("B");
  v1::BatchPlaceOrdersResponse response;
  REQUIRE(stack.shopping_stub()
              ->BatchPlaceOrders(InProcessStack::By("alice").get(), batch, &response)
              .ok());
  for (int i = 0; i < 40; ++i) {
    CAPTURE(i);
    REQUIRE(response.results(i).has_information() == (i != 7 && i != 21));
    if (response.results(i).has_error()) {
      REQUIRE(response.results(i).error().code() == static_cast<int>(absl::StatusCode::kAborted));
    }
  }
  holder.abort();
  // Sent again under the same ids, they are placed.
  REQUIRE(stack.shopping_stub()
              ->BatchPlaceOrders(InProcessStack::By("alice").get(), batch, &response)
              .ok());
  for (const auto& result : response.results()) REQUIRE(result.has_information());
  REQUIRE(stack.Stock("A") == "62");
  REQUIRE(stack.Stock("B") == "98");
}

TEST_CASE("a receiver that takes only small messages gets them in small batches") {
  InProcessStack stack(nullptr, [](rpc::ServerSettings& settings) {
    settings.ports.limits.messages.max_message_bytes = 4096;
  });
  stack.LoadProducts();
  stack.StopPayment();
  std::vector<std::string> ids;
  for (int i = 0; i < 60; ++i) ids.push_back(stack.Place(InProcessStack::Order(1))->trading_id());
  stack.StartPayment();
  for (const std::string& id : ids) REQUIRE(stack.Reaches(id, v1::ORDER_STATE_COMPLETED));
}

TEST_CASE("a gateway that is slow does not make others ask it again") {
  // Each answer takes a tenth of the lease.
  class SlowGateway final : public payment::Gateway {
   public:
    payment::GatewayAnswer Submit(const payment::GatewayRequest& request) override {
      absl::SleepFor(absl::Milliseconds(50));
      std::lock_guard lock(mutex_);
      ++asked_[request.reference];
      return {payment::GatewayAnswer::kSucceeded, ""};
    }
    payment::GatewayAnswer Ask(const payment::GatewayRequest& request) override {
      std::lock_guard lock(mutex_);
      ++asked_[request.reference];
      return {payment::GatewayAnswer::kSucceeded, ""};
    }
    std::map<std::string, int> asked() {
      std::lock_guard lock(mutex_);
      return asked_;
    }

   private:
    std::mutex mutex_;
    std::map<std::string, int> asked_;
  } gateway;
  InProcessStack stack(
      &gateway, [](rpc::ServerSettings& settings) { settings.work.lease = absl::Seconds(1); });
  stack.LoadProducts();
  const auto replica = stack.StartPaymentReplica(FreeAddresses(2));
  std::vector<std::string> ids;
  for (int i = 0; i < 60; ++i) ids.push_back(stack.Place(InProcessStack::Order(1))->trading_id());
  for (const std::string& id : ids) REQUIRE(stack.Reaches(id, v1::ORDER_STATE_COMPLETED));
  for (const auto& [reference, times] : gateway.asked()) {
    CAPTURE(reference);
    REQUIRE(times == 1);
  }
  replica->Drain();
}

TEST_CASE("what a server slept over is asked about at the gateway, and not submitted again") {
  const PrivatePostgres postgres;
  payment::PaymentSettings settings;
  settings.server.database = {postgres.Url("payment")};
  REQUIRE(payment::Migrate(settings).ok());
  const auto submitted_by_two = [&](const Uuid& id, SteadyTime leased_until) {
    RecordingGateway gateway(false);
    payment::PaymentWorkflow workflow({.table = payment::kPaymentsTable,
                                       .database = settings.server.database,
                                       .after_commit = [](const auto&...) {},
                                       .work_lease = absl::Seconds(10)},
                                      gateway, {.pace = absl::ZeroDuration()});
    const std::vector<PaymentInstruction> instructions = {{id, 1,
                                                           AuthorizePayment{"alice",
                                                                            std::string(64, 'a'),
                                                                            {"USD", 900},
                                                                            Terms::kNet30,
                                                                            "pm_sandbox_ok",
                                                                            SystemNow(),
                                                                            ""}}};
    REQUIRE(workflow.ApplyInstructions(instructions)[0].ok());
    const std::string reference = id.ToString() + "-a1";
    gateway.Submit({reference, TransactionType::kAuthorize, {"USD", 900}, "pm_sandbox_ok"});
    WorkItem item{id, payment::kGatewayQueue.number, 1};
    item.leased_until = leased_until;
    const auto verdicts = workflow.RunGatewaySteps(std::span(&item, 1));
    REQUIRE(verdicts.ok());
    REQUIRE(verdicts->front().kind == WorkVerdict::kDone);
    return gateway.submitted().at(reference);
  };
  REQUIRE(submitted_by_two(*ParseUuid("0198c5a0-7b1e-8d3f-9c41-5d2e6f7a8b90"), SteadyNow()) == 1);
  // Within the lease nobody else can have.
  REQUIRE(submitted_by_two(*ParseUuid("0198c5a0-7b1e-8d3f-9c41-5d2e6f7a8b91"), kNeverSteady) == 2);
}

}  // namespace
}  // namespace tallystick::testing
