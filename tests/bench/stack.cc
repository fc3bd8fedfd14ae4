#include "tests/bench/stack.h"

#include <algorithm>
#include <stdexcept>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "keys-cli/installation/installation.h"
#include "platform/ids/uuid.h"
#include "platform/transport/channel.h"
#include "platform/transport/health_check.h"
#include "platform/transport/status.h"
#include "platform/transport/tls.h"
#include "tallystick/v1/shopping.grpc.pb.h"
#include "tests/bench/orders.h"
#include "tests/support/free_ports.h"
#include "tests/support/wait_until.h"

namespace tallystick::bench {
namespace {

const char* const kServers[] = {"shopping", "payment", "delivery"};
constexpr int64_t kStock = 1'000'000'000;
constexpr absl::Duration kCallTimeout = absl::Seconds(60);
constexpr absl::Duration kQuietWithin = absl::Minutes(5);
constexpr absl::Duration kLook = absl::Milliseconds(100);

void Demand(const absl::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

std::string Token(const SigningKey& key, const std::string& subject, const std::string& role) {
  TokenRequest request;
  request.subject = subject;
  request.role = role;
  return MakeToken(key, request, absl::Now());
}

}  // namespace

BenchStack::BenchStack(bool metrics) : metrics_(metrics) {
  const std::vector<std::string> free = testing::FreeAddresses(12);
  size_t next = 0;
  for (const char* server : {"shopping", "payment", "delivery", "echo"}) {
    addresses_[server] = {free[next], free[next + 1], free[next + 2]};
    next += 3;
  }
  Demand(MakeInstallation(File("keys"), {}));
  const absl::StatusOr<SigningKey> key = LoadTokenKey(File("keys"));
  Demand(key.status());
  buyer_token_ = Token(*key, "bench", "buyer");
  operator_token_ = Token(*key, "bench", "operator");
  buyers_ca_ = testing::ReadFile(File("keys/buyers/ca.crt"));
  echo_ = std::make_unique<testing::Process>(
      std::vector<std::string>{std::string(TALLYSTICK_BINARY_DIR) + "/tests/tally-bench", "--echo",
                               addresses_["echo"][0], addresses_["echo"][1], File("keys/shopping"),
                               postgres_.Url("shopping")},
      testing::Environment{}, File("echo.out"), File("echo.log"));
  AwaitServing("echo");
}

std::vector<std::string> BenchStack::CommandOf(const std::string& server) const {
  std::vector<std::string> command = {
      absl::StrCat(TALLYSTICK_BINARY_DIR, "/services/", server, "/tally-", server),
      "--database-url", postgres_.Url(server), "--keys", File("keys/" + server), "--public-address",
      addresses_.at(server)[0], "--internal-address", addresses_.at(server)[1], "--log-level",
      "warn",
      // One caller makes all calls here.
      "--max-calls-per-second-per-caller", "10000000", "--max-live-calls-per-caller", "20000"};
  const auto add = [&](const std::string& name, const std::string& value) {
    command.insert(command.end(), {name, value});
  };
  if (metrics_) add("--metrics-listen", addresses_.at(server)[2]);
  if (server != "shopping") {
    add("--shopping-internal-address", addresses_.at("shopping")[1]);
    return command;
  }
  for (const char* peer : {"payment", "delivery"}) {
    add(absl::StrCat("--", peer, "-internal-address"), addresses_.at(peer)[1]);
  }
  for (const char* one : kServers) {
    add(absl::StrCat("--advertised-", one, "-address"), addresses_.at(one)[0]);
  }
  return command;
}

void BenchStack::Start(const ServerOptions& options,
                       const std::map<std::string, std::string>& programs) {
  // Stopped as an operator does, so that what is in hand is not waited for again.
  for (auto& [name, process] : servers_) process->Signal(SIGTERM);
  for (auto& [name, process] : servers_) process->Wait();
  servers_.clear();
  for (const char* server : kServers) {
    std::vector<std::string> command = CommandOf(server);
    const auto program = programs.find(server);
    if (program != programs.end())
      command[0] = absl::StrCat(TALLYSTICK_BINARY_DIR, "/", program->second);
    const auto more = options.find(server);
    if (more != options.end()) {
      command.insert(command.end(), more->second.begin(), more->second.end());
    }
    servers_[server] = std::make_unique<testing::Process>(command, testing::Environment{},
                                                          File(absl::StrCat(server, ".out")),
                                                          File(absl::StrCat(server, ".log")));
  }
  for (const auto& [name, process] : servers_) AwaitServing(name);
}

void BenchStack::AwaitServing(const std::string& server) const {
  const auto serves = [&] {
    return rpc::CheckHealth(address(server), rpc::TrustCa(buyers_ca_), absl::Seconds(2)).ok();
  };
  if (testing::WaitUntil(serves)) return;
  throw std::runtime_error(server + " does not serve:\n" +
                           testing::ReadFile(File(server + ".log")));
}

std::unique_ptr<grpc::ClientContext> BenchStack::ContextWith(const std::string& token) const {
  auto context = std::make_unique<grpc::ClientContext>();
  rpc::SetDeadline(*context, kCallTimeout);
  context->AddMetadata("authorization", "Bearer " + token);
  return context;
}

std::shared_ptr<grpc::Channel> BenchStack::Channel(const std::string& server) {
  channels_.push_back(rpc::MakeChannel(addresses_.at(server)[0], rpc::TrustCa(buyers_ca_)));
  return channels_.back();
}

void BenchStack::LoadProducts() {
  const auto stub = v1::ShoppingOperations::NewStub(Channel("shopping"));
  v1::UpsertProductsRequest products;
  v1::AdjustStockRequest stock;
  stock.set_request_id(NewUuidV7(absl::Now()).ToString());
  for (int i = 0; i < kProducts; ++i) {
    v1::Product* product = products.add_products();
    product->set_sku(SkuOf(i));
    product->set_name(absl::StrCat("Product ", i));
    product->mutable_unit_price()->set_currency_code("USD");
    product->mutable_unit_price()->set_minor_units(1000 + i);
    product->set_tax_rate_basis_points(700);
    v1::StockAdjustment* delta = stock.add_adjustments();
    delta->set_sku(SkuOf(i));
    delta->set_delta(kStock);
  }
  v1::UpsertProductsResponse loaded;
  Demand(
      rpc::FromGrpc(stub->UpsertProducts(ContextWith(operator_token_).get(), products, &loaded)));
  v1::AdjustStockResponse adjusted;
  Demand(rpc::FromGrpc(stub->AdjustStock(ContextWith(operator_token_).get(), stock, &adjusted)));
}

bool BenchStack::IsBusy(const std::string& server) {
  std::unique_ptr<pqxx::connection>& connection = watching_[server];
  if (connection == nullptr) {
    connection = std::make_unique<pqxx::connection>(postgres_.Url(server));
  }
  pqxx::nontransaction work(*connection);
  // By the index: what it costs is counted as PostgreSQL's.
  return work
      .exec(
          "SELECT EXISTS (SELECT 1 FROM all_work WHERE queue BETWEEN 1 AND 9 AND "
          "due_time < now() + interval '1 hour')")[0][0]
      .as<bool>();
}

void BenchStack::WaitUntilQuiet() {
  const absl::Time end = absl::Now() + kQuietWithin;
  while (std::ranges::any_of(kServers, [this](const char* server) { return IsBusy(server); })) {
    if (absl::Now() > end) throw std::runtime_error("the servers do not get through");
    absl::SleepFor(kLook);
  }
}

CpuTimes BenchStack::cpu() const {
  CpuTimes times;
  times.of["client"] = CpuOfThisProcess();
  times.of["echo"] = CpuOf(echo_->pid());
  for (const auto& [name, process] : servers_) times.of[name] = CpuOf(process->pid());
  times.of["postgres"] = CpuOfPostgres(postgres_.postmaster());
  return times;
}

int64_t BenchStack::MemoryOf(const std::string& server) const {
  return ResidentBytes(servers_.at(server)->pid());
}

}  // namespace tallystick::bench
