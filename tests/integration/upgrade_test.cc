// Upgrades: the databases as each earlier schema had them, taken to the newest one, with the trades
// that were made before.
#include "platform/postgres/array.h"
#include "platform/wire/convert.h"
#include "tallystick/record/v1/order_record.pb.h"
#include "tests/support/change_reader.h"

namespace tallystick::testing {
namespace {

// What the migrations after the one with that number made, undone.
struct Downgrade {
  int to;
  const char* sql;
};

constexpr char kUndoRetention[] =
    "DROP VIEW IF EXISTS all_work; DROP TABLE IF EXISTS bundles, known_databases, known_database; "
    "ALTER TABLE history DROP COLUMN appended_by; "
    "ALTER TABLE work DROP COLUMN reason; DROP INDEX history_by_time; DROP INDEX "
    "snapshots_by_time; "
    "DROP INDEX audit_by_time; DROP TABLE trims; DROP POLICY audit_read ON audit; "
    "DROP POLICY audit_append ON audit; DROP POLICY audit_trim ON audit; "
    "ALTER TABLE audit NO FORCE ROW LEVEL SECURITY; ALTER TABLE audit DISABLE ROW LEVEL SECURITY; "
    "REVOKE DELETE ON audit FROM CURRENT_USER; ";
constexpr char kUndoHistory[] =
    "DROP TABLE history; DROP TABLE snapshots; DROP INDEX work_by_due_time; "
    "DROP INDEX work_waiting; ";

const std::vector<Downgrade> kShopping = {
    {5, "DROP TABLE buyer_requests; ALTER TABLE orders DROP COLUMN refused"},
    {4, "DROP TABLE audit"},
    {3, "DROP TABLE trades_by_buyer"},
    {2, kUndoHistory}};
const std::vector<Downgrade> kManager = {{3, ""}, {2, "DROP TABLE audit"}, {1, kUndoHistory}};

void Apply(const InProcessStack& stack, const std::string& database,
           const std::vector<Downgrade>& downgrades, size_t steps) {
  stack.postgres().Execute(database, kUndoRetention);
  for (size_t i = 0; i < std::min(steps, downgrades.size()); ++i) {
    stack.postgres().Execute(database, downgrades[i].sql);
    stack.postgres().Execute(database, "DELETE FROM schema_migrations WHERE version > " +
                                           std::to_string(downgrades[i].to));
  }
}

// Orders did not always say under which periods they were accepted.
void ForgetPeriods(const InProcessStack& stack) {
  pqxx::connection connection(stack.postgres().Url("shopping"));
  pqxx::work work(connection);
  for (const auto& row : work.exec("SELECT trading_id, document FROM orders")) {
    record::v1::OrderRecord record;
    REQUIRE(record.ParseFromString(postgres::ReadBytes(row[1])));
    record.clear_return_period_ms();
    record.clear_net_period_ms();
    postgres::ExecParams(work, "UPDATE orders SET document = $2 WHERE trading_id = $1",
                         std::string(row[0].c_str()),
                         postgres::ToBytes(record.SerializeAsString()));
  }
  work.commit();
}

v1::TradingStatus StatusAt(const InProcessStack& stack, const std::string& id, absl::Time time) {
  v1::GetTradingStatusRequest request;
  request.set_trading_id(id);
  wire::Put(time, request.mutable_receive_time());
  v1::GetTradingStatusResponse response;
  const grpc::Status status = stack.shopping_stub()->GetTradingStatus(
      InProcessStack::By("alice").get(), request, &response);
  INFO(status.error_message());
  REQUIRE(status.ok());
  return response.status();
}

// One trade after the other goes back, since they are returned.
void CheckTrades(const InProcessStack& stack, const std::vector<std::string>& ids, size_t round) {
  v1::ListTradesResponse list;
  REQUIRE(stack.shopping_stub()
              ->ListTrades(InProcessStack::By("alice").get(), v1::ListTradesRequest(), &list)
              .ok());
  REQUIRE(list.trades_size() == static_cast<int>(ids.size()));
  for (const std::string& id : ids) {
    const v1::TradingStatus now = stack.Status(id);
    REQUIRE(StatusAt(stack, id, absl::Now()).SerializeAsString() == now.SerializeAsString());
    v1::GetPaymentStatusRequest ask;
    ask.set_trading_id(id);
    ask.set_revision(now.order().payment_revision());
    v1::GetPaymentStatusResponse payment;
    REQUIRE(v1::PaymentService::NewStub(Keys::Get().BuyerChannel(stack.address(1)))
                ->GetPaymentStatus(InProcessStack::By("alice").get(), ask, &payment)
                .ok());
    REQUIRE(payment.status().SerializeAsString() == now.payment().SerializeAsString());
  }
  v1::ReturnProductsRequest request;
  request.set_request_id(NewUuidV7(absl::Now()).ToString());
  request.set_trading_id(ids[round]);
  request.add_lines()->set_sku("A");
  request.mutable_lines(0)->set_quantity(1);
  v1::ReturnProductsResponse response;
  REQUIRE(stack.shopping_stub()
              ->ReturnProducts(InProcessStack::By("alice").get(), request, &response)
              .ok());
  REQUIRE(WaitUntil([&] {
    return stack.Status(ids[round]).order().returns(0).state() == v1::RETURN_STATE_REFUNDED;
  }));
}

TEST_CASE("the trades of every earlier schema are all there after an upgrade, and go on") {
  InProcessStack stack;
  stack.LoadProducts();
  std::vector<std::string> ids;
  for (size_t i = 0; i < kShopping.size(); ++i) {
    ids.push_back(stack.Place(InProcessStack::Order(1))->trading_id());
  }
  for (const std::string& id : ids) REQUIRE(stack.Reaches(id, v1::ORDER_STATE_COMPLETED));
  for (size_t steps = 1; steps <= kShopping.size(); ++steps) {
    CAPTURE(steps);
    REQUIRE(stack.IsQuiet());
    stack.StopAll();
    Apply(stack, "shopping", kShopping, steps);
    Apply(stack, "payment", kManager, steps);
    Apply(stack, "delivery", kManager, steps);
    ForgetPeriods(stack);
    stack.StartAll();
    // Those from before the upgrade, too.
    std::string begin;
    CheckComplete(stack, "shopping", NamesOf(ChangeReader(stack, 0).ReadAll(begin, 2)));
    CheckTrades(stack, ids, steps - 1);
  }
}

}  // namespace
}  // namespace tallystick::testing
