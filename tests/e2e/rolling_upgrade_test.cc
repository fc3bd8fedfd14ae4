// An upgrade as docs/operations.md says: under load, one server after the other from an earlier
// binary to this one, and clients last. `./dev upgrade-test` has the earlier binaries.
#include <atomic>
#include <cstdlib>
#include <thread>

#include "platform/ids/uuid.h"
#include "platform/transport/channel.h"
#include "platform/transport/status.h"
#include "tallystick/v1/changes.grpc.pb.h"
#include "tallystick/v1/shopping.grpc.pb.h"
#include "tests/support/stack.h"

namespace tallystick::testing {
namespace {

constexpr const char* kServices[] = {"shopping", "payment", "delivery"};
constexpr size_t kReplicas = 2;
// Placed before the first step, and after each of them.
constexpr size_t kOrdersAStep = 20;

// Two replicas of each service on one database each, of the earlier binaries or of these.
class Fleet {
 public:
  explicit Fleet(std::string earlier)
      : earlier_(std::move(earlier)), addresses_(FreeAddresses(4 * 3)) {
    for (size_t service = 0; service < 3; ++service) {
      for (size_t replica = 0; replica < kReplicas; ++replica) Start(service, replica, earlier_);
    }
    for (size_t service = 0; service < 3; ++service) {
      for (size_t replica = 0; replica < kReplicas; ++replica) {
        REQUIRE(WaitUntil([&] { return IsServing(service, replica); }));
      }
    }
  }

  // SIGTERM to one that serves, and this binary in its place.
  void Upgrade(size_t service, size_t replica) {
    CAPTURE(kServices[service], replica);
    Process& old = *servers_.at(service * kReplicas + replica);
    old.Signal(SIGTERM);
    REQUIRE(old.Wait() == 0);
    Start(service, replica, "");
    REQUIRE(WaitUntil([&] { return IsServing(service, replica); }));
  }

  const std::string& PublicAddress(size_t service, size_t replica) const {
    return addresses_[service * kReplicas + replica];
  }
  const PrivatePostgres& postgres() const { return postgres_; }
  std::string File(const std::string& name) const { return folder_ / name; }

  TallyResult Tally(const std::string& binary, const std::vector<std::string>& arguments) const {
    std::vector<std::string> command = {binary};
    command.insert(command.end(), arguments.begin(), arguments.end());
    for (const char* name : {"tally.out", "tally.err"}) std::filesystem::remove(File(name));
    Process process(std::move(command),
                    {{"TALLY_LEDGER", File("ledger.db")}, {"XDG_CONFIG_HOME", File("config")}},
                    File("tally.out"), File("tally.err"));
    TallyResult result;
    result.code = process.Wait();
    result.out = ReadFile(File("tally.out"));
    result.err = ReadFile(File("tally.err"));
    return result;
  }
  TallyResult EarlierTally(const std::vector<std::string>& arguments) const {
    return Tally(earlier_ + "/tally", arguments);
  }
  TallyResult ThisTally(const std::vector<std::string>& arguments) const {
    return Tally(std::string(TALLYSTICK_BINARY_DIR) + "/client-cli/tally", arguments);
  }

 private:
  const std::string& InternalAddress(size_t service, size_t replica) const {
    return addresses_[3 * kReplicas + service * kReplicas + replica];
  }
  // Of both replicas.
  std::string Peers(size_t service) const {
    return InternalAddress(service, 0) + "," + InternalAddress(service, 1);
  }

  std::vector<std::string> CommandOf(size_t service, size_t replica, const std::string& folder) {
    const std::string name = kServices[service];
    const std::string binary = "tally-" + name;
    std::vector<std::string> command = {
        folder.empty() ? std::string(TALLYSTICK_BINARY_DIR) + "/services/" + name + "/" + binary
                       : folder + "/" + binary,
        "--database-url",
        postgres_.Url(name),
        "--keys",
        Keys::Get().File(name),
        "--public-address",
        PublicAddress(service, replica),
        "--internal-address",
        InternalAddress(service, replica),
        "--work-lease-ms",
        "2000",
        "--poll-interval-ms",
        "100"};
    if (service == 0) {
      command.insert(command.end(), {"--payment-internal-address", Peers(1),
                                     "--delivery-internal-address", Peers(2)});
      for (size_t of = 0; of < 3; ++of) {
        command.insert(command.end(), {"--advertised-" + std::string(kServices[of]) + "-address",
                                       PublicAddress(of, 0)});
      }
    } else {
      command.insert(command.end(),
                     {"--shopping-internal-address", Peers(0),
                      service == 1 ? "--gateway-pace-ms" : "--carrier-pace-ms", "5"});
    }
    return command;
  }

