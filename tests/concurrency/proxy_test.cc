// The fault harness's proxy breaks connections as it says.
#include "tests/faults/proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>

#include "tests/support/catch.h"
#include "tests/support/free_ports.h"
#include "tests/support/wait_until.h"

namespace tallystick::faults {
namespace {

constexpr size_t kRequest = 10;
constexpr size_t kAnswer = 200;

sockaddr_in Loopback(const std::string& address) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
  return to;
}

// Takes requests of ten bytes and answers each with two hundred.
class Server {
 public:
  explicit Server(const std::string& address) : listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    const sockaddr_in at = Loopback(address);
    REQUIRE(bind(listener_, reinterpret_cast<const sockaddr*>(&at), sizeof(at)) == 0);
    REQUIRE(listen(listener_, 10) == 0);
    thread_ = std::thread([this] { Loop(); });
  }
  ~Server() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  int requests() const { return requests_; }

 private:
  void Loop() {
    std::vector<std::thread> threads;
    std::vector<int> connections;
    int fd = 0;
    while ((fd = accept(listener_, nullptr, nullptr)) >= 0) {
      connections.push_back(fd);
      threads.emplace_back([this, fd] {
        char bytes[kRequest];
        while (recv(fd, bytes, kRequest, MSG_WAITALL) == kRequest) {
          ++requests_;
          const std::string answer(kAnswer, 'a');
          (void)!send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
        }
      });
    }
    for (const int connection : connections) shutdown(connection, SHUT_RDWR);
    for (std::thread& thread : threads) thread.join();
    for (const int connection : connections) close(connection);
  }

  int listener_;
  std::atomic<int> requests_ = 0;
  std::thread thread_;
};

class Client {
 public:
  explicit Client(const Proxy& proxy) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    const sockaddr_in to = Loopback(proxy.address());
    connected_ = connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) == 0;
  }
  ~Client() { close(fd_); }

  bool Send() const {
    const std::string request(kRequest, 'r');
    return connected_ && send(fd_, request.data(), kRequest, MSG_NOSIGNAL) == kRequest;
  }
  // Waits for the whole answer; false when the connection ends before it.
  bool Receive() const {
    char bytes[kAnswer];
    return recv(fd_, bytes, kAnswer, MSG_WAITALL) == kAnswer;
  }
  bool Ask() const { return Send() && Receive(); }
  // Nothing has come, and it has not ended.
  bool IsSilent() const {
    char byte;
    return recv(fd_, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN;
  }

 private:
  int fd_;
  bool connected_ = false;
};

struct Room {
  std::vector<std::string> addresses = testing::FreeAddresses(2);
  Server server{addresses[0]};
  Proxy proxy{addresses[1], {addresses[0]}};
};

TEST_CASE("proxy: what it lets pass arrives, also past a target that refuses") {
  const std::vector<std::string> addresses = testing::FreeAddresses(3);
  Server server(addresses[0]);
  Proxy proxy(addresses[1], {addresses[2], addresses[0]});
  for (int i = 0; i < 4; ++i) REQUIRE(Client(proxy).Ask());
  REQUIRE(server.requests() == 4);
  REQUIRE(proxy.broken() == 0);
}

TEST_CASE("proxy: a partition ends what is open and refuses what is new, until it is over") {
  Room room;
  Client before(room.proxy);
  REQUIRE(before.Ask());
  room.proxy.SetMode(ProxyMode::kPartition);
  REQUIRE_FALSE(before.Receive());
  REQUIRE_FALSE(Client(room.proxy).Ask());
  room.proxy.SetMode(ProxyMode::kPass);
  REQUIRE(Client(room.proxy).Ask());
  REQUIRE(room.server.requests() == 2);
}

TEST_CASE("proxy: refusing leaves alone what is open") {
  Room room;
  Client before(room.proxy);
  REQUIRE(before.Ask());
  room.proxy.SetMode(ProxyMode::kRefuse);
  REQUIRE_FALSE(Client(room.proxy).Ask());
  REQUIRE(before.Ask());
}

TEST_CASE("proxy: what a black hole froze stays silent when it is over, what is new does not") {
  Room room;
  Client before(room.proxy);
  REQUIRE(before.Ask());
  room.proxy.SetMode(ProxyMode::kBlackHole);
  REQUIRE(testing::WaitUntil([&] { return room.proxy.broken() == 1; }));
  REQUIRE(before.Send());
  Client within(room.proxy);
  REQUIRE(within.Send());
  REQUIRE(testing::WaitUntil([&] { return room.proxy.broken() == 2; }));
  room.proxy.SetMode(ProxyMode::kPass);
  REQUIRE(Client(room.proxy).Ask());
  REQUIRE(room.server.requests() == 2);
  REQUIRE(before.IsSilent());
  REQUIRE(within.IsSilent());
}

TEST_CASE("proxy: a dropped answer is one to a request that arrived") {
  Room room;
  room.proxy.SetMode(ProxyMode::kDropAnswers, 1);
  Client client(room.proxy);
  int answered = 0;
  // The first ones belong to the handshake.
  REQUIRE(testing::WaitUntil([&] {
    const bool got = client.Ask();
    answered += got ? 1 : 0;
    return !got;
  }));
  REQUIRE(room.server.requests() == answered + 1);
  REQUIRE(room.proxy.broken() == 1);
}

TEST_CASE("proxy: what is delayed arrives whole and in order") {
  Room room;
  room.proxy.SetMode(ProxyMode::kDelay, 20);
  Client client(room.proxy);
  for (int i = 0; i < 3; ++i) REQUIRE(client.Send());
  for (int i = 0; i < 3; ++i) REQUIRE(client.Receive());
  REQUIRE(room.server.requests() == 3);
}

}  // namespace
}  // namespace tallystick::faults
