#include "tests/faults/buyers.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client-cli/commands/orders/placing.h"
#include "client-cli/commands/orders/request_sending.h"

namespace tallystick::faults {
namespace {

constexpr int kMostOrders = 5;  // at once
constexpr size_t kBatch = 3;
constexpr int kTimeoutMs = 5'000;
// One import in so many is killed, after up to so long.
constexpr int kKillOneIn = 4;
constexpr int kKillWithinMs = 150;
constexpr int kMaxImports = 100;

// A trade of the ledger that something can still be asked of.
std::optional<LedgerTrade> PickTrade(Random& random, Ledger& ledger, size_t among_last) {
  const std::vector<LedgerTrade> trades = ledger.LatestPlaced(static_cast<int>(among_last));
  if (trades.empty()) return std::nullopt;
  return trades[static_cast<size_t>(Pick(random, static_cast<int>(trades.size())))];
}

TradeRequest MakeRequest(const LedgerTrade& trade, bool cancel) {
  TradeRequest request;
  request.trade_key = trade.key;
  request.kind = cancel ? TradeRequest::kCancel : TradeRequest::kReturn;
  request.create_time = absl::Now();
  request.request_id = NewUuidV7(request.create_time);
  if (!cancel) request.lines = {{trade.request.items.front().sku, 1}};
  request.reason = "changed my mind";
  return request;
}

}  // namespace

Buyers::Buyers(Cluster& cluster, const BuyersOptions& options)
    : cluster_(cluster), options_(options) {
  for (int i = 0; i < options_.in_process + options_.by_command; ++i) {
    auto& buyer = buyers_.emplace_back(std::make_unique<Buyer>());
    buyer->name = absl::StrCat("buyer", i);
    buyer->by_command = i >= options_.in_process;
    buyer->random.seed(options_.seed + static_cast<uint64_t>(i));
    auto ledger = Ledger::Open(LedgerOf(buyer->name));
    if (!ledger.ok()) throw std::runtime_error(ledger.status().ToString());
    (void)(*ledger)->PutProfile(
        {"shop", cluster_.shop_address(), cluster_.CaFile(), cluster_.TokenFile(buyer->name)},
        true);
  }
  for (auto& buyer : buyers_) buyer->thread = std::thread([&] { Loop(*buyer); });
}

Buyers::~Buyers() { Stop(); }

void Buyers::Stop() {
  stopping_ = true;
  for (auto& buyer : buyers_) {
    if (buyer->thread.joinable()) buyer->thread.join();
  }
}

std::vector<std::string> Buyers::Names() const {
  std::vector<std::string> names;
  for (const auto& buyer : buyers_) names.push_back(buyer->name);
  return names;
}

void Buyers::Loop(Buyer& buyer) {
  const double each = options_.orders_a_second / static_cast<double>(buyers_.size());
  absl::Time next = absl::Now();
  while (!stopping_) {
    const int begun = buyer.next;
    try {
      buyer.by_command ? OrderByCommand(buyer) : OrderWithLibrary(buyer);
    } catch (const std::exception& error) {
      // As tally's main says it; the ledger is as good as before.
      std::fprintf(stderr, "%s: the ledger failed: %s\n", buyer.name.c_str(), error.what());
    }
    // The pace of a crowd: who was held up does not make up for it.
    next =
        std::max(next, absl::Now() - absl::Seconds(1)) + absl::Seconds((buyer.next - begun) / each);
    while (!stopping_ && absl::Now() < next) absl::SleepFor(absl::Milliseconds(20));
  }
}

std::vector<OrderRequest> Buyers::NextOrders(Buyer& buyer, Shop& shop) {
  // Mostly from memory: prices change meanwhile.
  if (Pick(buyer.random, 8) == 0) {
    absl::StatusOr<CataloguePages> catalogue = shop.ListProducts();
    if (catalogue.ok()) buyer.catalogue = *std::move(catalogue);
  }
  std::vector<OrderRequest> orders;
  const int count = 1 + Pick(buyer.random, kMostOrders);
  for (int i = 0; i < count; ++i) {
    orders.push_back(
        RandomOrder(buyer.random, buyer.catalogue, absl::StrCat(buyer.name, "-", buyer.next++)));
  }
  orders_ += count;
  return orders;
}

void Buyers::OrderWithLibrary(Buyer& buyer) {
  GlobalOptions options;
  options.timeout_ms = kTimeoutMs;
  options.check.periods[Terms::kNet30] = absl::Milliseconds(cluster_.options().net_30_ms);
  options.check.clock_skew = absl::Milliseconds(options_.clock_skew_ms);
  auto ledger = Ledger::Open(LedgerOf(buyer.name));
  if (!ledger.ok()) throw std::runtime_error(std::string(ledger.status().message()));
  Context context{options, **ledger, Screen("table", true)};
  absl::StatusOr<Shop> shop = context.OpenShop("shop");
  if (!shop.ok()) throw std::runtime_error(std::string(shop.status().message()));
  // One shop for some time, as a program has it: its connections are kept.
  for (int round = 0; round < 10 && !stopping_; ++round) {
    const absl::Time end =
        absl::Now() + absl::Seconds(kMostOrders * static_cast<double>(buyers_.size()) / 2 /
                                    options_.orders_a_second);
    (void)PlaceAll(context, *shop, NextOrders(buyer, *shop), kBatch);
    if (Pick(buyer.random, 3) == 0) {
      const bool cancel = Pick(buyer.random, 2) == 0;
      const auto trade = PickTrade(buyer.random, **ledger, cancel ? 4 : 200);
      if (trade) {
        (*ledger)->AddRequest(MakeRequest(*trade, cancel));
        ResendRequests(context);
      }
    }
    while (!stopping_ && absl::Now() < end) absl::SleepFor(absl::Milliseconds(20));
  }
}

void Buyers::OrderByCommand(Buyer& buyer) {
  Shop shop = cluster_.ShopOf(buyer.name);
  const std::string file = cluster_.File(absl::StrCat(buyer.name, "-", buyer.next, ".csv"));
  std::ofstream(file) << OrderFile(NextOrders(buyer, shop));
  Import(buyer, file);
  if (Pick(buyer.random, 2) == 0) {
    std::optional<LedgerTrade> trade;
    const bool cancel = Pick(buyer.random, 2) == 0;
    {
      auto ledger = Ledger::Open(LedgerOf(buyer.name));
      if (ledger.ok()) trade = PickTrade(buyer.random, **ledger, cancel ? 4 : 200);
    }
    if (!trade) return;
    const std::string id = trade->information->contents.trading_id.ToString();
    Tally(buyer.name,
          cancel ? std::vector<std::string>{"cancel", id}
                 : std::vector<std::string>{"return", id, trade->request.items.front().sku + ":1"});
  }
  if (Pick(buyer.random, 10) == 0) Tally(buyer.name, {"sync"});
}

void Buyers::Import(Buyer& buyer, const std::string& file) {
  for (int i = 0; i < kMaxImports; ++i) {
    auto tally = StartTally(buyer.name, {"order", "--from", file, "--batch", "2", "--yes"});
    if (Pick(buyer.random, kKillOneIn) != 0) {
      // 4: not all have been answered; the next order or sync finds out.
      (void)tally->Wait();
      return;
    }
    absl::SleepFor(absl::Milliseconds(Pick(buyer.random, kKillWithinMs)));
    tally->Kill();
    ++killed_;
  }
}

std::unique_ptr<testing::Process> Buyers::StartTally(const std::string& name,
                                                     std::vector<std::string> arguments,
                                                     const testing::Environment& settings) const {
  arguments.insert(arguments.begin(), std::string(TALLYSTICK_BINARY_DIR) + "/client-cli/tally");
  for (const char* end : {".out", ".err"}) std::filesystem::remove(cluster_.File(name + end));
  testing::Environment environment = {
      {"TALLY_LEDGER", LedgerOf(name)},
      {"TALLY_TIMEOUT_MS", absl::StrCat(kTimeoutMs)},
      {"TALLY_NET_30_PERIOD_MS", absl::StrCat(cluster_.options().net_30_ms)},
      {"TALLY_CLOCK_SKEW_MS", absl::StrCat(options_.clock_skew_ms)}};
  environment.insert(settings.begin(), settings.end());
  return std::make_unique<testing::Process>(std::move(arguments), environment,
                                            cluster_.File(name + ".out"),
                                            cluster_.File(name + ".err"));
}

TallyRun Buyers::Tally(const std::string& name, std::vector<std::string> arguments,
                       const testing::Environment& settings) const {
  auto process = StartTally(name, std::move(arguments), settings);
  TallyRun run;
  run.code = process->Wait();
  run.out = testing::ReadFile(cluster_.File(name + ".out"));
  run.err = testing::ReadFile(cluster_.File(name + ".err"));
  return run;
}

}  // namespace tallystick::faults
