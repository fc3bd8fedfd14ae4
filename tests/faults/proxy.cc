#include "tests/faults/proxy.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace tallystick::faults {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kMaxWaiting = 1 << 20;
constexpr int kTickMs = 100;
// What a server sends in one piece counts as an answer from this size on, once the connection is so
// old that its handshake must be over: window updates, pings and settings are smaller. TLS leaves
// nothing else to go by.
constexpr size_t kAnswerBytes = 80;
constexpr std::chrono::milliseconds kHandshake{300};

sockaddr_in TcpAddress(const std::string& text) {
  const size_t colon = text.rfind(':');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(std::stoi(text.substr(colon + 1))));
  inet_pton(AF_INET, text.substr(0, colon).c_str(), &address.sin_addr);
  return address;
}

void Reset(int fd) {
  if (fd < 0) return;
  const linger none{1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
  close(fd);
}

// A socket that is connected or about to be; -1 when the target refuses at once.
int StartConnecting(const std::string& target) {
  const bool unix_socket = target.starts_with('/');
  const int fd =
      socket(unix_socket ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  int result = -1;
  if (unix_socket) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, target.c_str(), sizeof(address.sun_path) - 1);
    result = connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address));
  } else {
    const int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    sockaddr_in address = TcpAddress(target);
    result = connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address));
  }
  if (result == 0 || errno == EINPROGRESS) return fd;
  close(fd);
  return -1;
}

}  // namespace

Proxy::Proxy(const std::string& listen_at, std::vector<std::string> targets)
    : address_(listen_at), targets_(std::move(targets)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int one = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
  sockaddr_in address = TcpAddress(address_);
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 ||
      listen(listener_, 512) != 0) {
    throw std::runtime_error("cannot listen at " + address_ + ": " + std::strerror(errno));
  }
  wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  thread_ = std::thread([this] { Loop(); });
}

Proxy::~Proxy() {
  stopping_ = true;
  eventfd_write(wake_, 1);
  thread_.join();
  for (Connection& connection : connections_) Close(connection, true);
  close(listener_);
  close(wake_);
}

void Proxy::SetTargets(std::vector<std::string> targets) {
  std::lock_guard lock(mutex_);
  targets_ = std::move(targets);
}

void Proxy::SetMode(ProxyMode mode, int number) {
  number_ = number;
  mode_ = mode;
  eventfd_write(wake_, 1);
}

short Proxy::Wanted(const Flow& in, const Flow& out) const {
  short events = 0;
  if (!in.ended && in.size < kMaxWaiting) events |= POLLIN;
  if (!out.waiting.empty() && out.waiting.front().due <= Clock::now()) events |= POLLOUT;
  return events;
}

void Proxy::Loop() {
  std::vector<pollfd> polled;
  while (!stopping_) {
    polled.assign({{wake_, POLLIN, 0}, {listener_, POLLIN, 0}});
    int timeout = kTickMs;
    for (Connection& connection : connections_) {
      if (connection.connecting) {
        polled.push_back({-1, 0, 0});
        polled.push_back({connection.server, POLLOUT, 0});
        continue;
      }
      polled.push_back({connection.client, Wanted(connection.up, connection.down), 0});
      polled.push_back({connection.server, Wanted(connection.down, connection.up), 0});
      if (!connection.up.waiting.empty() || !connection.down.waiting.empty()) timeout = 2;
    }
    poll(polled.data(), polled.size(), timeout);
    eventfd_t ignored;
    eventfd_read(wake_, &ignored);
    const ProxyMode mode = mode_;
    size_t at = 2;
    for (auto it = connections_.begin(); it != connections_.end(); at += 2) {
      if (mode == ProxyMode::kBlackHole && !it->frozen) Freeze(*it);
      bool goes_on = mode != ProxyMode::kPartition;
      if (!goes_on) ++broken_;
      if (goes_on) goes_on = Serve(*it, polled[at].revents, polled[at + 1].revents);
      if (goes_on) {
        ++it;
      } else {
        Close(*it, !(it->up.closed && it->down.closed));
        it = connections_.erase(it);
      }
    }
    if ((polled[1].revents & POLLIN) != 0) Accept();
  }
}

void Proxy::Accept() {
  while (true) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    const int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    const ProxyMode mode = mode_;
    if (mode == ProxyMode::kRefuse || mode == ProxyMode::kPartition) {
      Reset(fd);
      continue;
    }
    Connection connection;
    connection.client = fd;
    connection.opened = Clock::now();
    connection.first = next_target_++;
    if (mode == ProxyMode::kBlackHole) {
      Freeze(connection);
    } else if (!Connect(connection)) {
      Reset(fd);
      continue;
    }
    connections_.push_back(std::move(connection));
  }
}

