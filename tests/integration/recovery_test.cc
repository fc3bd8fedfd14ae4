// A database that is older than what the other two services remember of it: they meet again, and no
// money moves twice.
#include "absl/strings/escaping.h"
#include "platform/relay/recovery_workflow.h"
#include "platform/wire/convert.h"
#include "services/payment/store/payment_store.h"
#include "services/shopping/service/other_half.h"
#include "tallystick/v1/recovery.grpc.pb.h"
#include "tests/support/gateways.h"
#include "tests/support/in_process_stack.h"
#include "tests/support/older_database.h"
#include "tests/support/recovering_stack.h"

namespace tallystick::testing {
namespace {

// Nothing moves any more, so that nothing is noticed: somebody asks for a comparison.
void CompareAll(const InProcessStack& stack) {
  stack.postgres().Execute("shopping",
                           "INSERT INTO work (trading_id, queue, number, due_time, payload) VALUES "
                           "('00000000-0000-0000-0000-000000000000', 4, 0, now(), '')");
}

TEST_CASE("recovery: payment takes back from the shop what it has lost") {
  RecoveringStack trades;
  InProcessStack& stack = trades.stack();
  stack.StopDelivery();
  const std::string authorized = trades.Place();
  REQUIRE(WaitUntil(
      [&] { return trades.Payment(authorized).state() == v1::PAYMENT_STATE_AUTHORIZED; }));
  const OlderDatabase older(stack.postgres(), "payment");
  stack.StartDelivery();
  const std::string unknown = trades.Place();
  const std::string returned = trades.Place();
  for (const auto& id : {authorized, unknown, returned}) {
    REQUIRE(stack.Reaches(id, v1::ORDER_STATE_COMPLETED));
  }
  stack.ReturnOne(returned);
  REQUIRE(WaitUntil([&] { return trades.Payment(returned).refunded().minor_units() > 0; }));
  REQUIRE(trades.IsQuiet());

  stack.StopPayment();
  older.Restore();
  stack.StartPayment();
  REQUIRE(trades.Payment(authorized).state() == v1::PAYMENT_STATE_AUTHORIZED);
  // One that moves is enough for all to be noticed.
  stack.ReturnOne(unknown);
  for (const auto& id : {authorized, unknown, returned}) {
    CAPTURE(id);
    REQUIRE(trades.Meets(id, v1::ORDER_STATE_COMPLETED));
  }
  REQUIRE(WaitUntil([&] { return trades.Payment(unknown).refunded().minor_units() > 0; }));
  REQUIRE(trades.Payment(authorized).state() == v1::PAYMENT_STATE_CAPTURED);
  REQUIRE(trades.Payment(returned).refunded().minor_units() > 0);
  REQUIRE(trades.IsQuiet());
  trades.RequireMoneyMovedOnce();
}

TEST_CASE("recovery: delivery takes back from the shop what it has lost") {
  RecoveringStack trades;
  InProcessStack& stack = trades.stack();
  stack.StopPayment();
  const std::string booked = trades.Place();
  REQUIRE(
      WaitUntil([&] { return trades.Delivery(booked).booking() == v1::BOOKING_STATE_ACCEPTED; }));
  const OlderDatabase older(stack.postgres(), "delivery");
  stack.StartPayment();
  const std::string unknown = trades.Place();
  for (const auto& id : {booked, unknown}) {
    REQUIRE(stack.Reaches(id, v1::ORDER_STATE_COMPLETED));
  }
  REQUIRE(trades.IsQuiet());
  const std::string before = trades.Delivery(booked).shipments(0).SerializeAsString();

  stack.StopDelivery();
  older.Restore();
  stack.StartDelivery();
  stack.ReturnOne(unknown);
  for (const auto& id : {booked, unknown}) {
    CAPTURE(id);
    REQUIRE(trades.Meets(id, v1::ORDER_STATE_COMPLETED));
  }
  REQUIRE(trades.Delivery(booked).shipments(0).SerializeAsString() == before);
  REQUIRE(WaitUntil([&] { return trades.Payment(unknown).refunded().minor_units() > 0; }));
  REQUIRE(trades.IsQuiet());
  trades.RequireMoneyMovedOnce();
}

TEST_CASE("recovery: the shop takes over from the others what it has lost") {
  RecoveringStack trades;
  InProcessStack& stack = trades.stack();
  stack.StopDelivery();
  const std::string accepted = trades.Place();
  REQUIRE(WaitUntil([&] { return stack.Status(accepted).order().payment_revision() == 2; }));
  const OlderDatabase older(stack.postgres(), "shopping");
  stack.StartDelivery();
  const std::string unknown = trades.Place();
  const std::string returned = trades.Place();
  for (const auto& id : {accepted, unknown, returned}) {
    REQUIRE(stack.Reaches(id, v1::ORDER_STATE_COMPLETED));
  }
  stack.ReturnOne(returned);
  REQUIRE(WaitUntil([&] { return trades.Payment(returned).refunded().minor_units() > 0; }));
  REQUIRE(trades.IsQuiet());
  const std::string stock = stack.Stock("A");
  const v1::TradingStatus before = stack.Status(unknown);

  stack.StopShopping();
  older.Restore();
  stack.StartShopping();
  const std::string fresh = trades.Place();
  REQUIRE(stack.Reaches(fresh, v1::ORDER_STATE_COMPLETED));
  CompareAll(stack);
  for (const auto& id : {accepted, unknown, returned}) {
    CAPTURE(id);
    REQUIRE(trades.Meets(id, v1::ORDER_STATE_COMPLETED));
  }
  REQUIRE(stack.Status(unknown).order().contents_digest() == before.order().contents_digest());
  REQUIRE(stack.Status(unknown).order().revision() == before.order().revision());
  REQUIRE(stack.Status(returned).order().returns(0).state() == v1::RETURN_STATE_REFUNDED);
  REQUIRE(trades.IsQuiet());
  REQUIRE(std::stoi(stack.Stock("A")) == std::stoi(stock) - 1);
  trades.RequireMoneyMovedOnce();
}

TEST_CASE("recovery: an order that is sent again to a shop that has lost it is the first one") {
  RecoveringStack trades;
  InProcessStack& stack = trades.stack();
  const OlderDatabase older(stack.postgres(), "shopping");
  const v1::PlaceOrderRequest request = InProcessStack::Order(1);
  const auto first = stack.Place(request);
  REQUIRE(first.ok());
  REQUIRE(stack.Reaches(first->trading_id(), v1::ORDER_STATE_COMPLETED));
  REQUIRE(trades.IsQuiet());
  const std::string stock = stack.Stock("A");

  stack.StopShopping();
  older.Restore();
  stack.StartShopping();
  // Its answer was lost, too.
  const auto second = stack.Place(request);
  REQUIRE(second->trading_id() == first->trading_id());
  REQUIRE(second->contents_digest() != first->contents_digest());
  REQUIRE(trades.Meets(first->trading_id(), v1::ORDER_STATE_COMPLETED));
  REQUIRE(stack.Status(first->trading_id()).order().contents_digest() == first->contents_digest());
  REQUIRE(stack.Stock("A") == stock);
  REQUIRE(trades.IsQuiet());
  trades.RequireMoneyMovedOnce();
}

TEST_CASE("recovery: goods that others bought while their order was lost are on a person's list") {
  RecoveringStack trades;
  InProcessStack& stack = trades.stack();
  stack.postgres().Execute("shopping", "UPDATE products SET stock = 1 WHERE sku = 'A'");
  const OlderDatabase older(stack.postgres(), "shopping");
  const std::string first = trades.Place();
  REQUIRE(stack.Reaches(first, v1::ORDER_STATE_COMPLETED));
  REQUIRE(trades.IsQuiet());
  stack.StopShopping();
  older.Restore();
  stack.StartShopping();
  const std::string second = trades.Place();
  REQUIRE(stack.Reaches(second, v1::ORDER_STATE_COMPLETED));
  CompareAll(stack);
  REQUIRE(trades.Meets(first, v1::ORDER_STATE_COMPLETED));
  REQUIRE(WaitUntil([&] {
    return stack.postgres().Ask("shopping",
                                "SELECT coalesce(max(reason), '') FROM work WHERE trading_id = '" +
                                    first + "' AND queue = 4 AND attempts >= 1000000") ==
           "while the order was lost, others bought 1 of A";
  }));
  REQUIRE(stack.Stock("A") == "0");
}

TEST_CASE("recovery: who asks about a trade from two places at a time is told one thing") {
  RecoveringStack trades;
  InProcessStack& stack = trades.stack();
  const std::string id = trades.Place();
  REQUIRE(stack.Reaches(id, v1::ORDER_STATE_COMPLETED));
  REQUIRE(trades.IsQuiet());
  const PaymentStatus latest = wire::FromProto(trades.Payment(id));
  RecoveryWorkflow<payment::PaymentCodec, payment::Recovery> recovery(
      {.table = payment::kPaymentsTable,
       .database = {stack.postgres().Url("payment")},
       .after_commit = [](const auto&...) {},
       .work_lease = absl::Seconds(10)},
      [](auto&, payment::Change, const RevisionMark&) {});
  const TradePosition nothing{latest.trading_id};
  const TradePosition all = PositionOf(latest);
  const auto answers = recovery.ReadReports(std::vector{nothing, all, nothing});
  REQUIRE(std::ssize(answers[0]->reports) == latest.revision);
  REQUIRE(absl::IsAborted(answers[1].status()));
  REQUIRE(answers[2]->reports.size() == answers[0]->reports.size());
  REQUIRE(recovery.ReadReports(std::vector{all})[0]->reports.empty());
}

TEST_CASE("recovery: a list of trades that does not go on ends the comparison") {
  // Says the same whatever it is asked.
  class Liar final : public v1::TradeRecovery::Service {
   public:
    grpc::Status ListPositions(grpc::ServerContext*, const v1::ListPositionsRequest*,
                               v1::ListPositionsResponse* response) override {
      for (const std::string& id : ids) response->add_positions()->set_trading_id(id);
      return grpc::Status::OK;
    }
    std::vector<std::string> ids;
  } liar;
  const std::string address = FreeAddresses(1)[0];
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials());
  builder.RegisterService(&liar);
  const auto server = builder.BuildAndStart();
  const shopping::OtherHalf half = shopping::OtherHalfAt(
      {grpc::CreateChannel(address, grpc::InsecureChannelCredentials()), absl::Seconds(20)});
  const std::string first = "0198c5a0-7b1e-8d3f-9c41-5d2e6f7a8b90";
  const std::string second = "0198c5a0-7b1e-8d3f-9c41-5d2e6f7a8b91";
  liar.ids = {first, second};
  REQUIRE(half.list_positions(Uuid{}, 2)->size() == 2);
  // After its last; more than was asked for; backwards; one twice.
  REQUIRE(absl::IsInternal(half.list_positions(*ParseUuid(second), 2).status()));
  REQUIRE(absl::IsInternal(half.list_positions(Uuid{}, 1).status()));
  for (const std::string& id : {first, second}) {
    liar.ids = {second, id};
    REQUIRE(absl::IsInternal(half.list_positions(Uuid{}, 2).status()));
  }
}

TEST_CASE("recovery: what is reported without end is not followed for ever") {
  RecoveringStack trades;
  InProcessStack& stack = trades.stack();
  // Or nothing might be left to report.
  stack.StopPayment();
  const std::string id = trades.Place();
  const OlderDatabase older(stack.postgres(), "shopping");
  stack.StartPayment();
  REQUIRE(stack.Reaches(id, v1::ORDER_STATE_COMPLETED));
  REQUIRE(trades.IsQuiet());
  stack.StopShopping();
  older.Restore();
  const std::string where = " WHERE trading_id = '" + id + "'";
  // OrderRecord.status.order.revision, as if it had heard so many reports.
  stack.postgres().Execute("shopping",
                           "UPDATE orders SET revision = 10000, "
                           "document = document || '\\x1205120318904e'::bytea" +
                               where);
  stack.StartShopping();
  CompareAll(stack);
  REQUIRE(WaitUntil([&] {
    return stack.postgres().Ask("shopping", "SELECT coalesce(max(reason), '') FROM work" + where +
                                                " AND queue = 4 AND attempts >= 1000000") ==
           "more is reported of it than any trade has";
  }));
  REQUIRE(stack.postgres().Ask("shopping", "SELECT revision FROM orders" + where) == "10000");
}

TEST_CASE("recovery: what was lost a second time is compared a second time") {
  RecoveringStack trades;
  InProcessStack& stack = trades.stack();
  for (int round = 0; round < 2; ++round) {
    const OlderDatabase older(stack.postgres(), "payment");
    const std::string touched = trades.Place();
    const std::string quiet = trades.Place();
    for (const auto& id : {touched, quiet}) {
      REQUIRE(stack.Reaches(id, v1::ORDER_STATE_COMPLETED));
    }
    REQUIRE(trades.IsQuiet());
    stack.StopPayment();
    older.Restore();
    stack.StartPayment();
    stack.ReturnOne(touched);
    for (const auto& id : {touched, quiet}) {
      CAPTURE(round, id);
      REQUIRE(trades.Meets(id, v1::ORDER_STATE_COMPLETED));
    }
    REQUIRE(trades.IsQuiet());
  }
  trades.RequireMoneyMovedOnce();
}

TEST_CASE("recovery: a trade that waits for a person is not looked at again for every message") {
  RecoveringStack trades;
  InProcessStack& stack = trades.stack();
  const std::string lost = trades.Place();
  REQUIRE(stack.Reaches(lost, v1::ORDER_STATE_COMPLETED));
  REQUIRE(trades.IsQuiet());
  const std::string where = " WHERE trading_id = '" + lost + "'";
  stack.postgres().Execute("shopping", "DELETE FROM orders" + where);
  stack.postgres().Execute("payment", "DELETE FROM payments" + where);
  v1::Report report;
  *report.mutable_delivery() = trades.Delivery(lost);
  // (And all were compared because of it.)
  const auto parked = [&] {
    return stack.postgres().Ask("shopping",
                                "SELECT count(*) = 1 AND min(attempts) >= 1000000 "
                                "FROM work WHERE queue = 4") == "t";
  };
  const auto tell = [&] {
    stack.postgres().Execute("delivery",
                             "INSERT INTO work (trading_id, queue, number, due_time, payload) "
                             "SELECT trading_id, 1, revision, now(), '\\x" +
                                 absl::BytesToHexString(report.SerializeAsString()) +
                                 "' FROM deliveries" + where +
                                 " ON CONFLICT (trading_id, queue, number) DO UPDATE "
                                 "SET due_time = now(), attempts = 0");
  };
  tell();
  REQUIRE(WaitUntil([&] { return parked(); }));
  const std::string row = "SELECT xmin FROM work" + where + " AND queue = 4";
  const std::string written = stack.postgres().Ask("shopping", row);
  // Its report is told again and again.
  REQUIRE(WaitUntil([&] {
    return std::stoi(stack.postgres().Ask(
               "delivery", "SELECT coalesce(max(attempts), 0) FROM work" + where)) >= 8;
  }));
  REQUIRE(stack.postgres().Ask("shopping", row) == written);
}

}  // namespace
}  // namespace tallystick::testing
