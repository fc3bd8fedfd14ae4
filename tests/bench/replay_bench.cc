// tally-bench: how many orders a second a running shop takes, by single calls at so many
// outstanding and by batches of so many, the same orders in one run, and how long they take to
// complete.
//
//   tally-bench TARGET CA TOKEN_FILE ORDERS.csv   columns reference, sku, quantity, address
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <cstdio>
#include <fstream>
#include <map>
#include <semaphore>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "platform/ids/uuid.h"
#include "platform/transport/channel.h"
#include "platform/transport/tls.h"
#include "tallystick/v1/shopping.grpc.pb.h"

namespace tallystick {
namespace {

constexpr int kOutstanding = 64;
constexpr int kBatch = 100;
constexpr int kRounds = 5;

std::vector<v1::PlaceOrderRequest> ReadOrders(const char* path) {
  std::map<std::string, v1::PlaceOrderRequest> orders;
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    const std::vector<std::string> fields = absl::StrSplit(line, ',');
    v1::PlaceOrderRequest& order = orders[fields[0]];
    v1::OrderItem* item = order.add_items();
    item->set_sku(fields[1]);
    item->set_quantity(std::stoll(fields[2]));
  }
  std::vector<v1::PlaceOrderRequest> requests;
  for (auto& [reference, order] : orders) {
    order.mutable_ship_to()->add_lines("Benchmark");
    order.set_payment_method("pm_sandbox_ok");
    requests.push_back(std::move(order));
  }
  return requests;
}

void Renew(std::vector<v1::PlaceOrderRequest>& orders) {
  for (auto& order : orders) order.set_request_id(NewUuidV7(absl::Now()).ToString());
}

std::string token;

std::unique_ptr<grpc::ClientContext> Context() {
  auto context = std::make_unique<grpc::ClientContext>();
  rpc::SetDeadline(*context, absl::Seconds(30));
  context->AddMetadata("authorization", "Bearer " + token);
  return context;
}

struct SingleCall {
  std::unique_ptr<grpc::ClientContext> context = Context();
  v1::PlaceOrderResponse response;
};

double BySingleCalls(v1::ShoppingService::Stub& stub,
                     const std::vector<v1::PlaceOrderRequest>& orders, int* failed) {
  std::counting_semaphore<> free(kOutstanding);
  std::atomic<int> bad = 0;
  const absl::Time start = absl::Now();
  for (const auto& order : orders) {
    free.acquire();
    auto call = std::make_shared<SingleCall>();
    stub.async()->PlaceOrder(call->context.get(), &order, &call->response,
                             [call, &free, &bad](grpc::Status status) {
                               if (!status.ok()) ++bad;
                               free.release();
                             });
  }
  for (int i = 0; i < kOutstanding; ++i) free.acquire();
  *failed += bad;
  return static_cast<double>(orders.size()) / absl::ToDoubleSeconds(absl::Now() - start);
}

double ByBatches(v1::ShoppingService::Stub& stub, const std::vector<v1::PlaceOrderRequest>& orders,
                 int* failed) {
  const absl::Time start = absl::Now();
  for (size_t at = 0; at < orders.size(); at += kBatch) {
    v1::BatchPlaceOrdersRequest request;
    for (size_t i = at; i < std::min(orders.size(), at + kBatch); ++i) {
      *request.add_requests() = orders[i];
    }
    v1::BatchPlaceOrdersResponse response;
    const grpc::Status status = stub.BatchPlaceOrders(Context().get(), request, &response);
    if (!status.ok()) *failed += request.requests_size();
    for (const auto& result : response.results()) *failed += result.has_error() ? 1 : 0;
  }
  return static_cast<double>(orders.size()) / absl::ToDoubleSeconds(absl::Now() - start);
}

}  // namespace
}  // namespace tallystick

int main(int argc, char** argv) {
  using namespace tallystick;
  if (argc != 5) {
    std::fprintf(stderr, "usage: tally-bench HOST:PORT CA TOKEN_FILE ORDERS.csv\n");
    return 2;
  }
  std::stringstream ca;
  ca << std::ifstream(argv[2]).rdbuf();
  std::ifstream(argv[3]) >> token;
  auto stub = v1::ShoppingService::NewStub(rpc::MakeChannel(argv[1], rpc::TrustCa(ca.str())));
  std::vector<v1::PlaceOrderRequest> orders = ReadOrders(argv[4]);
  int failed = 0;
  std::printf("%zu orders a round\n%-6s %22s %22s %7s\n", orders.size(), "round",
              "single, 64 outstanding", "batches of 100", "ratio");
  for (int round = 1; round <= kRounds; ++round) {
    Renew(orders);
    const double single = BySingleCalls(*stub, orders, &failed);
    Renew(orders);
    const double batched = ByBatches(*stub, orders, &failed);
    std::printf("%-6d %20.0f/s %20.0f/s %7.2f\n", round, single, batched, batched / single);
  }
  std::printf("failed: %d\n", failed);
  return failed == 0 ? 0 : 1;
}
