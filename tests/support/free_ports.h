// Loopback ports that nobody listens on now.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace tallystick::testing {

// All different; held open together until all are known.
inline std::vector<std::string> FreeAddresses(int count) {
  std::vector<int> sockets;
  std::vector<std::string> addresses;
  for (int i = 0; i < count; ++i) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address));
    socklen_t length = sizeof(address);
    getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
    addresses.push_back("127.0.0.1:" + std::to_string(ntohs(address.sin_port)));
    sockets.push_back(fd);
  }
  for (const int fd : sockets) close(fd);
  return addresses;
}

}  // namespace tallystick::testing
