// The two ports of a server: public for buyers and back office (TLS, tokens), internal for peers
// (mutual TLS). A peer service is not there at all on the public port. Both carry the standard
// health check. A third one, if it is wanted, is for whoever watches the server.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "platform/calls/door.h"
#include "platform/postgres/probe.h"
#include "platform/service/health.h"
#include "platform/service/readiness.h"
#include "platform/service/watch_port.h"
#include "platform/transport/listener.h"
#include "platform/transport/tls.h"

namespace tallystick::rpc {

// What a connection may take; the same on both ports.
struct ConnectionLimits {
  ConnectionBounds bounds;
  DoorOptions messages;
  int max_metadata_bytes = 16 * 1024;  // of a call
  int max_concurrent_streams = 512;    // of a connection
  absl::Duration handshake_timeout = absl::Seconds(10);
  absl::Duration max_connection_idle = absl::Minutes(5);
  absl::Duration max_connection_age = absl::Hours(1);
  // For the calls under way when a connection is that old; then it is cut.
  absl::Duration max_connection_age_grace = absl::Minutes(10);
  int64_t max_memory_bytes = int64_t{1} << 30;  // of a port's connections together
};

struct ServerOptions {
  std::string service;           // shopping, payment or delivery
  std::string public_address;    // host:port
  std::string internal_address;  // host:port
  // Where metrics, liveness and readiness are told over HTTP, host:port; empty: nowhere.
  std::string metrics_listen;
  // Operators may ask the public port which services and messages it has.
  bool reflection = false;
  TlsFiles public_tls;  // without a ca
  TlsFiles internal_tls;
  // Instead of TLS, and on loopback addresses only.
  bool plaintext_loopback = false;
  ConnectionLimits limits;
  absl::Duration drain_timeout = absl::Seconds(10);
};

class Server {
 public:
  // Listening, healthy while `database` answers and can be written to. `gate`, `metrics` and what
  // the tables hold must outlive the server, which keeps `readiness` as it is, if it is given.
  // FAILED_PRECONDITION for files that CheckTlsFiles or CheckPeerFiles refuses and for plaintext
  // elsewhere than on loopback; UNAVAILABLE when an address is in use.
  static absl::StatusOr<std::unique_ptr<Server>> Start(
      ServerOptions options, Gate& gate, const postgres::Database& database,
      std::vector<ServiceTable> public_services, std::vector<ServiceTable> internal_services,
      metrics::Metrics& metrics, std::shared_ptr<Readiness> readiness = nullptr);
  // The public port and that for watching, of a server that cannot do anything yet: its health is
  // NOT_SERVING.
  static absl::StatusOr<std::unique_ptr<Server>> StartWaiting(ServerOptions options);
  // Cancels the calls that Drain has not seen the end of.
  ~Server();

  // Reports NOT_SERVING, takes no new calls, lets those under way finish for at most the drain
  // timeout, and cancels the rest.
  void Drain();

 private:
  // Not open without a server. Torn down bottom to top.
  struct Port {
    std::unique_ptr<Connections> connections;
    std::unique_ptr<Health> health;
    std::unique_ptr<Door> door;
    std::unique_ptr<grpc::Server> server;
    std::unique_ptr<Listener> listener;
  };
  Server(metrics::Metrics* metrics, std::shared_ptr<Readiness> readiness);
  absl::Status Prepare(ServerOptions& options);
  absl::Status Open(const ServerOptions& options, bool is_public, Gate* gate,
                    std::vector<ServiceTable> services, Port& port);
  absl::Status OpenWatchPort(const std::string& address);
  void SetDatabase(postgres::DatabaseState state);

  metrics::Metrics no_metrics_{false};
  metrics::Metrics& metrics_;
  const std::shared_ptr<Readiness> readiness_;
  absl::Duration drain_timeout_;
  Port public_;
  Port internal_;
  std::unique_ptr<WatchPort> watch_port_;
  std::unique_ptr<postgres::Probe> probe_;
};

}  // namespace tallystick::rpc
