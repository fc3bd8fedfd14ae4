// What a server tells whoever watches it: metrics, liveness and readiness over HTTP, and its health
// over gRPC, on a real PostgreSQL.
#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "platform/metrics/declared.h"
#include "services/payment/store/payment_store.h"
#include "tests/support/http_get.h"
#include "tests/support/in_process_stack.h"

namespace tallystick::testing {
namespace {

using grpc::health::v1::HealthCheckRequest, grpc::health::v1::HealthCheckResponse;

// A stack whose three servers have a port for watching each.
class WatchedStack {
 public:
  WatchedStack()
      : ports_(FreeAddresses(3)), stack_(nullptr, [this](rpc::ServerSettings& settings) {
          settings.ports.metrics_listen = At(settings.ports.service);
        }) {
    stack_.LoadProducts();
  }

  InProcessStack& stack() { return stack_; }
  const std::string& At(const std::string& service) const {
    return ports_[service == "shopping" ? 0 : service == "payment" ? 1 : 2];
  }
  std::string Text(const std::string& service) const {
    const HttpAnswer answer = HttpGet(At(service), "/metrics");
    REQUIRE(answer.status == 200);
    return answer.body;
  }
  // The value of one series, written as it is in the text; -1 when there is none.
  double Value(const std::string& service, const std::string& series) const {
    const std::string text = Text(service);
    for (absl::string_view line : absl::StrSplit(text, '\n')) {
      double value = -1;
      if (absl::ConsumePrefix(&line, series + " ") && absl::SimpleAtod(line, &value)) return value;
    }
    return -1;
  }

