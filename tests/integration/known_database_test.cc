// What is made of a database that is another than it was, though no message says so.
#include <atomic>

#include "platform/postgres/identity.h"
#include "platform/relay/known_database.h"
#include "platform/relay/queue_worker.h"
#include "platform/relay/recovery_workflow.h"
#include "services/payment/migrations.h"
#include "services/payment/workflow/payment_workflow.h"
#include "tests/support/recovering_stack.h"

namespace tallystick::testing {
namespace {

struct Served {
  const char* name;
  void (*stop)(InProcessStack&);
  void (*start)(InProcessStack&);
};

const Served kServed[] = {{"shopping", [](InProcessStack& stack) { stack.StopShopping(); },
                           [](InProcessStack& stack) { stack.StartShopping(); }},
                          {"payment", [](InProcessStack& stack) { stack.StopPayment(); },
                           [](InProcessStack& stack) { stack.StartPayment(); }},
                          {"delivery", [](InProcessStack& stack) { stack.StopDelivery(); },
                           [](InProcessStack& stack) { stack.StartDelivery(); }}};

std::string AllCompared(const InProcessStack& stack) {
  return stack.postgres().Ask("shopping",
                              "SELECT count(*) FILTER (WHERE compared) || ' of ' || count(*) "
                              "FROM known_databases");
}

CommitterOptions Committing(const InProcessStack& stack) {
  return {.table = payment::kPaymentsTable,
          .database = {stack.postgres().Url("payment")},
          .after_commit = [](const auto&...) {},
          .work_lease = absl::Seconds(10)};
}

TEST_CASE("known database: what a restore has lost comes back though nothing moves any more") {
  for (const Served& service : kServed) {
    CAPTURE(service.name);
    RecoveringStack trades;
    InProcessStack& stack = trades.stack();
    REQUIRE(WaitUntil([&] { return AllCompared(stack) == "3 of 3"; }));
    const TempFolder folder;
    const std::string dump = folder / "dump";
    stack.postgres().Dump(service.name, dump);
    const std::string lost = trades.Place();
    REQUIRE(stack.Reaches(lost, v1::ORDER_STATE_COMPLETED));
    REQUIRE(trades.IsQuiet());
    service.stop(stack);
    stack.postgres().Restore(service.name, dump);
    service.start(stack);
    REQUIRE(trades.Meets(lost, v1::ORDER_STATE_COMPLETED));
    REQUIRE(WaitUntil([&] { return AllCompared(stack) == "3 of 3"; }));
    REQUIRE(trades.IsQuiet());
    trades.RequireMoneyMovedOnce();
    // The next one is served as ever.
    const std::string next = trades.Place();
    REQUIRE(stack.Reaches(next, v1::ORDER_STATE_COMPLETED));
  }
}

TEST_CASE("known database: nothing is done to trades until the shop has compared") {
  RecordingGateway gateway(false);
  InProcessStack stack(&gateway);
  stack.LoadProducts();
  const auto placed = stack.Place(InProcessStack::Order(1));
  REQUIRE(placed.ok());
  REQUIRE(stack.Reaches(placed->trading_id(), v1::ORDER_STATE_COMPLETED));
  REQUIRE(stack.IsQuiet());
  stack.StopAll();
  stack.postgres().Execute("payment", "UPDATE known_database SET identity = 'another'");
  CommitterOptions committing = Committing(stack);
  committing.is_known_database = &kIsKnownDatabase;
  payment::PaymentWorkflow workflow(committing, gateway, {});
  const std::vector<WorkItem> step = {
      {*ParseUuid(placed->trading_id()), payment::kGatewayQueue.number, 1}};
  REQUIRE(absl::IsUnavailable(workflow.RunGatewaySteps(step).status()));
  REQUIRE(absl::IsUnavailable(workflow.BeginPlannedCaptures(step).status()));
  REQUIRE(absl::IsUnavailable(
      workflow.ApplyInstructions(std::vector<PaymentInstruction>(1))[0].status()));
  // But shown.
  REQUIRE(workflow.ListWaiting({}, 10).ok());
  RecoveryWorkflow<payment::PaymentCodec, payment::Recovery> recovery(
      Committing(stack), [](auto&, payment::Change, const RevisionMark&) {}, TrustDatabase);
  // Of another that was compared, nothing follows.
  const auto page = recovery.ListPositions(Uuid{}, 1, "yet another");
  REQUIRE(page.ok());
  REQUIRE(absl::IsUnavailable(workflow.RunGatewaySteps(step).status()));
  REQUIRE(recovery.ListPositions(Uuid{}, 1, page->database).ok());
  REQUIRE(workflow.RunGatewaySteps(step).ok());
  REQUIRE(workflow.BeginPlannedCaptures(step).ok());
  REQUIRE(recovery.ListPositions(Uuid{}, 1, "")->database == page->database);
  // Another standby of the same primary, of the same identity, that took over after this one.
  stack.postgres().Execute(
      "payment", "UPDATE known_database SET identity = 'another', nonce = '', nonce_of = ''");
  payment::PaymentWorkflow there(committing, gateway, {});
  const auto other = recovery.ListPositions(Uuid{}, 1, page->database);
  REQUIRE(other->database != page->database);
  REQUIRE(absl::IsUnavailable(there.RunGatewaySteps(step).status()));
  REQUIRE(recovery.ListPositions(Uuid{}, 1, other->database).ok());
  REQUIRE(there.RunGatewaySteps(step).ok());
}

TEST_CASE("known database: a restored shop decides what buyers ask after it has compared") {
  RecoveringStack trades;
  InProcessStack& stack = trades.stack();
  REQUIRE(WaitUntil([&] { return AllCompared(stack) == "3 of 3"; }));
  const std::string id = stack.Place(InProcessStack::Order(3))->trading_id();
  REQUIRE(stack.Reaches(id, v1::ORDER_STATE_COMPLETED));
  REQUIRE(trades.IsQuiet());
  const TempFolder folder;
  stack.postgres().Dump("shopping", folder / "dump");
  v1::ReturnProductsRequest request;
  request.set_trading_id(id);
  request.set_request_id(NewUuidV7(absl::Now()).ToString());
  request.add_lines()->set_sku("A");
  request.mutable_lines(0)->set_quantity(1);
  v1::ReturnProductsResponse response;
  const auto ask = [&] {
    return stack.shopping_stub()->ReturnProducts(InProcessStack::By("alice").get(), request,
                                                 &response);
  };
  REQUIRE(ask().ok());
  REQUIRE(response.return_id() == "R1");
  REQUIRE(WaitUntil([&] { return trades.Payment(id).refunded().minor_units() > 0; }));
  REQUIRE(trades.IsQuiet());

  stack.StopShopping();
  stack.StopPayment();
  stack.postgres().Restore("shopping", folder / "dump");
  stack.StartShopping();
  // There is nobody to compare with.
  const grpc::Status held = ask();
  REQUIRE(held.error_code() == grpc::StatusCode::UNAVAILABLE);
  REQUIRE(held.error_message().find("compared") != std::string::npos);
  stack.StartPayment();
  REQUIRE(WaitUntil([&] { return ask().ok(); }));
  REQUIRE(response.return_id() == "R1");
  REQUIRE(trades.Meets(id, v1::ORDER_STATE_COMPLETED));
  REQUIRE(trades.Delivery(id).returns_size() == 1);
  REQUIRE(trades.IsQuiet());
  trades.RequireMoneyMovedOnce();
}

TEST_CASE("known database: work is not over where a new connection may not know of it") {
  const PrivatePostgres postgres;
  REQUIRE(postgres::Migrate({postgres.Url("payment")}, payment::kMigrations).ok());
  postgres.Execute("payment",
                   "INSERT INTO work (trading_id, queue, number, due_time, payload) "
                   "VALUES (gen_random_uuid(), 7, 1, now(), '')");
  QueueWorkerOptions options;
  options.queue = {7, "of the test"};
  options.lease = absl::Milliseconds(300);
  options.poll_interval = absl::Milliseconds(50);
  std::atomic<int> times = 0;
  QueueWorker worker(options, {postgres.Url("payment")}, [&](std::span<const WorkItem> items) {
    // As when the server goes away that this was committed on.
    if (++times == 1) {
      postgres.Execute("payment",
                       "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                       "WHERE pid <> pg_backend_pid() AND datname = 'payment'");
    }
    return std::vector<WorkVerdict>(items.size());
  });
  REQUIRE(WaitUntil([&] { return times == 2; }));
  REQUIRE(
      WaitUntil([&] { return postgres.Ask("payment", "SELECT count(*) FROM all_work") == "0"; }));
}

}  // namespace
}  // namespace tallystick::testing