  void Start(size_t service, size_t replica, const std::string& folder) {
    const std::string name = kServices[service] + std::to_string(replica);
    servers_[service * kReplicas + replica] =
        std::make_unique<Process>(CommandOf(service, replica, folder), Environment{},
                                  File(name + ".out"), File(name + ".log"));
  }
  bool IsServing(size_t service, size_t replica) {
    std::vector<std::string> command = CommandOf(service, replica, "");
    command.push_back("--health-check");
    return Process(std::move(command), Environment{}, "/dev/null", "/dev/null").Wait() == 0;
  }

  TempFolder folder_;
  const PrivatePostgres postgres_;
  const std::string earlier_;
  const std::vector<std::string> addresses_;
  std::map<size_t, std::unique_ptr<Process>> servers_;
};

// Places orders one after the other at whichever replica answers, each under one request id until
// there is an answer; until it is stopped.
class Buyer {
 public:
  Buyer(const Fleet& fleet, std::string name) : name_(std::move(name)) {
    for (size_t replica = 0; replica < kReplicas; ++replica) {
      stubs_.push_back(
          v1::ShoppingService::NewStub(Keys::Get().BuyerChannel(fleet.PublicAddress(0, replica))));
    }
    thread_ = std::jthread([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) PlaceOne(stop);
    });
  }

  size_t placed() const { return count_; }
  // Ends the load. What was answered, and why not if anything was.
  const std::vector<std::string>& Stop() {
    thread_.request_stop();
    thread_.join();
    return ids_;
  }
  const std::vector<std::string>& refusals() const { return refusals_; }

 private:
  void PlaceOne(const std::stop_token& stop) {
    v1::PlaceOrderRequest request;
    request.set_request_id(NewUuidV7(absl::Now()).ToString());
    auto* item = request.add_items();
    item->set_sku("CHAI");
    item->set_quantity(1);
    request.mutable_ship_to()->add_lines("Ann");
    // None is another's order once more.
    request.set_buyer_reference(name_ + std::to_string(ids_.size()));
    request.set_payment_method("pm_sandbox_ok");
    for (int tries = 0;; ++tries) {
      grpc::ClientContext context;
      rpc::SetDeadline(context, absl::Seconds(3));
      context.AddMetadata("authorization", "Bearer " + Keys::Get().Token("alice"));
      v1::PlaceOrderResponse response;
      const grpc::Status status =
          stubs_[next_ % kReplicas]->PlaceOrder(&context, request, &response);
      if (status.ok()) {
        ids_.push_back(response.information().contents().trading_id());
        ++count_;
        return;
      }
      // The other one may answer. Nothing but its going away is a reason not to.
      ++next_;
      switch (status.error_code()) {
        case grpc::StatusCode::UNAVAILABLE:
        case grpc::StatusCode::DEADLINE_EXCEEDED:
        case grpc::StatusCode::CANCELLED:
        case grpc::StatusCode::ABORTED: break;
        default: refusals_.push_back(rpc::FromGrpc(status).ToString()); return;
      }
      if (tries > 0 && stop.stop_requested()) {
        refusals_.push_back("no answer: " + rpc::FromGrpc(status).ToString());
        return;
      }
    }
  }