 private:
  const std::vector<std::string> ports_;
  InProcessStack stack_;
};

std::string Method(const std::string& service, const std::string& method) {
  return "grpc_method=\"" + method + "\",grpc_service=\"tallystick.v1." + service +
         "\",grpc_type=\"unary\"";
}

TEST_CASE("metrics: after orders each server tells what it did") {
  WatchedStack watched;
  InProcessStack& stack = watched.stack();
  constexpr int kOrders = 5;
  for (int i = 0; i < kOrders; ++i) REQUIRE(stack.Place(InProcessStack::Order()).ok());
  // (What is counted is counted after the commit that others see.)
  REQUIRE(WaitUntil([&] {
    return watched.Value("shopping", "tallystick_trades_total{state=\"COMPLETED\"}") == kOrders;
  }));
  REQUIRE(stack.IsQuiet());

  const std::string place = Method("ShoppingService", "PlaceOrder");
  REQUIRE(watched.Value("shopping", "grpc_server_started_total{" + place + "}") == kOrders);
  REQUIRE(watched.Value("shopping", "grpc_server_handled_total{grpc_code=\"OK\"," + place + "}") ==
          kOrders);
  REQUIRE(watched.Value("shopping", "grpc_server_handling_seconds_count{" + place + "}") ==
          kOrders);
  REQUIRE(watched.Value("shopping", "tallystick_batch_size_sum{batch=\"orders\"}") == kOrders);
  REQUIRE(watched.Value("shopping", "tallystick_batch_waiting{batch=\"orders\"}") == 0);
  REQUIRE(watched.Value("shopping", "tallystick_trades_total{state=\"ACCEPTED\"}") == kOrders);
  REQUIRE(watched.Value("shopping", "tallystick_trades_total{state=\"COMPLETED\"}") == kOrders);
  REQUIRE(watched.Value("payment", "tallystick_trades_total{state=\"CAPTURED\"}") == kOrders);
  REQUIRE(watched.Value("delivery", "tallystick_trades_total{state=\"DELIVERED\"}") == kOrders);
  // Authorized and captured; booked; told to payment and delivery.
  REQUIRE(watched.Value("payment",
                        "tallystick_gateway_calls_total{call=\"submit\",outcome=\"succeeded\"}") ==
          2 * kOrders);
  REQUIRE(watched.Value("delivery",
                        "tallystick_carrier_calls_total{call=\"book\",outcome=\"answered\"}") ==
          kOrders);
  REQUIRE(watched.Value("shopping",
                        "tallystick_queue_items_total{outcome=\"done\",queue=\"instructions to "
                        "payment\"}") >= 2 * kOrders);
  for (const char* service : {"shopping", "payment", "delivery"}) {
    CAPTURE(service);
    REQUIRE(watched.Value(service, "tallystick_database_transaction_seconds_count") > kOrders);
    REQUIRE(watched.Value(service, "tallystick_ready") == 1);
    REQUIRE(watched.Value(service, "tallystick_certificate_seconds_left{certificate=\"public\"}") >
            86400);
    REQUIRE(watched.Value(service, std::string("tallystick_build_info{service=\"") + service +
                                       "\",version=\"0.1.0\"}") == 1);
    REQUIRE(watched.Value(service, "tallystick_work_counted_timestamp_seconds") > 1e9);
    REQUIRE(watched.Value(service, "tallystick_work_counted_age_seconds") >= 0);
    REQUIRE(watched.Value(service, "tallystick_token_keys") > 0);
    REQUIRE(std::abs(watched.Value(service, "tallystick_clock_offset_seconds")) < 60);
    REQUIRE(watched.Value(service, "tallystick_work{queue=\"snapshots\"}") == 0);
  }
}

TEST_CASE("metrics: all that is declared is told by one server or another as it is declared") {
  WatchedStack watched;
  std::string all;
  for (const char* service : {"shopping", "payment", "delivery"}) all += watched.Text(service);
  for (const metrics::Declaration& declared : metrics::kDeclared) {
    CAPTURE(declared.name);
    REQUIRE(absl::StrContains(all,
                              std::string("# HELP ") + declared.name + " " + declared.help + "\n"));
  }
  // Of no other name.
  for (const absl::string_view line : absl::StrSplit(all, '\n')) {
    if (!absl::StartsWith(line, "# HELP ")) continue;
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    CAPTURE(words[2]);
    REQUIRE(std::ranges::any_of(metrics::kDeclared, [&](const metrics::Declaration& declared) {
      return words[2] == declared.name;
    }));
  }
  if (std::system("command -v promtool >/dev/null") != 0) return;
  TempFolder folder;
  for (const char* service : {"shopping", "payment", "delivery"}) {
    const std::string file = folder / service;
    std::ofstream(file) << watched.Text(service);
    REQUIRE(std::system(("promtool check metrics <" + file).c_str()) == 0);
  }
}

TEST_CASE("metrics: calls that are turned away are counted by reason") {
  WatchedStack watched;
  const auto refused = [&](const char* reason) {
    return watched.Value("shopping",
                         std::string("tallystick_calls_refused_total{reason=\"") + reason + "\"}");
  };
  REQUIRE(refused("TOKEN_MISSING") == 0);
  const auto stub = watched.stack().shopping_stub();
  for (int i = 0; i < 3; ++i) {
    grpc::ClientContext context;
    v1::ListProductsResponse response;
    REQUIRE_FALSE(stub->ListProducts(&context, {}, &response).ok());
  }
  REQUIRE(refused("TOKEN_MISSING") == 3);
  const auto context = InProcessStack::By("alice");
  v1::UpsertProductsResponse response;
  const auto operations =
      v1::ShoppingOperations::NewStub(Keys::Get().BuyerChannel(watched.stack().address(0)));
  REQUIRE_FALSE(operations->UpsertProducts(context.get(), {}, &response).ok());
  REQUIRE(refused("OPERATOR_ONLY") == 1);
  REQUIRE(watched.Value("shopping", "grpc_server_handled_total{grpc_code=\"Unauthenticated\"," +
                                        Method("ShoppingService", "ListProducts") + "}") == 3);
}

TEST_CASE("metrics: orders that fail are counted though the call that carries them succeeds") {
  WatchedStack watched;
  InProcessStack& stack = watched.stack();
  pqxx::connection connection(stack.postgres().Url("shopping"));
  pqxx::work lock(connection);
  lock.exec("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE");
  constexpr int kOrders = 3;
  v1::BatchPlaceOrdersRequest request;
  for (int i = 0; i < kOrders; ++i) *request.add_requests() = InProcessStack::Order();
  v1::BatchPlaceOrdersResponse response;
  const auto context = InProcessStack::By("alice");
  REQUIRE(stack.shopping_stub()->BatchPlaceOrders(context.get(), request, &response).ok());
  const std::string method =
      "grpc_method=\"BatchPlaceOrders\",grpc_service=\"tallystick.v1.ShoppingService\"";
  const auto items = [&](const std::string& code) {
    return watched.Value("shopping",
                         "tallystick_items_total{grpc_code=\"" + code + "\"," + method + "}");
  };
  REQUIRE(items("Aborted") == kOrders);
  REQUIRE(items("OK") == 0);
  REQUIRE(watched.Value("shopping", "grpc_server_handled_total{grpc_code=\"OK\"," + method +
                                        ",grpc_type=\"unary\"}") == 1);
}

TEST_CASE("metrics: work that waits is told of by queue") {
  WatchedStack watched;
  InProcessStack& stack = watched.stack();
  stack.StopPayment();
  // The survey of the next server finds: due for a minute, due later, and parked.
  const auto put = [&](int number, const std::string& due, int attempts) {
    stack.postgres().Execute(
        "payment", absl::StrCat("INSERT INTO work (trading_id, queue, number, due_time, attempts, "
                                "payload) VALUES ('",
                                NewUuidV7(absl::Now()).ToString(), "', 3, ", number, ", ", due,
                                ", ", attempts, ", '')"));
  };
  put(1, "now() + interval '1 day'", 0);
  put(2, "'9999-01-01'", kParkedAttempts);
  put(3, "'9999-01-01'", kParkedAttempts);
  put(5, "now() + interval '1 day'", 4);
  postgres::Session session({.database = {stack.postgres().Url("payment")}});
  put(4, "now() - interval '1 minute'", 0);
  const auto counts = session.Run([](postgres::Transaction& transaction) {
    return WorkTable::Count(transaction, payment::kQueues);
  });
  REQUIRE(counts.ok());
  REQUIRE(counts->size() == std::size(payment::kQueues));
  const QueueCount& planned = (*counts)[2];
  REQUIRE(planned.rows == 3);
  REQUIRE(planned.retried == 1);
  REQUIRE(planned.parked == 2);
  REQUIRE(planned.oldest_due >= absl::Minutes(1));
  REQUIRE(planned.oldest_due < absl::Minutes(10));
  REQUIRE((*counts)[0].rows == 0);
  stack.StartPayment();
  REQUIRE(WaitUntil([&] {
    return watched.Value("payment", "tallystick_work_parked{queue=\"planned captures\"}") >= 2;
  }));
  REQUIRE(watched.Value("payment", "tallystick_work_retried{queue=\"planned captures\"}") >= 1);
}

TEST_CASE("metrics: a clock that is another than the database's is told of") {
  WatchedStack watched;
  InProcessStack& stack = watched.stack();
  stack.StopPayment();
  // The database's, for connections to come.
  stack.postgres().Execute(
      "payment",
      "CREATE SCHEMA skewed; CREATE FUNCTION skewed.clock_timestamp() RETURNS timestamptz "
      "LANGUAGE sql AS $$ SELECT pg_catalog.clock_timestamp() + interval '1 hour' $$; "
      "ALTER DATABASE payment SET search_path = skewed, pg_catalog, public");
  stack.StartPayment();
  REQUIRE(WaitUntil(
      [&] { return watched.Value("payment", "tallystick_clock_offset_seconds") < -3000; }));
  REQUIRE(watched.Value("payment", "tallystick_work_counted_age_seconds") < 3000);
}

TEST_CASE("readiness: it follows the database") {
  WatchedStack watched;
  const std::string& port = watched.At("payment");
  const auto becomes = [&](int status, const std::string& line) {
    return WaitUntil([&] {
      const HttpAnswer answer = HttpGet(port, "/readyz");
      return answer.status == status && absl::StrContains(answer.body, line);
    });
  };
  REQUIRE(becomes(200, "database: answers\n"));
  REQUIRE(absl::StrContains(HttpGet(port, "/readyz").body, "\nshopping: "));
  auto& postgres = const_cast<PrivatePostgres&>(watched.stack().postgres());
  postgres.Stop();
  REQUIRE(becomes(503, "database: does not answer\n"));
  REQUIRE(HttpGet(port, "/livez").status == 200);
  REQUIRE(watched.Value("payment", "tallystick_ready") == 0);
  postgres.Start();
  REQUIRE(becomes(200, "database: answers\n"));
}

TEST_CASE("server status: a database that has started anew answers from the first question on") {
  WatchedStack watched;
  InProcessStack& stack = watched.stack();
  const auto status = [&] {
    Shop shop = stack.ShopOf("operator:bob");
    return BackOffice(shop).AskServers({})[Side::kPayment];
  };
  REQUIRE(status().ok());
  REQUIRE(status()->database_answers);
  const auto is_ready = [&](bool ready) {
    return WaitUntil([&] {
      return HttpGet(watched.At("payment"), "/readyz").status == (ready ? 200 : 503) &&
             HttpGet(watched.At("shopping"), "/readyz").status == (ready ? 200 : 503);
    });
  };
  auto& postgres = const_cast<PrivatePostgres&>(stack.postgres());
  postgres.Stop();
  REQUIRE(is_ready(false));
  postgres.Start();
  REQUIRE(is_ready(true));
  const absl::StatusOr<ServerStatus> again = status();
  REQUIRE(again.ok());
  REQUIRE(again->database_answers);
  REQUIRE(again->ready);
  REQUIRE_FALSE(again->queues.empty());
}

TEST_CASE("readiness: a database that answers and whose disk is full is none to work with") {
  WatchedStack watched;
  const PrivatePostgres& postgres = watched.stack().postgres();
  const std::string& port = watched.At("payment");
  const auto becomes = [&](int status, const std::string& line) {
    return WaitUntil([&] {
      const HttpAnswer answer = HttpGet(port, "/readyz");
      return answer.status == status && absl::StrContains(answer.body, line);
    });
  };
  REQUIRE(becomes(200, "database: answers\n"));
  // What is to be put into a file finds no room, on connections to come.
  postgres.Execute("payment",
                   "CREATE SCHEMA full_disk; CREATE FUNCTION full_disk.generate_series(integer, "
                   "integer) RETURNS SETOF integer LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION "
                   "'No space left on device' USING ERRCODE = '53100'; END $$; "
                   "ALTER DATABASE payment SET search_path = full_disk, pg_catalog, public");
  const char* reconnect =
      "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
      "WHERE datname = 'payment' AND pid <> pg_backend_pid()";
  postgres.Execute("payment", reconnect);
  REQUIRE(becomes(503, "database: cannot be written to\n"));
  REQUIRE(watched.Value("payment", "tallystick_ready") == 0);
  postgres.Execute("payment", "ALTER DATABASE payment RESET search_path");
  postgres.Execute("payment", reconnect);
  REQUIRE(becomes(200, "database: answers\n"));
}

TEST_CASE("watch port: what is no page is refused and strange requests change nothing") {
  WatchedStack watched;
  const std::string& port = watched.At("shopping");
  REQUIRE(HttpGet(port, "/").status == 404);
  REQUIRE(HttpGet(port, "/metrics/x").status == 404);
  REQUIRE(HttpGet(port, "/../etc/passwd").status != 200);
  REQUIRE(SendHttp(port, "POST /metrics HTTP/1.1\r\nContent-Length: 0\r\n\r\n").status == 405);
  REQUIRE(SendHttp(port, "GET /metrics HTTP/1.1\r\nX: " + std::string(10'000, 'x') + "\r\n\r\n")
              .status != 200);
  REQUIRE(HttpGet(port, "/livez").status == 200);
}

TEST_CASE("watch port: there is none without the setting") {
  const std::string address = FreeAddresses(1).front();
  const InProcessStack stack;
  REQUIRE_FALSE(stack.payment().metrics().on());
  REQUIRE(stack.payment().metrics().Text().empty());
  REQUIRE(HttpGet(address, "/metrics").status == 0);
}

TEST_CASE("watch port: a server that waits for its database is alive and not ready") {
  rpc::ServerSettings settings;
  settings.ports.service = "payment";
  const std::vector<std::string> addresses = FreeAddresses(3);
  settings.ports.public_address = addresses[0];
  settings.ports.internal_address = addresses[1];
  settings.ports.metrics_listen = addresses[2];
  InProcessStack::Secure(settings, "payment");
  const auto waiting = rpc::Server::StartWaiting(settings.ports);
  REQUIRE(waiting.ok());
  REQUIRE(HttpGet(addresses[2], "/livez").status == 200);
  REQUIRE(HttpGet(addresses[2], "/readyz").status == 503);
  REQUIRE(HttpGet(addresses[2], "/metrics").status == 503);
  settings.ports.public_address = FreeAddresses(1).front();
  const auto second = rpc::Server::StartWaiting(settings.ports);
  REQUIRE(absl::IsUnavailable(second.status()));
  REQUIRE(absl::StrContains(second.status().message(), addresses[2]));
}

TEST_CASE("health: a watch is told of a database that goes and comes and of the end") {
  InProcessStack stack;
  const auto stub = grpc::health::v1::Health::NewStub(Keys::Get().BuyerChannel(stack.address(1)));
  grpc::ClientContext context;
  rpc::SetDeadline(context, absl::Seconds(60));
  const auto stream = stub->Watch(&context, {});
  const auto next = [&] {
    HealthCheckResponse response;
    return stream->Read(&response) ? response.status() : HealthCheckResponse::UNKNOWN;
  };
  REQUIRE(next() == HealthCheckResponse::SERVING);
  auto& postgres = const_cast<PrivatePostgres&>(stack.postgres());
  postgres.Stop();
  REQUIRE(next() == HealthCheckResponse::NOT_SERVING);
  postgres.Start();
  REQUIRE(next() == HealthCheckResponse::SERVING);

  grpc::ClientContext other;
  rpc::SetDeadline(other, absl::Seconds(60));
  HealthCheckRequest nothing;
  nothing.set_service("no.such.Service");
  const auto unknown = stub->Watch(&other, nothing);
  HealthCheckResponse response;
  REQUIRE(unknown->Read(&response));
  REQUIRE(response.status() == HealthCheckResponse::SERVICE_UNKNOWN);
  other.TryCancel();
  REQUIRE(unknown->Finish().error_code() == grpc::StatusCode::CANCELLED);

  stack.StopPayment();
  REQUIRE(next() == HealthCheckResponse::NOT_SERVING);
  REQUIRE(next() == HealthCheckResponse::UNKNOWN);
  const grpc::Status end = stream->Finish();
  REQUIRE(end.error_code() == grpc::StatusCode::UNAVAILABLE);
  REQUIRE(end.error_message() == "the server stops");  // and was not cut off by its end
}

TEST_CASE("health: those who watch are few") {
  InProcessStack stack;
  const auto stub = grpc::health::v1::Health::NewStub(Keys::Get().BuyerChannel(stack.address(1)));
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::ClientReader<HealthCheckResponse>>> watches;
  HealthCheckResponse response;
  const auto watch = [&] {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    rpc::SetDeadline(*contexts.back(), absl::Seconds(60));
    watches.push_back(stub->Watch(contexts.back().get(), {}));
    return watches.back()->Read(&response);
  };
  constexpr int kMost = 64;
  for (int i = 0; i < kMost; ++i) REQUIRE(watch());
  REQUIRE_FALSE(watch());
  REQUIRE(watches.back()->Finish().error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  // Whoever leaves makes room.
  contexts.front()->TryCancel();
  REQUIRE(watches.front()->Finish().error_code() == grpc::StatusCode::CANCELLED);
  REQUIRE(WaitUntil([&] { return watch(); }));
  for (const auto& context : contexts) context->TryCancel();
  for (size_t i = 1; i < watches.size(); ++i) {
    if (i != kMost) (void)watches[i]->Finish();
  }
}

}  // namespace
}  // namespace tallystick::testing
