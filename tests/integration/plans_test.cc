// How PostgreSQL finds rows: by their keys, whatever a table held when a statement was planned.
#include "tests/support/in_process_stack.h"

namespace tallystick::testing {
namespace {

// But for the tables of a row or two.
constexpr char kReadThrough[] =
    "SELECT coalesce(string_agg(relname, ' '), '') FROM pg_stat_user_tables WHERE seq_tup_read > 0 "
    "AND relname NOT IN ('trims', 'delivery_options', 'trading_id_key', 'schema_migrations')";
constexpr char kFound[] = "SELECT idx_scan FROM pg_stat_user_tables WHERE relname = ";

TEST_CASE("no statement of an order's way reads a whole table, though all are planned empty") {
  InProcessStack stack;
  stack.LoadProducts();
  for (const char* database : {"shopping", "payment", "delivery"}) {
    stack.postgres().Execute(database, "SELECT pg_stat_reset()");
  }
  for (int i = 0; i < 20; ++i) {
    const std::string id = stack.Place(InProcessStack::Order(1))->trading_id();
    REQUIRE(stack.Reaches(id, v1::ORDER_STATE_COMPLETED));
    if (i == 0) stack.ReturnOne(id);
  }
  // Together, they make bundles.
  v1::BatchPlaceOrdersRequest batch;
  for (int i = 0; i < 20; ++i) *batch.add_requests() = InProcessStack::Order(1);
  v1::BatchPlaceOrdersResponse placed;
  REQUIRE(stack.shopping_stub()
              ->BatchPlaceOrders(InProcessStack::By("alice").get(), batch, &placed)
              .ok());
  for (const auto& result : placed.results()) {
    REQUIRE(stack.Reaches(result.information().trading_id(), v1::ORDER_STATE_COMPLETED));
  }
  // Sessions that end tell what they have counted.
  stack.StopAll();
  for (const char* database : {"shopping", "payment", "delivery"}) {
    CAPTURE(database);
    const std::string read_through = stack.postgres().Ask(database, kReadThrough);
    REQUIRE(read_through.empty());
    for (const std::string table : {"'work'", "'bundles'"}) {
      REQUIRE(std::stoi(stack.postgres().Ask(database, kFound + table)) > 20);
    }
  }
}

}  // namespace
}  // namespace tallystick::testing