  const std::string name_;
  std::vector<std::unique_ptr<v1::ShoppingService::Stub>> stubs_;
  size_t next_ = 0;
  std::vector<std::string> ids_;
  std::vector<std::string> refusals_;
  std::atomic<size_t> count_ = 0;
  std::jthread thread_;  // last: joined before what it uses goes
};

// Every change, of whichever binary, comes once.
void CheckChanges(const Fleet& fleet) {
  for (size_t service = 0; service < 3; ++service) {
    const auto stub =
        v1::ChangeFeed::NewStub(Keys::Get().BuyerChannel(fleet.PublicAddress(service, 1)));
    v1::ListChangesRequest request;
    request.set_page_size(500);
    v1::ListChangesResponse response;
    std::map<std::string, int64_t> last;
    size_t changes = 0;
    do {
      grpc::ClientContext context;
      rpc::SetDeadline(context, absl::Seconds(20));
      context.AddMetadata("authorization", "Bearer " + Keys::Get().Token("operator:bob"));
      const grpc::Status status = stub->ListChanges(&context, request, &response);
      INFO(status.error_message());
      REQUIRE(status.ok());
      for (const v1::Change& change : response.changes()) {
        REQUIRE(last[change.trading_id()] < change.revision());
        last[change.trading_id()] = change.revision();
        ++changes;
      }
      request.set_cursor(response.cursor());
    } while (!response.at_end());
    REQUIRE(std::to_string(changes) ==
            fleet.postgres().Ask(kServices[service], "SELECT count(*) FROM history"));
  }
}

TEST_CASE("upgrade: from an earlier binary to this one under load, and no order is lost") {
  const char* earlier = std::getenv("TALLYSTICK_EARLIER_BINARIES");
  if (earlier == nullptr) {
    std::puts("SKIPPED: no earlier binaries; ./dev upgrade-test builds them");
    return;
  }
  Fleet fleet(earlier);
  for (const auto& [profile, who] :
       {std::pair{"demo", "alice"}, std::pair{"back", "operator:bob"}}) {
    REQUIRE(fleet
                .EarlierTally({"shop", "add", profile, fleet.PublicAddress(0, 0), "--ca",
                               Keys::Get().File("buyers/ca.crt"), "--token-file",
                               Keys::Get().TokenFile(who), "--offline"})
                .code == 0);
  }
  std::ofstream(fleet.File("products.csv"))
      << "sku,name,unit_price,tax_percent,stock\nCHAI,Chai,18,7.00,1000000\n";
  REQUIRE(fleet
              .EarlierTally(
                  {"--profile", "back", "ops", "products", "--from", fleet.File("products.csv")})
              .code == 0);
  int by_tally = 0;
  const auto order_with_earlier = [&] {
    const TallyResult ordered = fleet.EarlierTally(
        {"order", "CHAI:1", "--to", "Ann; Street 1", "--reference", std::to_string(++by_tally)});
    INFO(ordered.out << ordered.err);
    REQUIRE(ordered.code == 0);
  };

  std::vector<std::unique_ptr<Buyer>> buyers;
  for (const char* name : {"a-", "b-", "c-"}) {
    buyers.push_back(std::make_unique<Buyer>(fleet, name));
  }
  const auto placed = [&] {
    size_t all = 0;
    for (const auto& buyer : buyers) all += buyer->placed();
    return all;
  };
  const auto place_some_more = [&] {
    const size_t before = placed();
    REQUIRE(WaitUntil([&] { return placed() >= before + kOrdersAStep; }));
  };
  place_some_more();
  order_with_earlier();
  for (size_t service = 0; service < 3; ++service) {
    for (size_t replica = 0; replica < kReplicas; ++replica) {
      fleet.Upgrade(service, replica);
      place_some_more();
    }
    // (The client's are last.)
    order_with_earlier();
  }
  std::vector<std::string> ids;
  for (const auto& buyer : buyers) {
    const std::vector<std::string>& own = buyer->Stop();
    ids.insert(ids.end(), own.begin(), own.end());
    CAPTURE(buyer->refusals());
    REQUIRE(buyer->refusals().empty());
  }
  REQUIRE(IsQuiet(fleet.postgres()));

  // Each that was answered is there, once, and came to its end; nothing else is.
  std::ranges::sort(ids);
  REQUIRE(std::ranges::adjacent_find(ids) == ids.end());
  std::string list;
  for (const std::string& id : ids) list += (list.empty() ? "'" : ",'") + id + "'";
  REQUIRE(std::to_string(ids.size()) ==
          fleet.postgres().Ask("shopping",
                               "SELECT count(*) FROM orders WHERE revision > 0 "
                               "AND trading_id IN (" +
                                   list + ")"));
  const size_t all = ids.size() + static_cast<size_t>(by_tally);
  for (const auto& [database, table] :
       {std::pair{"shopping", "orders"}, std::pair{"payment", "payments"},
        std::pair{"delivery", "deliveries"}}) {
    CAPTURE(database);
    REQUIRE(std::to_string(all) ==
            fleet.postgres().Ask(database, std::string("SELECT count(*) FROM ") + table));
  }
  CheckChanges(fleet);
  // The clients, with the ledger that they had: all three services agree about all of it.
  const TallyResult checked = fleet.ThisTally({"sync", "--rebuild"});
  INFO(checked.out << checked.err);
  REQUIRE(checked.code == 0);
  const TallyResult listed = fleet.ThisTally({"-o", "json", "list", "--all"});
  INFO(listed.err);
  REQUIRE(listed.code == 0);
  REQUIRE(listed.json()["trades"].size() == all);
  for (const nlohmann::json& trade : listed.json()["trades"]) {
    REQUIRE(trade["order_state"] == "COMPLETED");
  }
}

}  // namespace
}  // namespace tallystick::testing
