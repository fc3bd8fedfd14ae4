// The two ports of a server: public for buyers and back office (TLS, tokens), internal for peers
// (mutual TLS). A peer service is not registered on the public port at all. Both carry the standard
// health check.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "platform/postgres/probe.h"
#include "platform/rpc/health.h"
#include "platform/rpc/listener.h"
#include "platform/rpc/tls.h"

namespace tallystick::rpc {

// What a connection may take; the same on both ports.
struct ConnectionLimits {
  int max_message_bytes = 4 * 1024 * 1024;
  int max_metadata_bytes = 16 * 1024;  // of a call
  int max_concurrent_streams = 1024;   // of a connection
  size_t max_connections = 10'000;     // of a port
  absl::Duration handshake_timeout = absl::Seconds(10);
  absl::Duration max_connection_idle = absl::Minutes(5);
  absl::Duration max_connection_age = absl::Hours(1);
  // For the calls under way when a connection is that old; then it is cut.
  absl::Duration max_connection_age_grace = absl::Minutes(10);
  int64_t max_memory_bytes = int64_t{1} << 30;  // of a port's connections together
};

struct ServerOptions {
  std::string public_address;    // host:port
  std::string internal_address;  // host:port
  TlsFiles public_tls;           // without a ca
  TlsFiles internal_tls;
  // Instead of TLS, and on loopback addresses only.
  bool plaintext_loopback = false;
  ConnectionLimits limits;
  absl::Duration drain_timeout = absl::Seconds(10);
  // While it does not answer, the server's health is NOT_SERVING.
  postgres::Database database;
};

// A service and the full name that it is called by (the stub's service_full_name()).
struct OfferedService {
  grpc::Service* service;
  const char* name;
};

class Server {
 public:
  // Listening, healthy. The services must outlive the server. FAILED_PRECONDITION for files that
  // CheckTlsFiles refuses and for plaintext elsewhere than on loopback; UNAVAILABLE when an address
  // is in use.
  static absl::StatusOr<std::unique_ptr<Server>> Start(
      ServerOptions options, const std::vector<OfferedService>& public_services,
      const std::vector<OfferedService>& internal_services);
  // The public port alone, of a server that cannot do anything yet: its health is NOT_SERVING.
  static absl::StatusOr<std::unique_ptr<Server>> StartWaiting(ServerOptions options);
  // Cancels the calls that Drain has not seen the end of.
  ~Server();

  // Whether it can do what it is asked for: said by its health.
  void SetReady(bool ready);

  // Reports NOT_SERVING, takes no new calls, lets those under way finish for at most the drain
  // timeout, and cancels the rest.
  void Drain();

 private:
  // Not open without a listener.
  struct Port {
    std::unique_ptr<HealthService> health;
    std::unique_ptr<Listener> listener;
    std::unique_ptr<grpc::Server> server;
  };
  absl::Status Prepare(ServerOptions& options);
  static absl::Status Open(const ServerOptions& options, bool is_public,
                           const std::vector<OfferedService>& services, Port& port);

  absl::Duration drain_timeout_;
  Port public_;
  Port internal_;
  std::unique_ptr<postgres::Probe> probe_;
};

}  // namespace tallystick::rpc
