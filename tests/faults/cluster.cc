#include "tests/faults/cluster.h"

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "absl/strings/strip.h"
#include "keys-cli/installation/installation.h"
#include "platform/transport/health_check.h"
#include "platform/transport/tls.h"
#include "tests/faults/gateway_book.h"
#include "tests/support/free_ports.h"
#include "tests/support/wait_until.h"

namespace tallystick::faults {
namespace {

using testing::WaitUntil;

constexpr int kReplicas = 2;
constexpr int kRestartMs = 200;
const char* const kClockLibraries[] = {"/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
                                       "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1"};

std::string ClockLibrary() {
  for (const char* path : kClockLibraries) {
    if (std::filesystem::exists(path)) return path;
  }
  return "";
}

std::string Binary(const std::string& service) {
  const std::string build = TALLYSTICK_BINARY_DIR;
  if (service == "payment") return build + "/tests/tally-payment-booked";
  return build + "/services/" + service + "/tally-" + service;
}

std::string LastLine(const std::string& text) {
  const size_t end = text.find_last_not_of('\n');
  if (end == std::string::npos) return "";
  const size_t before = text.rfind('\n', end);
  return text.substr(before == std::string::npos ? 0 : before + 1);
}

void Demand(const absl::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

}  // namespace

Cluster::Cluster(ClusterOptions options) : options_(std::move(options)) {
  MakeKeys();
  database_ = std::make_unique<Database>(File("db"), options_.disk_mb);
  GatewayBook book(BookPath());
  std::vector<std::string> addresses =
      testing::FreeAddresses(3 * kReplicas * 2 + static_cast<int>(std::size(kWays)));
  const auto take = [&addresses] {
    std::string address = std::move(addresses.back());
    addresses.pop_back();
    return address;
  };
  for (const char* service : kServers) {
    for (int replica = 1; replica <= kReplicas; ++replica) {
      Server& server = servers_.emplace_back();
      server.service = service;
      server.name = server.service + "-" + std::to_string(replica);
      server.public_address = take();
      server.internal_address = take();
    }
  }
  MakeWays(take);
  supervisor_ = std::thread([this] { Supervise(); });
  if (WaitUntil([this] { return AllServe(); })) return;
  std::string words = "not all servers serve:";
  for (const Server& server : servers_) {
    if (!Serves(server.name))
      words += "\n" + LastLine(testing::ReadFile(File(server.name + ".log")));
  }
  EndServers();
  throw std::runtime_error(words);
}

Cluster::~Cluster() { EndServers(); }

void Cluster::Keep(const std::string& folder) const {
  std::filesystem::create_directories(folder);
  for (const auto& entry : std::filesystem::directory_iterator(File(""))) {
    if (!entry.is_regular_file()) continue;
    std::filesystem::copy(entry.path(), std::filesystem::path(folder) / entry.path().filename(),
                          std::filesystem::copy_options::overwrite_existing);
  }
}

void Cluster::EndServers() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  if (supervisor_.joinable()) supervisor_.join();
  for (Server& server : servers_) server.process.reset();
}

void Cluster::MakeKeys() {
  Demand(MakeInstallation(File("keys"), {}));
  absl::StatusOr<SigningKey> key = LoadTokenKey(File("keys"));
  Demand(key.status());
  token_key_ = std::make_unique<SigningKey>(*std::move(key));
}

std::string Cluster::Token(const std::string& who) const {
  absl::string_view subject = who;
  TokenRequest request;
  if (absl::ConsumePrefix(&subject, "operator:")) request.role = "operator";
  request.subject = std::string(subject);
  return MakeToken(*token_key_, request, absl::Now());
}

std::string Cluster::TokenFile(const std::string& who) const {
  const std::string path = File("keys/buyers/" + who + ".token");
  Demand(WriteFile(path, Token(who) + "\n", 0600));
  return path;
}

Shop Cluster::ShopOf(const std::string& who) const {
  return Shop({"shop", shop_address(), "", ""}, {testing::ReadFile(CaFile()), Token(who)},
              absl::Seconds(10));
}

void Cluster::MakeWays(const std::function<std::string()>& free_address) {
  for (const std::string way : kWays) {
    const std::string from = way.substr(0, way.find('-'));
    const std::string to = way.substr(way.find('-') + 1);
    std::vector<std::string> targets;
    if (to == "database") targets.push_back(database_->socket_path());
    for (const Server& server : servers_) {
      if (server.service != to) continue;
      targets.push_back(from == "buyer" ? server.public_address : server.internal_address);
    }
    ways_[way] = std::make_unique<Proxy>(free_address(), targets);
  }
}

void Cluster::Supervise() {
  while (true) {
    {
      std::lock_guard lock(mutex_);
      if (stopping_) return;
      for (Server& server : servers_) {
        if (server.process != nullptr && server.process->HasEnded()) server.process.reset();
        if (server.process == nullptr && !server.held) StartServer(server);
      }
    }
    absl::SleepFor(absl::Milliseconds(kRestartMs));
  }
}

std::vector<std::string> Cluster::CommandOf(const Server& server) const {
  const std::string database = ways_.at(server.service + "-database")->address();
  std::vector<std::string> command = {Binary(server.service)};
  const auto add = [&](const std::string& option, const std::string& value) {
    command.push_back("--" + option);
    command.push_back(value);
  };
  const auto url = options_.urls.find(server.service);
  add("database-url", url != options_.urls.end()
                          ? url->second
                          : "host=127.0.0.1 port=" + database.substr(database.rfind(':') + 1) +
                                " user=tallystick dbname=" + server.service);
  add("public-address", server.public_address);
  add("internal-address", server.internal_address);
  add("keys", File("keys/" + server.service));
  add("work-lease-ms", std::to_string(options_.lease_ms));
  add("poll-interval-ms", "100");
  if (server.service == "shopping") {
    add("payment-internal-address", ways_.at("shopping-payment")->address());
    add("delivery-internal-address", ways_.at("shopping-delivery")->address());
    for (const std::string to : kServers) {
      add("advertised-" + to + "-address", ways_.at("buyer-" + to)->address());
    }
    add("net-30-period-ms", std::to_string(options_.net_30_ms));
    // What is put off for longer would not be quiet.
    add("compare-interval-ms", "5000");
    add("database-look-interval-ms", "500");
  } else {
    add("shopping-internal-address", ways_.at(server.service + "-shopping")->address());
    add(server.service == "payment" ? "gateway-pace-ms" : "carrier-pace-ms",
        std::to_string(options_.pace_ms));
  }
  if (server.service == "payment") add("gateway-book", BookPath());
  command.insert(command.end(), options_.more.begin(), options_.more.end());
  return command;
}

void Cluster::StartServer(Server& server) {
  testing::Environment environment;
  if (server.own_clock) {
    environment = {{"LD_PRELOAD", ClockLibrary()},
                   {"FAKETIME_TIMESTAMP_FILE", File(server.name + ".clock")},
                   {"FAKETIME_NO_CACHE", "1"},
                   {"FAKETIME_DONT_FAKE_MONOTONIC", "1"},
                   {"DONT_FAKE_MONOTONIC", "1"}};
  }
  server.process = std::make_unique<testing::Process>(
      CommandOf(server), environment, File(server.name + ".out"), File(server.name + ".log"));
}

Cluster::Server& Cluster::Find(const std::string& name) {
  for (Server& server : servers_) {
    if (server.name == name) return server;
  }
  throw std::runtime_error("no server is called " + name);
}

std::vector<std::string> Cluster::Servers() const {
  std::vector<std::string> names;
  for (const Server& server : servers_) names.push_back(server.name);
  return names;
}

void Cluster::Signal(const std::string& server, int signal) {
  std::lock_guard lock(mutex_);
  Server& found = Find(server);
  if (found.process != nullptr && !found.process->HasEnded()) found.process->Signal(signal);
}

pid_t Cluster::Pid(const std::string& server) {
  std::lock_guard lock(mutex_);
  Server& found = Find(server);
  return found.process == nullptr ? 0 : found.process->pid();
}

void Cluster::Kill(const std::string& server) {
  std::lock_guard lock(mutex_);
  Server& found = Find(server);
  if (found.process != nullptr) found.process->Kill();
}

int Cluster::Terminate(const std::string& server) {
  std::unique_ptr<testing::Process> process;
  {
    std::lock_guard lock(mutex_);
    Server& found = Find(server);
    if (found.process == nullptr) return 0;
    process = std::move(found.process);
    found.held = true;
  }
  process->Signal(SIGTERM);
  if (!WaitUntil([&] { return process->HasEnded(); })) process->Kill();
  Release(server);
  return process->Wait();
}

void Cluster::Hold(const std::string& server) {
  std::lock_guard lock(mutex_);
  Find(server).held = true;
  if (Find(server).process != nullptr) Find(server).process->Kill();
}

void Cluster::Release(const std::string& server) {
  std::lock_guard lock(mutex_);
  Find(server).held = false;
}

ProgramRun Cluster::RunOnce(const std::string& server, const std::string& option,
                            absl::Duration limit) {
  std::vector<std::string> command = CommandOf(Find(server));
  command.push_back(option);
  const std::string file = File(server + option + ".out");
  testing::Process process(command, {}, file, file);
  if (!WaitUntil([&] { return process.HasEnded(); }, limit)) process.Kill();
  return {process.Wait(), testing::ReadFile(file)};
}

bool Cluster::Serves(const std::string& server) const {
  for (const Server& found : servers_) {
    if (found.name != server) continue;
    return rpc::CheckHealth(found.public_address, rpc::TrustAnybody(), absl::Seconds(1)).ok();
  }
  return false;
}

bool Cluster::AllServe() const {
  for (const Server& server : servers_) {
    if (!Serves(server.name)) return false;
  }
  return true;
}

bool Cluster::HasFakeClock() { return !ClockLibrary().empty(); }

void Cluster::GiveClock(const std::string& server) {
  SetClock(server, 0);
  std::lock_guard lock(mutex_);
  Find(server).own_clock = true;
}

void Cluster::TakeClock(const std::string& server) {
  std::lock_guard lock(mutex_);
  Find(server).own_clock = false;
}

void Cluster::SetClock(const std::string& server, int ahead_seconds) {
  // Renamed into place: the server reads it at any moment.
  const std::string path = File(server + ".clock");
  std::ofstream(path + ".new") << "+" << ahead_seconds << "s\n";
  std::filesystem::rename(path + ".new", path);
}

}  // namespace tallystick::faults
