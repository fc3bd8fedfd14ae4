// The installation under test: PostgreSQL, two replicas of each server as processes of their own
// that a supervisor starts again when they end, and a proxy on every way between them.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "client-cli/remote/shop.h"
#include "platform/auth/signing_key.h"
#include "tests/faults/database.h"
#include "tests/faults/proxy.h"
#include "tests/support/process.h"
#include "tests/support/temp_folder.h"

namespace tallystick::faults {

struct ClusterOptions {
  int lease_ms = 2'000;
  int pace_ms = 60;  // of gateway and carrier, a step
  int net_30_ms = 4'000;
  int disk_mb = 0;                // see Database
  std::vector<std::string> more;  // further options of every server
  // By service: where its database is instead of with the others, past all proxies.
  std::map<std::string, std::string> urls;
};

// What a program said that was run to its end.
struct ProgramRun {
  int code = -1;
  std::string words;
};

// Where calls go: from the first to the second. "buyer-" ways are the public ports, "-database"
// ways go to PostgreSQL, the others to the internal ports.
inline constexpr const char* kWays[] = {
    "buyer-shopping",    "buyer-payment",    "buyer-delivery",    "shopping-payment",
    "shopping-delivery", "payment-shopping", "delivery-shopping", "shopping-database",
    "payment-database",  "delivery-database"};

class Cluster {
 public:
  // Comes back when all servers serve. Throws std::runtime_error when they do not within a minute.
  explicit Cluster(ClusterOptions options);
  ~Cluster();
  Cluster(const Cluster&) = delete;

  const ClusterOptions& options() const { return options_; }
  std::string File(const std::string& name) const { return folder_ / name; }
  Database& database() { return *database_; }
  Proxy& way(const std::string& name) { return *ways_.at(name); }
  std::string BookPath() const { return File("book.db"); }
  // Copies logs, ledgers and the book there.
  void Keep(const std::string& folder) const;

  // Where buyers call, and with what. `who` is a buyer's subject, or operator:SUBJECT.
  const std::string& shop_address() const { return ways_.at("buyer-shopping")->address(); }
  std::string CaFile() const { return File("keys/buyers/ca.crt"); }
  std::string Token(const std::string& who) const;
  std::string TokenFile(const std::string& who) const;
  Shop ShopOf(const std::string& who) const;

  // "shopping-1", "shopping-2", "payment-1" …
  std::vector<std::string> Servers() const;
  void Signal(const std::string& server, int signal);
  pid_t Pid(const std::string& server);
  // SIGKILL; the supervisor starts it again.
  void Kill(const std::string& server);
  // SIGTERM, and waits until it has ended by itself; 128 + SIGKILL when it had to be killed after
  // a minute. The supervisor starts it again.
  int Terminate(const std::string& server);
  // The supervisor leaves it down until it is to come up again.
  void Hold(const std::string& server);
  void Release(const std::string& server);
  // Another process with the settings of this server and `option`, which has it do something and
  // end; killed after `limit`.
  ProgramRun RunOnce(const std::string& server, const std::string& option, absl::Duration limit);
  bool Serves(const std::string& server) const;
  bool AllServe() const;

  // From its next start on, the server sees a clock of its own, see SetClock. Needs libfaketime.
  static bool HasFakeClock();
  void GiveClock(const std::string& server);
  void TakeClock(const std::string& server);
  void SetClock(const std::string& server, int ahead_seconds);

 private:
  struct Server {
    std::string name;
    std::string service;
    std::string public_address;
    std::string internal_address;
    bool held = false;
    bool own_clock = false;
    std::unique_ptr<testing::Process> process;
  };

  void MakeKeys();
  void MakeWays(const std::function<std::string()>& free_address);
  void Supervise();
  void EndServers();
  void StartServer(Server& server);  // with mutex_ held, by the supervisor's thread alone
  std::vector<std::string> CommandOf(const Server& server) const;
  Server& Find(const std::string& name);

  const ClusterOptions options_;
  testing::TempFolder folder_;
  std::unique_ptr<SigningKey> token_key_;
  std::unique_ptr<Database> database_;
  std::map<std::string, std::unique_ptr<Proxy>> ways_;
  std::mutex mutex_;
  std::vector<Server> servers_;
  bool stopping_ = false;
  std::thread supervisor_;
};

}  // namespace tallystick::faults
