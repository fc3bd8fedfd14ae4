// A port's accept loop. gRPC 1.51 has one of its own, but that ends for good at the first accept
// that fails for want of a file descriptor; this one waits and goes on.
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <grpcpp/grpcpp.h>

#include "absl/status/statusor.h"
#include "platform/transport/connections.h"

namespace tallystick::rpc {

// The host may be a name or an address, [in brackets] if it is of IPv6; 0.0.0.0 and [::] are all.
class Listener {
 public:
  // Bound and listening, not yet accepting: connections wait. `connections` gets each and must
  // outlive the listener. UNAVAILABLE when the address is in
  // use or not this machine's.
  static absl::StatusOr<std::unique_ptr<Listener>> Bind(const std::string& address,
                                                        Connections& connections);
  ~Listener();
  Listener(const Listener&) = delete;

  // Hands every connection from now on to `acceptor`, on a thread of its own, until Stop.
  void Start(std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor);
  void Stop();

 private:
  Listener(int fd, int stop_fd, std::string address, Connections& connections)
      : fd_(fd), stop_fd_(stop_fd), address_(std::move(address)), connections_(connections) {}

  void Loop();
  // False when it failed for want of descriptors or memory.
  bool AcceptOne();

  const int fd_;
  const int stop_fd_;
  const std::string address_;
  Connections& connections_;
  int64_t turned_away_ = 0;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
  std::thread thread_;
};

}  // namespace tallystick::rpc
