// What is measured: the three servers and an echo server as processes of their own, with TLS,
// tokens and a private PostgreSQL, all in a temporary folder.
#pragma once

#include <grpcpp/grpcpp.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/cpu.h"
#include "tests/support/private_postgres.h"
#include "tests/support/process.h"
#include "tests/support/temp_folder.h"

namespace tallystick::bench {

// Further options of servers, by the server's name: {"payment", {"--gateway-pace-ms", "0"}}.
using ServerOptions = std::map<std::string, std::vector<std::string>>;

// A step that takes so long is not taken while anything is measured.
inline constexpr char kHeldMs[] = "86400000";
inline const ServerOptions kHeld = {{"payment", {"--gateway-pace-ms", kHeldMs}},
                                    {"delivery", {"--carrier-pace-ms", kHeldMs}}};
inline const ServerOptions kAtOnce = {{"payment", {"--gateway-pace-ms", "0"}},
                                      {"delivery", {"--carrier-pace-ms", "0"}}};

// Not thread-safe, but for CallContext. What fails throws std::runtime_error.
class BenchStack {
 public:
  // Makes keys and database, and starts the echo. With `metrics` the servers have a port for
  // watching each.
  explicit BenchStack(bool metrics);

  // The three servers on the same database, instead of those that run. `programs`: other binaries,
  // in the build's folder, by the server's name.
  void Start(const ServerOptions& options, const std::map<std::string, std::string>& programs = {});
  void Stop() { servers_.clear(); }

  // Products that do not run out; once.
  void LoadProducts();
  // Until nothing is due any more, but for what is held.
  void WaitUntilQuiet();

  // Of a server, or of "echo": a connection of its own.
  std::shared_ptr<grpc::Channel> Channel(const std::string& server);
  // With a deadline and the token of the buyer "bench".
  std::unique_ptr<grpc::ClientContext> CallContext() const { return ContextWith(buyer_token_); }

  // What has been used until now by this process (client), each server, echo and PostgreSQL.
  CpuTimes cpu() const;
  // Bytes in memory of a server.
  int64_t MemoryOf(const std::string& server) const;

  testing::PrivatePostgres& postgres() { return postgres_; }
  std::string File(const std::string& name) const { return folder_ / name; }
  const std::string& address(const std::string& server) const { return addresses_.at(server)[0]; }
  const std::string& buyer_token() const { return buyer_token_; }

 private:
  std::vector<std::string> CommandOf(const std::string& server) const;
  std::unique_ptr<grpc::ClientContext> ContextWith(const std::string& token) const;
  bool IsBusy(const std::string& server);
  void AwaitServing(const std::string& server) const;

  const bool metrics_;
  testing::TempFolder folder_;
  testing::PrivatePostgres postgres_;
  std::map<std::string, std::vector<std::string>> addresses_;  // public, internal, watching
  std::string buyer_token_;
  std::string operator_token_;
  std::string buyers_ca_;
  std::map<std::string, std::unique_ptr<pqxx::connection>> watching_;
  std::unique_ptr<testing::Process> echo_;
  // As long as the stack: the last one to let go of a channel must not be a thread of gRPC's, and a
  // call's context is one after its answer was told.
  std::vector<std::shared_ptr<grpc::Channel>> channels_;
  std::map<std::string, std::unique_ptr<testing::Process>> servers_;
};

}  // namespace tallystick::bench
