// The two ports of a server: public for buyers and back office, internal for peers. A peer service
// is not registered on the public port at all. Both carry the standard health and reflection
// services.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace tallystick::rpc {

struct ServerOptions {
  std::string public_address;    // host:port
  std::string internal_address;  // host:port
  // Without TLS the servers refuse to listen on anything but loopback, and on that only with this.
  bool plaintext_loopback = false;
  int max_message_bytes = 4 * 1024 * 1024;
  int max_concurrent_streams = 1024;  // of one connection
  absl::Duration drain_timeout = absl::Seconds(10);
};

// A service and the full name that it is called by (the stub's service_full_name()).
struct OfferedService {
  grpc::Service* service;
  const char* name;
};

class Server {
 public:
  // Listening, healthy. The services must outlive the server.
  static absl::StatusOr<std::unique_ptr<Server>> Start(
      const ServerOptions& options, const std::vector<OfferedService>& public_services,
      const std::vector<OfferedService>& internal_services);

  // Reports NOT_SERVING, takes no new calls, lets those under way finish for at most the drain
  // timeout, and cancels the rest.
  void Drain();

 private:
  absl::Duration drain_timeout_;
  std::unique_ptr<grpc::Server> public_;
  std::unique_ptr<grpc::Server> internal_;
};

}  // namespace tallystick::rpc
