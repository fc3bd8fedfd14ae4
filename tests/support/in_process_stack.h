// The three servers in the test's own process, on a private PostgreSQL, with a gateway of the
// test's choice.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "client-cli/remote/back_office.h"
#include "platform/transport/channel.h"
#include "platform/transport/status.h"
#include "services/delivery/service/delivery_server.h"
#include "services/delivery/workflow/sandbox_carrier.h"
#include "services/payment/service/payment_server.h"
#include "services/payment/workflow/sandbox_gateway.h"
#include "services/shopping/service/shopping_server.h"
#include "tallystick/v1/delivery.grpc.pb.h"
#include "tallystick/v1/payment.grpc.pb.h"
#include "tallystick/v1/shopping.grpc.pb.h"
#include "tests/support/catch.h"
#include "tests/support/free_ports.h"
#include "tests/support/keys.h"
#include "tests/support/private_postgres.h"
#include "tests/support/quiet.h"
#include "tests/support/wait_until.h"

namespace tallystick::testing {

class InProcessStack {
 public:
  // Changes what all three servers share, before they start.
  using Tweak = std::function<void(rpc::ServerSettings&)>;

  explicit InProcessStack(payment::Gateway* gateway = nullptr, Tweak tweak = nullptr,
                          absl::Duration net_30_period = absl::Seconds(30))
      : tweak_(std::move(tweak)),
        net_30_period_(net_30_period),
        addresses_(FreeAddresses(6)),
        gateway_(gateway == nullptr ? &sandbox_gateway_ : gateway) {
    StartAll();
  }

  void StartShopping() {
    const shopping::ShoppingSettings settings = Shopping();
    REQUIRE(shopping::Migrate(settings).ok());
    auto server = shopping::Start(settings);
    REQUIRE(server.ok());
    shopping_ = *std::move(server);
  }
  // Another shop on the same database, at addresses of its own.
  std::unique_ptr<rpc::TradeServer> StartShoppingReplica(
      const std::vector<std::string>& addresses) {
    shopping::ShoppingSettings settings = Shopping();
    settings.server.ports.public_address = addresses[0];
    settings.server.ports.internal_address = addresses[1];
    auto server = shopping::Start(settings);
    REQUIRE(server.ok());
    return *std::move(server);
  }
  void StartPayment() {
    payment::PaymentSettings settings;
    Fill(settings.server, "payment", 1);
    settings.shopping_internal_address = addresses_[3];
    settings.gateway.pace = absl::ZeroDuration();
    REQUIRE(payment::Migrate(settings).ok());
    auto server = payment::Start(settings, *gateway_);
    REQUIRE(server.ok());
    payment_ = *std::move(server);
  }
  // `pace`: how long the carrier takes for each step.
  void StartDelivery(absl::Duration pace = absl::ZeroDuration()) {
    delivery::DeliverySettings settings;
    Fill(settings.server, "delivery", 2);
    settings.shopping_internal_address = addresses_[3];
    settings.carrier_pace = pace;
    REQUIRE(delivery::Migrate(settings).ok());
    auto server = delivery::Start(settings, carrier_);
    REQUIRE(server.ok());
    delivery_ = *std::move(server);
  }
  // Another payment server on the same database, at addresses of its own.
  std::unique_ptr<rpc::TradeServer> StartPaymentReplica(const std::vector<std::string>& addresses) {
    payment::PaymentSettings settings;
    Fill(settings.server, "payment", 1);
    settings.server.ports.public_address = addresses[0];
    settings.server.ports.internal_address = addresses[1];
    settings.shopping_internal_address = addresses_[3];
    settings.gateway.pace = absl::ZeroDuration();
    auto server = payment::Start(settings, *gateway_);
    REQUIRE(server.ok());
    return *std::move(server);
  }
  void StopShopping() { Stop(shopping_); }
  void StopPayment() { Stop(payment_); }
  void StopDelivery() { Stop(delivery_); }
  void StopAll() {
    Stop(shopping_);
    Stop(payment_);
    Stop(delivery_);
  }
  void StartAll() {
    StartShopping();
    StartPayment();
    StartDelivery();
  }
  ~InProcessStack() { StopAll(); }

  const PrivatePostgres& postgres() const { return postgres_; }
  rpc::TradeServer& shopping() const { return *shopping_; }
  rpc::TradeServer& payment() const { return *payment_; }
  const std::string& address(int index) const { return addresses_[static_cast<size_t>(index)]; }

  std::unique_ptr<v1::ShoppingService::Stub> shopping_stub() const {
    return v1::ShoppingService::NewStub(Keys::Get().BuyerChannel(addresses_[0]));
  }

  // The keys of one of the three servers.
  static void Secure(rpc::ServerSettings& settings, const std::string& server) {
    settings.keys = Keys::Get().File(server);
    REQUIRE(settings.TakeKeys().ok());
  }

  // A context of a call by a buyer, or by operator:SUBJECT, with a deadline.
  static std::unique_ptr<grpc::ClientContext> By(const std::string& who) {
    auto context = std::make_unique<grpc::ClientContext>();
    rpc::SetDeadline(*context, absl::Seconds(20));
    context->AddMetadata("authorization", "Bearer " + Keys::Get().Token(who));
    return context;
  }

