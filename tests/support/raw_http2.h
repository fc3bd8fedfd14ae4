// A peer that speaks just enough HTTP/2 over plain TCP to misbehave with it.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "tests/support/catch.h"

namespace tallystick::testing {

// A TCP connection to 127.0.0.1.
class RawConnection {
 public:
  explicit RawConnection(const std::string& address) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof(to)) == 0;
  }
  ~RawConnection() { close(fd_); }
  RawConnection(const RawConnection&) = delete;

  bool connected() const { return connected_; }

  // False when the other side has closed the connection.
  bool Send(const std::string& bytes) {
    size_t sent = 0;
    while (sent < bytes.size()) {
      Drop(0);
      const ssize_t now = send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (now <= 0) return false;
      sent += static_cast<size_t>(now);
    }
    return true;
  }

  // Reads whatever comes within `timeout_ms` of silence and throws it away. False at the end of the
  // connection.
  bool Drop(int timeout_ms) {
    char buffer[65536];
    pollfd one{fd_, POLLIN, 0};
    while (poll(&one, 1, timeout_ms) > 0) {
      if (recv(fd_, buffer, sizeof(buffer), 0) <= 0) return false;
      timeout_ms = 0;
    }
    return true;
  }
  // Whether the other side closes within that time.
  bool IsClosedWithin(absl::Duration limit) {
    const absl::Time end = absl::Now() + limit;
    while (absl::Now() < end) {
      if (!Drop(10)) return true;
    }
    return false;
  }

  // Reads so many bytes. False at the end of the connection, and when nothing comes for a while.
  bool Read(char* to, size_t size) {
    pollfd one{fd_, POLLIN, 0};
    for (size_t at = 0; at < size;) {
      if (poll(&one, 1, 5'000) <= 0) return false;
      const ssize_t now = recv(fd_, to + at, size - at, 0);
      if (now <= 0) return false;
      at += static_cast<size_t>(now);
    }
    return true;
  }
  // Without reading anything; false also when the other side takes nothing more for a second.
  bool Write(const std::string& bytes) {
    const timeval second{1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof(second));
    for (size_t sent = 0; sent < bytes.size();) {
      const ssize_t now = send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (now <= 0) return false;
      sent += static_cast<size_t>(now);
    }
    return true;
  }
  bool HasInput() const {
    pollfd one{fd_, POLLIN, 0};
    return poll(&one, 1, 0) > 0;
  }

 private:
  int fd_;
  bool connected_ = false;
};

namespace http2 {

inline std::string Frame(uint8_t type, uint8_t flags, uint32_t stream, const std::string& payload) {
  const auto size = static_cast<uint32_t>(payload.size());
  std::string frame;
  for (const uint32_t byte : {size >> 16, size >> 8, size}) frame += static_cast<char>(byte);
  frame += static_cast<char>(type);
  frame += static_cast<char>(flags);
  for (const uint32_t byte : {stream >> 24, stream >> 16, stream >> 8, stream}) {
    frame += static_cast<char>(byte);
  }
  return frame + payload;
}

inline std::string Preface() { return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + Frame(4, 0, 0, ""); }

// SETTINGS: streams take no data until they say so.
inline std::string CloseWindow() { return Frame(4, 0, 0, std::string("\0\4\0\0\0\0", 6)); }

inline std::string ConfirmSettings() { return Frame(4, 1, 0, ""); }

// HPACK: a literal that is put into no table, its length with a prefix of 7 bits.
inline std::string Text(const std::string& text) {
  std::string out;
  size_t rest = text.size();
  if (rest < 127) return static_cast<char>(rest) + text;
  out += static_cast<char>(127);
  for (rest -= 127; rest >= 128; rest >>= 7) out += static_cast<char>(rest | 128);
  return out + static_cast<char>(rest) + text;
}

inline std::string Headers(const std::vector<std::pair<std::string, std::string>>& headers) {
  std::string block;
  for (const auto& [name, value] : headers) block += '\0' + Text(name) + Text(value);
  return block;
}

// A gRPC call's headers, its one message, and the end of its half of the stream.
inline std::string Call(uint32_t stream, const std::string& path, const std::string& token,
                        const std::string& message,
                        const std::vector<std::pair<std::string, std::string>>& more = {}) {
  const auto size = static_cast<uint32_t>(message.size());
  std::string body(1, '\0');
  for (const uint32_t byte : {size >> 24, size >> 16, size >> 8, size}) {
    body += static_cast<char>(byte);
  }
  const std::string headers = Headers({{":method", "POST"},
                                       {":scheme", "http"},
                                       {":path", path},
                                       {":authority", "test"},
                                       {"content-type", "application/grpc"},
                                       {"te", "trailers"},
                                       {"authorization", "Bearer " + token}}) +
                              Headers(more);
  return Frame(1, 4, stream, headers) + Frame(0, 1, stream, body + message);
}

// The headers of a call alone; without an `authorization` when there is no token.
inline std::string Begin(uint32_t stream, const std::string& path, const std::string& token) {
  std::vector<std::pair<std::string, std::string>> headers = {{":method", "POST"},
                                                              {":scheme", "http"},
                                                              {":path", path},
                                                              {":authority", "test"},
                                                              {"content-type", "application/grpc"},
                                                              {"te", "trailers"}};
  if (!token.empty()) headers.emplace_back("authorization", "Bearer " + token);
  return Frame(1, 4, stream, Headers(headers));
}

// The headers of a call without a token as a connection's table has them once they were sent: six
// bytes. `Remember` is the first of them.
inline std::string Remember(uint32_t stream, const std::string& path) {
  std::string block;
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{{":method", "POST"},
                                                        {":scheme", "http"},
                                                        {":path", path},
                                                        {":authority", "test"},
                                                        {"content-type", "application/grpc"},
                                                        {"te", "trailers"}}) {
    block += '\x40' + Text(name) + Text(value);
  }
  return Frame(1, 4, stream, block);
}
inline std::string Again(uint32_t stream) {
  return Frame(1, 4, stream, "\xc3\xc2\xc1\xc0\xbf\xbe");
}

// RST_STREAM: CANCEL.
inline std::string Reset(uint32_t stream) {
  return Frame(3, 0, stream, std::string("\0\0\0\x8", 4));
}

struct ReceivedFrame {
  uint8_t type = 0;
  uint8_t flags = 0;
  uint32_t stream = 0;
  std::string payload;
};

inline uint32_t Number(const char* at) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(at);
  return static_cast<uint32_t>(bytes[0]) << 24 | static_cast<uint32_t>(bytes[1]) << 16 |
         static_cast<uint32_t>(bytes[2]) << 8 | bytes[3];
}

