// What is too old goes, and everything that can still be asked for stays.
#include "tests/support/in_process_stack.h"

namespace tallystick::testing {
namespace {

constexpr char kDatabases[][9] = {"shopping", "payment", "delivery"};

void TrimOften(rpc::ServerSettings& settings) {
  settings.statuses.trimming.interval = absl::Milliseconds(30);
}

void Age(const InProcessStack& stack, const std::string& days) {
  const std::string by = " - interval '" + days + " days'";
  for (const char* database : kDatabases) {
    stack.postgres().Execute(database, "UPDATE history SET change_time = change_time" + by +
                                           "; UPDATE trims SET done_until = done_until" + by +
                                           " WHERE name = 'history'");
  }
}

// The least revision of a trade that is kept.
std::string Oldest(const InProcessStack& stack, const char* database, const std::string& id) {
  return stack.postgres().Ask(database,
                              "SELECT min(revision) FROM history WHERE trading_id = '" + id + "'");
}

v1::TradingStatus StatusAt(const InProcessStack& stack, const std::string& id, absl::Time time,
                           grpc::Status* error = nullptr) {
  v1::GetTradingStatusRequest request;
  request.set_trading_id(id);
  request.mutable_receive_time()->set_seconds(absl::ToUnixSeconds(time));
  v1::GetTradingStatusResponse response;
  const grpc::Status status = stack.shopping_stub()->GetTradingStatus(
      InProcessStack::By("alice").get(), request, &response);
  if (error != nullptr) *error = status;
  return response.status();
}

TEST_CASE("old revisions go, but the last of them, and the status then is still the whole") {
  InProcessStack stack(nullptr, TrimOften);
  stack.LoadProducts();
  const std::string id = stack.Place(InProcessStack::Order(2))->trading_id();
  REQUIRE(stack.Reaches(id, v1::ORDER_STATE_COMPLETED));
  const v1::TradingStatus before = stack.Status(id);
  REQUIRE(WaitUntil([&] {
    return stack.postgres().Ask("payment", "SELECT count(*) FROM all_work") == "0" &&
           stack.postgres().Ask("delivery", "SELECT count(*) FROM all_work") == "0";
  }));
  Age(stack, "200");
  for (const char* database : kDatabases) {
    CAPTURE(database);
    REQUIRE(WaitUntil(
        [&] { return stack.postgres().Ask(database, "SELECT count(*) FROM history") == "1"; }));
  }
  const v1::TradingStatus after = StatusAt(stack, id, absl::Now() - absl::Hours(24));
  REQUIRE(after.SerializeAsString() == before.SerializeAsString());
  // Earlier than what is kept.
  grpc::Status error;
  StatusAt(stack, id, absl::Now() - absl::Hours(24 * 300), &error);
  REQUIRE(GetErrorDetail(rpc::FromGrpc(error)).reason == "NO_LONGER_KEPT");
  // The revision that the shop's account names.
  v1::GetPaymentStatusRequest ask;
  ask.set_trading_id(id);
  ask.set_revision(before.order().payment_revision());
  v1::GetPaymentStatusResponse payment;
  auto stub = v1::PaymentService::NewStub(Keys::Get().BuyerChannel(stack.address(1)));
  REQUIRE(stub->GetPaymentStatus(InProcessStack::By("alice").get(), ask, &payment).ok());
  ask.set_revision(1);
  REQUIRE(stub->GetPaymentStatus(InProcessStack::By("alice").get(), ask, &payment).error_code() ==
          grpc::StatusCode::NOT_FOUND);
  // Whoever watches from before it gets what there is, and does not wait for what is gone.
  v1::WatchOrderStatusRequest watch;
  watch.set_trading_id(id);
  watch.set_after_revision(1);
  auto context = InProcessStack::By("alice");
  auto stream = stack.shopping_stub()->WatchOrderStatus(context.get(), watch);
  v1::WatchOrderStatusResponse seen;
  REQUIRE(stream->Read(&seen));
  REQUIRE(seen.status().revision() == before.order().revision());
  context->TryCancel();
}

TEST_CASE("a payment whose reports have not arrived keeps the revision that the shop knows") {
  InProcessStack stack(nullptr, TrimOften);
  stack.LoadProducts();
  const std::string id = stack.Place(InProcessStack::Order(1))->trading_id();
  REQUIRE(stack.Reaches(id, v1::ORDER_STATE_COMPLETED));
  REQUIRE(WaitUntil(
      [&] { return stack.postgres().Ask("payment", "SELECT count(*) FROM all_work") == "0"; }));
  // As if its last report were still on its way.
  stack.postgres().Execute("payment",
                           "INSERT INTO work (trading_id, queue, number, due_time, payload) "
                           "SELECT trading_id, 1, revision, now() + interval '1 day', '' "
                           "FROM payments");
  Age(stack, "200");
  REQUIRE(WaitUntil([&] { return Oldest(stack, "delivery", id) != "1"; }));
  REQUIRE(WaitUntil([&] {
    return stack.postgres().Ask("payment",
                                "SELECT done_until > now() - interval '100 days' "
                                "FROM trims WHERE name = 'history'") == "t";
  }));
  REQUIRE(Oldest(stack, "payment", id) == "1");
}

TEST_CASE("a trade whose history cannot be read keeps it, and the others' is trimmed") {
  InProcessStack stack(nullptr, TrimOften);
  stack.LoadProducts();
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) {
    ids.push_back(stack.Place(InProcessStack::Order(1))->trading_id());
    REQUIRE(stack.Reaches(ids.back(), v1::ORDER_STATE_COMPLETED));
  }
  REQUIRE(WaitUntil(
      [&] { return stack.postgres().Ask("shopping", "SELECT count(*) FROM all_work") == "0"; }));
  // At one time: of a trade that took long, the revisions of another look are trimmed by
  // themselves.
  const std::string of_trade = " WHERE trading_id = '" + ids[2] + "'";
  stack.postgres().Execute(
      "shopping", "UPDATE history SET change_time = (SELECT max(change_time) FROM history" +
                      of_trade + ")" + of_trade + "; UPDATE history SET entry = 'stray'" +
                      of_trade + " AND revision = (SELECT max(revision) FROM history" + of_trade +
                      ")");
  Age(stack, "200");
  for (size_t i = 0; i < ids.size(); ++i) {
    if (i != 2) REQUIRE(WaitUntil([&] { return Oldest(stack, "shopping", ids[i]) != "1"; }));
  }
  REQUIRE(WaitUntil([&] {
    return stack.postgres().Ask("shopping",
                                "SELECT done_until > now() - interval '100 days' "
                                "FROM trims WHERE name = 'history'") == "t";
  }));
  REQUIRE(Oldest(stack, "shopping", ids[2]) == "1");
}

TEST_CASE("how long a refusal is kept does not depend on the clock of who refused") {
  const PrivatePostgres postgres;
  postgres.Execute("shopping",
                   "CREATE TABLE orders (trading_id uuid PRIMARY KEY, buyer text, revision bigint, "
                   "document bytea, create_time timestamptz, update_time timestamptz)");
  postgres::Session session({.database = {postgres.Url("shopping")}});
  const postgres::DocumentTable table("orders");
  const std::vector<postgres::DocumentRow> rows = {
      {NewUuidV7(absl::Now()), "alice", 0, "refusal", absl::UnixEpoch()}};
  REQUIRE(session
              .Run([&](postgres::Transaction& transaction) {
                table.Insert(transaction, rows);
                return true;
              })
              .ok());
  REQUIRE(postgres.Ask("shopping",
                       "SELECT create_time > now() - interval '1 minute' "
                       "FROM orders") == "t");
}

TEST_CASE("answers for times, refusals and the audit go at their age, and not before") {
  InProcessStack stack(nullptr, TrimOften);
  stack.LoadProducts();
  const std::string id = stack.Place(InProcessStack::Order(1))->trading_id();
  REQUIRE(stack.Reaches(id, v1::ORDER_STATE_COMPLETED));
  StatusAt(stack, id, absl::Now());
  REQUIRE_FALSE(stack.Place(InProcessStack::Order(1'000)).ok());
  const auto count = [&](const std::string& what) {
    return stack.postgres().Ask("shopping", "SELECT count(*) FROM " + what);
  };
  REQUIRE(count("snapshots") == "1");
  REQUIRE(count("orders WHERE revision = 0") == "1");
  const std::string audited = count("audit");
  REQUIRE(audited != "0");
  stack.postgres().Execute(
      "shopping",
      "UPDATE snapshots SET receive_time = receive_time - interval '91 days'; "
      "UPDATE orders SET create_time = create_time - interval '8 days' WHERE revision = 0; "
      "UPDATE audit SET audit_time = audit_time - interval '399 days'");
  REQUIRE(WaitUntil([&] { return count("snapshots") == "0"; }));
  REQUIRE(WaitUntil([&] { return count("orders WHERE revision = 0") == "0"; }));
  REQUIRE(count("audit") == audited);
  stack.postgres().Execute("shopping",
                           "UPDATE audit SET audit_time = audit_time - interval '2 days'");
  REQUIRE(WaitUntil([&] { return count("audit") == "0"; }));
  REQUIRE(stack.Status(id).order().state() == v1::ORDER_STATE_COMPLETED);
}

}  // namespace
}  // namespace tallystick::testing
