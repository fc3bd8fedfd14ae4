// A page of a server's port for watching.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace tallystick::testing {

struct HttpAnswer {
  int status = 0;  // 0: nobody answers
  std::string body;
};

// Sends `request` as it is to a port of this machine, 127.0.0.1:PORT, and reads to the end.
inline HttpAnswer SendHttp(const std::string& address, const std::string& request) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int port = 0;
  if (!absl::SimpleAtoi(address.substr(address.rfind(':') + 1), &port)) return {};
  to.sin_port = htons(static_cast<uint16_t>(port));
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{.tv_sec = 20};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  std::string answer;
  if (connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof(to)) == 0 &&
      send(fd, request.data(), request.size(), MSG_NOSIGNAL) > 0) {
    char part[4096];
    for (ssize_t size; (size = recv(fd, part, sizeof(part), 0)) > 0;) {
      answer.append(part, static_cast<size_t>(size));
    }
  }
  close(fd);
  const size_t head = answer.find("\r\n\r\n");
  HttpAnswer read;
  if (answer.size() < 12 || head == std::string::npos ||
      !absl::SimpleAtoi(answer.substr(9, 3), &read.status)) {
    return {};
  }
  read.body = answer.substr(head + 4);
  return read;
}

inline HttpAnswer HttpGet(const std::string& address, const std::string& path) {
  return SendHttp(address, absl::StrCat("GET ", path, " HTTP/1.1\r\nHost: ", address, "\r\n\r\n"));
}

}  // namespace tallystick::testing
