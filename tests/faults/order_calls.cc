#include "tests/faults/order_calls.h"

#include <stdexcept>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client-cli/remote/back_office.h"
#include "client-cli/remote/errors.h"
#include "platform/ids/uuid.h"
#include "platform/time/backoff.h"
#include "platform/transport/channel.h"
#include "platform/transport/status.h"
#include "platform/transport/tls.h"

namespace tallystick::faults {
namespace {

constexpr int kProducts = 100;
constexpr int kOrdersAtATime = 250;
constexpr int64_t kStock = 100'000'000;
constexpr absl::Duration kOrderTimeout = absl::Seconds(5);

std::string Sku(uint64_t number) { return absl::StrCat("PLAIN-", number % kProducts); }

// The outcome is open: docs/protocol.md, "Errors".
bool MayRepeat(const grpc::Status& status) { return IsUnreachable(rpc::FromGrpc(status)); }

}  // namespace

void LoadPlainProducts(Cluster& cluster) {
  Shop shop = cluster.ShopOf("operator:figures");
  BackOffice back(shop);
  std::vector<CatalogueProduct> products;
  std::vector<StockDelta> stock;
  for (uint64_t i = 0; i < kProducts; ++i) {
    products.push_back({Sku(i), "Plain product", "", {"USD", 1000}, 700});
    stock.push_back({Sku(i), kStock});
  }
  absl::Status loaded = back.UpsertProducts(products);
  if (loaded.ok()) loaded = back.AdjustStock(NewUuidV7(absl::Now()), stock);
  if (!loaded.ok()) throw std::runtime_error(loaded.ToString());
}

v1::PlaceOrderRequest PlainOrder(uint64_t number) {
  v1::PlaceOrderRequest request;
  request.set_request_id(NewUuidV7(absl::Now()).ToString());
  for (uint64_t line = 0; line < 2; ++line) {
    v1::OrderItem* item = request.add_items();
    item->set_sku(Sku(number * 7 + line));
    item->set_quantity(1);
  }
  request.mutable_ship_to()->add_lines("Ann Example");
  request.set_payment_method("pm_sandbox_ok");
  return request;
}

OrderCaller::OrderCaller(Cluster& cluster, const std::string& address, const std::string& buyer)
    : token_(cluster.Token(buyer)),
      stub_(v1::ShoppingService::NewStub(
          rpc::MakeChannel(address, rpc::TrustCa(testing::ReadFile(cluster.CaFile()))))) {}

std::unique_ptr<grpc::ClientContext> OrderCaller::Context(absl::Duration timeout) const {
  auto context = std::make_unique<grpc::ClientContext>();
  rpc::SetDeadline(*context, timeout);
  context->AddMetadata("authorization", "Bearer " + token_);
  return context;
}

grpc::Status OrderCaller::Place(const v1::PlaceOrderRequest& request, absl::Duration limit,
                                int* tries) {
  const absl::Time end = absl::Now() + limit;
  grpc::Status status;
  for (*tries = 1;; ++*tries) {
    v1::PlaceOrderResponse response;
    status = stub_->PlaceOrder(Context(kOrderTimeout).get(), request, &response);
    if (!MayRepeat(status) || absl::Now() > end) return status;
    absl::SleepFor(BackoffDelay({absl::Milliseconds(20), absl::Seconds(1)}, *tries));
  }
}

void OrderCaller::PlaceMany(int count) {
  for (int at = 0; at < count; at += kOrdersAtATime) {
    v1::BatchPlaceOrdersRequest request;
    for (int i = at; i < std::min(count, at + kOrdersAtATime); ++i) {
      *request.add_requests() = PlainOrder(static_cast<uint64_t>(i));
    }
    v1::BatchPlaceOrdersResponse response;
    const grpc::Status status =
        stub_->BatchPlaceOrders(Context(absl::Seconds(30)).get(), request, &response);
    if (!status.ok()) throw std::runtime_error(status.error_message());
  }
}

}  // namespace tallystick::faults
