#include "platform/transport/listener.h"

#include <fcntl.h>
#include <linux/tcp.h>
#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "platform/process/log.h"

namespace tallystick::rpc {
namespace {

constexpr int kBacklog = 1024;
// After an accept that failed for want of descriptors.
constexpr int kRetryMs = 100;
// Between two, while strangers' calls have to be worked off first.
constexpr int kNoRoomMs = 100;

absl::Status CannotListen(const std::string& address, absl::string_view why) {
  return absl::UnavailableError(
      absl::StrCat("cannot listen on ", address, ": ", why,
                   ". Is the port in use? Choose another or stop its owner"));
}

// A socket that listens there, or -1 and errno.
int Open(const addrinfo& where) {
  const int fd = socket(where.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (bind(fd, where.ai_addr, where.ai_addrlen) == 0 && listen(fd, kBacklog) == 0) return fd;
  const int error = errno;
  close(fd);
  errno = error;
  return -1;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Listener>> Listener::Bind(const std::string& address,
                                                         Connections& connections) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos) return CannotListen(address, "it is not host:port");
  std::string host = address.substr(0, colon);
  if (!host.empty() && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int failed = getaddrinfo(host.c_str(), address.c_str() + colon + 1, &hints, &found);
  if (failed != 0) return CannotListen(address, gai_strerror(failed));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> places(found, freeaddrinfo);
  int fd = -1;
  for (const addrinfo* place = places.get(); place != nullptr && fd < 0; place = place->ai_next) {
    fd = Open(*place);
  }
  if (fd < 0) return CannotListen(address, std::strerror(errno));
  const int stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return std::unique_ptr<Listener>(new Listener(fd, stop_fd, address, connections));
}

Listener::~Listener() {
  Stop();
  close(fd_);
  close(stop_fd_);
}

void Listener::Start(std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor) {
  acceptor_ = std::move(acceptor);
  thread_ = std::thread([this] { Loop(); });
}

void Listener::Stop() {
  if (!thread_.joinable()) return;
  eventfd_write(stop_fd_, 1);
  thread_.join();
  // Whoever connects from now on is refused, and does not wait in vain.
  shutdown(fd_, SHUT_RDWR);
}

void Listener::Loop() {
  pollfd both[] = {{stop_fd_, POLLIN, 0}, {fd_, POLLIN, 0}};
  bool exhausted = false;
  while (true) {
    // While there are no descriptors, a pending connection would make every poll return at once.
    const bool has_room = connections_.HasRoom();
    const int ready = !has_room   ? poll(both, 1, kNoRoomMs)
                      : exhausted ? poll(both, 1, kRetryMs)
                                  : poll(both, 2, -1);
    if (ready < 0 && errno != EINTR) {
      log::Error("cannot accept connections",
                 {{"address", address_}, {"reason", std::strerror(errno)}});
      return;
    }
    if (ready > 0 && both[0].revents != 0) return;
    const bool was_exhausted = exhausted;
    exhausted = !AcceptOne();
    if (exhausted && !was_exhausted) {
      log::Error("out of file descriptors or memory: new connections have to wait",
                 {{"address", address_}});
    } else if (was_exhausted && !exhausted) {
      log::Info("connections are accepted again", {{"address", address_}});
    }
  }
}

bool Listener::AcceptOne() {
  const int fd = accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) {
    return errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM;
  }
  if (!connections_.Add(fd)) {
    close(fd);
    if (++turned_away_ % 1000 == 1) {
      log::Warn("more connections than max-connections: turned away",
                {{"address", address_}, {"so_far", absl::StrCat(turned_away_)}});
    }
    return true;
  }
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters connection;
  connection.listener_fd = fd_;
  connection.fd = fd;
  acceptor_->HandleNewConnection(&connection);
  return true;
}

}  // namespace tallystick::rpc
