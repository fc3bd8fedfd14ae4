// A port's accept loop. gRPC 1.51 has one of its own, but that ends for good at the first accept
// that fails for want of a file descriptor; this one waits and goes on. It also bounds how many
// connections there are.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "absl/status/statusor.h"
#include "platform/runtime/steady.h"

namespace tallystick::rpc {

// The host may be a name or an address, [in brackets] if it is of IPv6; 0.0.0.0 and [::] are all.
class Listener {
 public:
  // Bound and listening, not yet accepting: connections wait. UNAVAILABLE when the address is in
  // use or not this machine's.
  static absl::StatusOr<std::unique_ptr<Listener>> Bind(const std::string& address,
                                                        size_t max_connections);
  ~Listener();
  Listener(const Listener&) = delete;

  // Hands every connection from now on to `acceptor`, on a thread of its own, until Stop.
  void Start(std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor);
  void Stop();

 private:
  // A descriptor that was handed over, and the socket that it was then.
  struct Connection {
    int fd;
    ino_t socket;
  };
  Listener(int fd, int stop_fd, std::string address, size_t max_connections)
      : fd_(fd),
        stop_fd_(stop_fd),
        address_(std::move(address)),
        max_connections_(max_connections) {}

  void Loop();
  // False when it failed for want of descriptors or memory.
  bool AcceptOne();
  bool HasRoom();
  void ForgetClosed();

  const int fd_;
  const int stop_fd_;
  const std::string address_;
  const size_t max_connections_;
  std::vector<Connection> connections_;
  SteadyTime next_look_;  // for closed ones, when there is no room
  int64_t turned_away_ = 0;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
  std::thread thread_;
};

}  // namespace tallystick::rpc