// The next one; nullopt at the end of the connection, and when nothing comes for a while.
inline std::optional<ReceivedFrame> Receive(RawConnection& connection) {
  char head[9];
  if (!connection.Read(head, sizeof(head))) return std::nullopt;
  ReceivedFrame frame{static_cast<uint8_t>(head[3]), static_cast<uint8_t>(head[4]),
                      Number(head + 5) & 0x7fffffff, std::string(Number(head) >> 8, '\0')};
  if (!connection.Read(frame.payload.data(), frame.payload.size())) return std::nullopt;
  return frame;
}

// Whether a message comes for the call of that stream, before it or the connection ends.
inline bool IsAnswered(RawConnection& connection, uint32_t stream = 1) {
  while (const std::optional<ReceivedFrame> frame = Receive(connection)) {
    if (frame->stream == stream && frame->type == 0) return true;
    if (frame->stream == stream && frame->type == 3) return false;
    if (frame->type == 7) return false;
  }
  return false;
}

// Whether the call of that stream ends with a status and without a message.
inline bool IsRefused(RawConnection& connection, uint32_t stream) {
  constexpr uint8_t kEndStream = 1;
  while (const std::optional<ReceivedFrame> frame = Receive(connection)) {
    if (frame->stream == stream) return frame->type == 1 && (frame->flags & kEndStream) != 0;
    if (frame->type == 7) return false;
  }
  return false;
}

// Sends the body of stream 1, whose headers have been sent, as far as the other side's windows go:
// so many bytes at most, in frames of 16 KB. Gives how many it took, until it ended the stream or
// the connection, or took nothing more.
inline int64_t Upload(RawConnection& connection, int64_t bytes) {
  constexpr int64_t kFrame = 16 * 1024;
  int64_t window = 65'535;         // of the connection
  int64_t stream_window = 65'535;  // of the stream
  int64_t sent = 0;
  const std::string payload(kFrame, '\0');
  while (sent < bytes) {
    const bool open = window >= kFrame && stream_window >= kFrame;
    if (open && !connection.HasInput()) {
      if (!connection.Write(Frame(0, 0, 1, payload))) return sent;
      window -= kFrame;
      stream_window -= kFrame;
      sent += kFrame;
      continue;
    }
    const std::optional<ReceivedFrame> frame = Receive(connection);
    if (!frame.has_value()) return sent;
    const uint8_t type = frame->type;
    const char* text = frame->payload.data();
    const size_t size = frame->payload.size();
    const bool of_stream = frame->stream == 1;
    if (type == 8 && size == 4) (of_stream ? stream_window : window) += Number(text);
    for (size_t at = 0; type == 4 && at + 6 <= size; at += 6) {
      // SETTINGS_INITIAL_WINDOW_SIZE
      if (text[at + 1] == 4) stream_window += int64_t{Number(text + at + 2)} - 65'535;
    }
    // The answer's headers, RST_STREAM, GOAWAY.
    if ((of_stream && (type == 1 || type == 3)) || type == 7) return sent;
  }
  return sent;
}

}  // namespace http2
}  // namespace tallystick::testing
