// Loopback ports that nobody listens on, and that no other test takes.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

namespace tallystick::testing {

// Below the range out of which the kernel gives ports to connections: those of a server that is
// down must stay free.
constexpr int kFirstTestPort = 10'000;
constexpr int kLastTestPort = 32'000;

// False where `port` is used, or taken. It is taken until this process ends, by a socket of that
// name in Linux's abstract namespace, which nobody connects to.
inline bool TakePort(int port) {
  const std::string name = "tallystick-test-port-" + std::to_string(port);
  const int mark = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un path{};
  path.sun_family = AF_UNIX;
  std::memcpy(path.sun_path + 1, name.data(), name.size());
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());

  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  const bool is_free = bind(mark, reinterpret_cast<sockaddr*>(&path), length) == 0 &&
                       bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  close(fd);
  if (!is_free) close(mark);
  return is_free;
}

// HOST:PORT, all different.
inline std::vector<std::string> FreeAddresses(int count) {
  constexpr int kPorts = kLastTestPort - kFirstTestPort;
  static int next = (getpid() * 61) % kPorts;
  std::vector<std::string> addresses;
  for (int tried = 0; static_cast<int>(addresses.size()) < count; ++tried) {
    if (tried == kPorts) throw std::runtime_error("no loopback port is free for a test");
    const int port = kFirstTestPort + next++ % kPorts;
    if (TakePort(port)) addresses.push_back("127.0.0.1:" + std::to_string(port));
  }
  return addresses;
}

}  // namespace tallystick::testing