  Shop ShopOf(const std::string& who) const {
    return Shop({"shop", addresses_[0], "", ""}, {Keys::Get().BuyersCa(), Keys::Get().Token(who)},
                absl::Seconds(20));
  }

  // Products A (10.00 USD, 7 % tax) and B (3.33 USD, 19 %), 100 pieces each.
  void LoadProducts() {
    Shop shop = ShopOf("operator:bob");
    BackOffice back(shop);
    const absl::Status loaded = back.UpsertProducts(std::vector<CatalogueProduct>{
        {"A", "Product A", "", {"USD", 1000}, 700}, {"B", "Product B", "", {"USD", 333}, 1900}});
    INFO(loaded.ToString());
    REQUIRE(loaded.ok());
    REQUIRE(
        back.AdjustStock(NewUuidV7(absl::Now()), std::vector<StockDelta>{{"A", 100}, {"B", 100}})
            .ok());
  }

  std::string Stock(const std::string& sku) const {
    return postgres_.Ask("shopping", "SELECT stock FROM products WHERE sku = '" + sku + "'");
  }

  static v1::PlaceOrderRequest Order(int64_t quantity = 2) {
    v1::PlaceOrderRequest request;
    request.set_request_id(NewUuidV7(absl::Now()).ToString());
    auto* item = request.add_items();
    item->set_sku("A");
    item->set_quantity(quantity);
    request.mutable_ship_to()->add_lines("Ann");
    request.set_payment_method("pm_sandbox_ok");
    return request;
  }

  absl::StatusOr<v1::TradingInformation> Place(const v1::PlaceOrderRequest& request,
                                               const std::string& buyer = "alice") const {
    v1::PlaceOrderResponse response;
    const grpc::Status status = shopping_stub()->PlaceOrder(By(buyer).get(), request, &response);
    if (!status.ok()) return rpc::FromGrpc(status);
    return response.information();
  }

  // One piece of A of alice's, which has arrived, goes back.
  void ReturnOne(const std::string& trading_id, const std::string& sku = "A") const {
    v1::ReturnProductsRequest request;
    request.set_request_id(NewUuidV7(absl::Now()).ToString());
    request.set_trading_id(trading_id);
    request.add_lines()->set_sku(sku);
    request.mutable_lines(0)->set_quantity(1);
    v1::ReturnProductsResponse response;
    const grpc::Status status =
        shopping_stub()->ReturnProducts(By("alice").get(), request, &response);
    INFO(status.error_message());
    REQUIRE(status.ok());
  }

  void Cancel(const std::string& trading_id) const {
    v1::CancelOrderRequest request;
    request.set_request_id(NewUuidV7(absl::Now()).ToString());
    request.set_trading_id(trading_id);
    v1::CancelOrderResponse response;
    const grpc::Status status = shopping_stub()->CancelOrder(By("alice").get(), request, &response);
    INFO(status.error_message());
    REQUIRE(status.ok());
  }

  v1::TradingStatus Status(const std::string& trading_id) const {
    v1::GetTradingStatusRequest request;
    request.set_trading_id(trading_id);
    v1::GetTradingStatusResponse response;
    const grpc::Status status =
        shopping_stub()->GetTradingStatus(By("alice").get(), request, &response);
    REQUIRE(status.ok());
    return response.status();
  }

  bool Reaches(const std::string& trading_id, v1::OrderState state) const {
    return WaitUntil([&] { return Status(trading_id).order().state() == state; });
  }

  bool IsQuiet() const { return testing::IsQuiet(postgres_); }

 private:
  template <typename Server>
  static void Stop(std::unique_ptr<Server>& server) {
    if (server) server->Drain();
    server.reset();
  }

  shopping::ShoppingSettings Shopping() {
    shopping::ShoppingSettings settings;
    Fill(settings.server, "shopping", 0);
    settings.payment_internal_address = addresses_[4];
    settings.delivery_internal_address = addresses_[5];
    settings.advertised_shopping_address = addresses_[0];
    settings.advertised_payment_address = addresses_[1];
    settings.advertised_delivery_address = addresses_[2];
    settings.policy.periods[Terms::kNet30] = net_30_period_;
    settings.reconcile_patience = absl::Milliseconds(200);
    settings.compare_interval = absl::Seconds(1);
    settings.database_look_interval = absl::Milliseconds(100);
    return settings;
  }

  void Fill(rpc::ServerSettings& settings, const std::string& database, size_t index) {
    settings.database.url = postgres_.Url(database);
    settings.ports.public_address = addresses_[index];
    settings.ports.internal_address = addresses_[index + 3];
    Secure(settings, database);
    settings.work.lease = absl::Milliseconds(500);
    settings.work.poll_interval = absl::Milliseconds(50);
    settings.ports.drain_timeout = absl::Seconds(2);
    settings.statuses.watches.look_interval = absl::Milliseconds(50);
    if (tweak_) tweak_(settings);
  }

  const Tweak tweak_;
  const absl::Duration net_30_period_;

  PrivatePostgres postgres_;
  std::vector<std::string> addresses_;
  payment::SandboxGateway sandbox_gateway_;
  payment::Gateway* gateway_;
  delivery::SandboxCarrier carrier_;
  std::unique_ptr<rpc::TradeServer> shopping_;
  std::unique_ptr<rpc::TradeServer> payment_;
  std::unique_ptr<rpc::TradeServer> delivery_;
};

}  // namespace tallystick::testing