bool Proxy::Connect(Connection& connection) {
  std::lock_guard lock(mutex_);
  while (connection.tried < targets_.size()) {
    const size_t index = (connection.first + connection.tried++) % targets_.size();
    connection.server = StartConnecting(targets_[index]);
    if (connection.server >= 0) {
      connection.connecting = true;
      return true;
    }
  }
  return false;
}

bool Proxy::Serve(Connection& connection, short client_events, short server_events) {
  if (connection.frozen) return ServeFrozen(connection, client_events, server_events);
  if (connection.connecting) {
    if (server_events == 0) return true;
    int error = 0;
    socklen_t length = sizeof(error);
    getsockopt(connection.server, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error != 0) {
      close(connection.server);
      connection.server = -1;
      return Connect(connection);
    }
    connection.connecting = false;
    return true;
  }
  constexpr short kReadable = POLLIN | POLLHUP | POLLERR;
  if ((client_events & kReadable) != 0 &&
      !Read(connection.client, connection.up, false, connection))
    return false;
  if ((server_events & kReadable) != 0 &&
      !Read(connection.server, connection.down, true, connection))
    return false;
  if (!Write(connection.server, connection.up) || !Write(connection.client, connection.down)) {
    return false;
  }
  // A side that has gone altogether would be told of at every poll.
  const auto gone = [](const Flow& from, short events) {
    return from.ended && from.waiting.empty() && (events & (POLLHUP | POLLERR)) != 0;
  };
  if (gone(connection.up, client_events) || gone(connection.down, server_events)) return false;
  return !(connection.up.closed && connection.down.closed);
}

bool Proxy::Read(int from, Flow& flow, bool answers, const Connection& connection) {
  if (flow.ended || flow.size >= kMaxWaiting) return true;
  char bytes[64 * 1024];
  const ssize_t count = recv(from, bytes, sizeof(bytes), 0);
  if (count < 0) return errno == EAGAIN || errno == EINTR;
  if (count == 0) {
    flow.ended = true;
    return true;
  }
  const ProxyMode mode = mode_;
  const Time now = Clock::now();
  if (mode == ProxyMode::kDropAnswers && answers && static_cast<size_t>(count) >= kAnswerBytes &&
      now - connection.opened > kHandshake && ++answers_ % std::max(1, number_.load()) == 0) {
    ++broken_;
    return false;
  }
  const Time due =
      mode == ProxyMode::kDelay ? now + std::chrono::milliseconds(number_.load()) : now;
  flow.waiting.push_back({due, std::string(bytes, static_cast<size_t>(count))});
  flow.size += static_cast<size_t>(count);
  return true;
}

bool Proxy::Write(int to, Flow& flow) {
  while (!flow.waiting.empty() && flow.waiting.front().due <= Clock::now()) {
    std::string& bytes = flow.waiting.front().bytes;
    const ssize_t count = send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    flow.size -= static_cast<size_t>(count);
    if (static_cast<size_t>(count) < bytes.size()) {
      bytes.erase(0, static_cast<size_t>(count));
      return true;
    }
    flow.waiting.pop_front();
  }
  if (flow.ended && flow.waiting.empty() && !flow.closed) {
    shutdown(to, SHUT_WR);
    flow.closed = true;
  }
  return true;
}

void Proxy::Freeze(Connection& connection) {
  connection.frozen = true;
  connection.alone = connection.server < 0;
  connection.connecting = false;
  connection.up = connection.down = Flow{};
  ++broken_;
}

// Swallows. When one side leaves, the other is not told before the black hole has gone.
bool Proxy::ServeFrozen(Connection& connection, short client_events, short server_events) {
  const auto swallow = [](int& fd, short events) {
    if (fd < 0 || events == 0) return;
    char bytes[64 * 1024];
    const ssize_t count = recv(fd, bytes, sizeof(bytes), 0);
    if (count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR))) return;
    close(fd);
    fd = -1;
  };
  swallow(connection.client, client_events);
  swallow(connection.server, server_events);
  if (mode_ == ProxyMode::kBlackHole) return connection.client >= 0 || connection.server >= 0;
  return connection.client >= 0 && (connection.server >= 0 || connection.alone);
}

void Proxy::Close(Connection& connection, bool reset) {
  for (int* fd : {&connection.client, &connection.server}) {
    if (*fd < 0) continue;
    if (reset) {
      Reset(*fd);
    } else {
      close(*fd);
    }
    *fd = -1;
  }
}

}  // namespace tallystick::faults
