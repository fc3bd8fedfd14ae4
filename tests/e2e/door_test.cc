// What a client without a token, or with one and no manners, can do to a server's memory: the real
// processes, measured from outside. Each figure is printed.
#include <atomic>
#include <cstdio>
#include <fstream>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "platform/transport/channel.h"
#include "tallystick/v1/shopping.pb.h"
#include "tests/support/raw_call.h"
#include "tests/support/raw_http2.h"
#include "tests/support/stack.h"

namespace tallystick::testing {
namespace {

constexpr char kPlaceOrders[] = "/tallystick.v1.ShoppingService/BatchPlaceOrders";
constexpr char kListTrades[] = "/tallystick.v1.ShoppingService/ListTrades";
constexpr char kHealth[] = "/grpc.health.v1.Health/Check";
constexpr int64_t kMore = int64_t{64} << 20;  // that an attack may cost

// The shop alone matters here, without TLS, so that the attacker costs less than the server.
class LoneShop {
 public:
  LoneShop() : stack_({{"shopping", {"--plaintext-loopback"}}}, "5", /*own_keys=*/true) {
    REQUIRE(WaitUntil([this] { return IsServed(); }));
    // Whatever it needs for its first calls is there then.
    for (int i = 0; i < 20; ++i) REQUIRE(IsServed());
  }

  const std::string& address() const { return stack_.address(0); }
  std::shared_ptr<grpc::Channel> NewChannel() const {
    return rpc::MakeChannel(address(), grpc::InsecureChannelCredentials());
  }
  bool IsServed() const {
    RawCalls call;
    call.Begin(NewChannel(), kListTrades, "", {Keys::Get().Token("bob")});
    return call.End() == std::map<std::string, int>{{"OK", 1}};
  }

  bool IsHealthy() const {
    RawCalls call;
    call.Begin(NewChannel(), kHealth, "", {});
    return call.End() == std::map<std::string, int>{{"OK", 1}};
  }

  // Bytes of memory, now and at most since Watch.
  int64_t Memory() { return Status("VmRSS:"); }
  int64_t MostMemory() { return Status("VmHWM:"); }
  void Watch() {
    std::ofstream("/proc/" + std::to_string(pid()) + "/clear_refs") << "5";
    before_ = Memory();
    cpu_before_ = Cpu();
  }
  // Whether it needs hardly more than then, after a while.
  bool GivesBack() {
    return WaitUntil([this] { return Memory() < before_ + kMore; });
  }
  // Prints what it took, and gives the memory.
  int64_t Cost(const std::string& attack) {
    const int64_t more = MostMemory() - before_;
    std::printf("%s: %.1f MB more, %.0f ms of CPU\n", attack.c_str(),
                static_cast<double>(more) / (1 << 20), (Cpu() - cpu_before_) * 1000);
    return more;
  }

 private:
  pid_t pid() { return stack_.server("shopping").pid(); }
  int64_t Status(const std::string& name) {
    std::ifstream file("/proc/" + std::to_string(pid()) + "/status");
    std::string line;
    while (std::getline(file, line)) {
      if (line.rfind(name, 0) == 0) return std::stoll(line.substr(name.size())) * 1024;
    }
    FAIL("the server is gone");
    return 0;
  }
  double Cpu() {
    std::ifstream file("/proc/" + std::to_string(pid()) + "/stat");
    std::string word;
    int64_t ticks = 0;
    for (int i = 1; i <= 15 && file >> word; ++i) {
      if (i >= 14) ticks += std::stoll(word);
    }
    return static_cast<double>(ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
  }

  Stack stack_;
  int64_t before_ = 0;
  double cpu_before_ = 0;
};

// As many empty sub-messages as fit: each would be an order of a hundred bytes and more.
std::string EmptyOrders(size_t bytes) {
  std::string request;
  while (request.size() + 2 <= bytes) request += std::string("\x0a\x00", 2);
  return request;
}

TEST_CASE("door: nothing that a stranger sends is read") {
  LoneShop shop;
  const std::string request = EmptyOrders((4 << 20) - 100);
  shop.Watch();
  RawCalls calls;
  for (int i = 0; i < 64; ++i) calls.Begin(shop.NewChannel(), kPlaceOrders, request, {});
  REQUIRE(calls.End() == std::map<std::string, int>{{"TOKEN_MISSING", 64}});
  REQUIRE(shop.Cost("64 calls of 4 MB without a token") < kMore);
  REQUIRE(shop.IsServed());
}

TEST_CASE("door: elements are counted before they become objects") {
  LoneShop shop;
  const std::string request = EmptyOrders((4 << 20) - 100);
  shop.Watch();
  RawCalls calls;
  for (int i = 0; i < 8; ++i) {
    calls.Begin(shop.NewChannel(), kPlaceOrders, request, {Keys::Get().Token("mallory")});
  }
  REQUIRE(calls.End() == std::map<std::string, int>{{"TOO_MANY_ELEMENTS", 8}});
  REQUIRE(shop.Cost("8 calls of 2 million elements with a token") < 2 * kMore);
  REQUIRE(shop.IsServed());
}

TEST_CASE("door: one token, and not two") {
  LoneShop shop;
  const std::string alice = Keys::Get().Token("alice");
  RawCalls calls;
  calls.Begin(shop.NewChannel(), kListTrades, "", {alice, Keys::Get().Token("bob")});
  calls.Begin(shop.NewChannel(), kListTrades, "", {alice, alice});
  REQUIRE(calls.End() == std::map<std::string, int>{{"TOKEN_TWICE", 2}});
}

TEST_CASE("door: a message that announces too much is not fed") {
  LoneShop shop;
  constexpr int64_t kFed = int64_t{125} << 20;
  for (const std::string& token : {std::string(), Keys::Get().Token("mallory")}) {
    shop.Watch();
    RawConnection liar(shop.address());
    // 4 GB less a byte.
    const std::string prefix("\0\xff\xff\xff\xff", 5);
    REQUIRE(liar.Send(http2::Preface() + http2::Begin(1, kPlaceOrders, token) +
                      http2::Frame(0, 0, 1, prefix)));
    const int64_t taken = http2::Upload(liar, kFed);
    std::printf("of 4 GB announced %s token, %.1f MB were taken\n",
                token.empty() ? "without a" : "with a", static_cast<double>(taken) / (1 << 20));
    REQUIRE(taken < 16 << 20);
    REQUIRE(shop.Cost("a message of 4 GB") < kMore);
  }
  REQUIRE(shop.IsServed());
}

TEST_CASE("door: many connections full of calls are cut, and what they cost is given back") {
  LoneShop shop;
  constexpr uint32_t kCalls = 1'000;
  for (const char* path : {kHealth, kListTrades}) {
    for (const int connections : {16, 200}) {
      std::string calls = http2::Preface();
      for (uint32_t k = 0; k < kCalls; ++k) calls += http2::Begin(2 * k + 1, path, "");
      shop.Watch();
      std::vector<std::unique_ptr<RawConnection>> many(connections);
      std::vector<std::thread> senders;
      for (int thread = 0; thread < 8; ++thread) {
        senders.emplace_back([&, thread] {
          for (int i = thread; i < connections; i += 8) {
            many[i] = std::make_unique<RawConnection>(shop.address());
            many[i]->Send(calls);
          }
        });
      }
      for (std::thread& sender : senders) sender.join();
      // Whoever asks and means it is answered all the same, if not at the first time.
      REQUIRE(WaitUntil([&] { return shop.IsHealthy(); }));
      REQUIRE(WaitUntil([&] { return shop.IsServed(); }));
      shop.Cost(absl::StrCat(kCalls, " unfinished calls of ", path, " without a token, on ",
                             connections, " connections"));
      REQUIRE(shop.GivesBack());
    }
  }
}

TEST_CASE("door: who waits for centuries is not taken for one who came too late") {
  LoneShop shop;
  for (const char* timeout : {"99999999H", "2562048H", "1H"}) {
    RawConnection patient(shop.address());
    REQUIRE(patient.Send(http2::Preface() + http2::Call(1, kListTrades, Keys::Get().Token("alice"),
                                                        "", {{"grpc-timeout", timeout}})));
    CAPTURE(timeout);
    REQUIRE(http2::IsAnswered(patient));
  }
}

TEST_CASE("door: who is known is refused as often as it takes, and keeps the connection") {
  LoneShop shop;
  const std::string alice = Keys::Get().Token("alice");
  for (const char* path : {"/tallystick.v1.ShoppingOperations/UpsertProducts",
                           "/tallystick.v1.ShoppingService/OfALaterVersion"}) {
    CAPTURE(path);
    RawConnection refused(shop.address());
    REQUIRE(refused.Write(http2::Preface()));
    uint32_t stream = 1;
    // No more at once than a connection may have streams.
    for (int round = 0; round < 11; ++round) {
      std::string calls;
      for (int i = 0; i < 100; ++i, stream += 2) calls += http2::Call(stream, path, alice, "");
      REQUIRE(refused.Write(calls));
      REQUIRE(http2::IsRefused(refused, stream - 2));
    }
    REQUIRE(refused.Write(http2::Call(stream, kListTrades, Keys::Get().Token("bob"), "")));
    REQUIRE(http2::IsAnswered(refused, stream));
  }
}

TEST_CASE("door: health checks at once, and calls among them") {
  LoneShop shop;
  const std::shared_ptr<grpc::Channel> one = shop.NewChannel();
  RawCalls calls;
  for (int i = 0; i < 150; ++i) {
    calls.Begin(one, kHealth, "", {});
    if (i % 10 == 0) calls.Begin(one, kListTrades, "", {Keys::Get().Token("alice")});
  }
  REQUIRE(calls.End() == std::map<std::string, int>{{"OK", 165}});
}

// Far faster than handlers could look at it: 29 bytes a call.
TEST_CASE("door: streams of a few bytes, reset at once on some connections, without end",
          "[alone]") {
  LoneShop shop;
  constexpr uint32_t kTogether = 2'000;
  for (const size_t connections : {1, 2, 8}) {
    shop.Watch();
    const absl::Time end = absl::Now() + absl::Seconds(4);
    std::atomic<int64_t> sent = 0;
    std::vector<std::thread> strangers;
    for (size_t thread = 0; thread < connections; ++thread) {
      strangers.emplace_back([&] {
        while (absl::Now() < end) {
          RawConnection rapid(shop.address());
          uint32_t stream = 1;
          std::string many = http2::Preface() + http2::Remember(stream, kListTrades);
          do {
            for (uint32_t i = 0; i < kTogether; ++i) {
              many += http2::Reset(stream);
              many += http2::Again(stream += 2);
            }
            sent += kTogether;
          } while (rapid.Write(std::exchange(many, "")) && rapid.Drop(0) && absl::Now() < end);
        }
      });
    }
    for (std::thread& stranger : strangers) stranger.join();
    REQUIRE(WaitUntil([&] { return shop.IsServed(); }));
    // What compose.yaml gives a server.
    REQUIRE(shop.Cost(absl::StrCat(sent.load(), " streams of ", connections, " connections")) <
            8 * kMore);
    REQUIRE(shop.GivesBack());
  }
}

TEST_CASE("door: who is cut and comes again leaves no more behind than once") {
  LoneShop shop;
  std::string calls = http2::Preface();
  for (uint32_t k = 0; k < 1'200; ++k) calls += http2::Begin(2 * k + 1, kHealth, "");
  shop.Watch();
  std::vector<std::thread> strangers;
  for (int thread = 0; thread < 4; ++thread) {
    strangers.emplace_back([&] {
      for (int i = 0; i < 60; ++i) {
        RawConnection stranger(shop.address());
        if (stranger.Send(calls)) stranger.IsClosedWithin(absl::Seconds(2));
      }
    });
  }
  for (std::thread& stranger : strangers) stranger.join();
  REQUIRE(WaitUntil([&] { return shop.IsServed(); }));
  // What compose.yaml gives a server.
  REQUIRE(shop.Cost("1200 unfinished calls of 4 connections, 60 times") < 8 * kMore);
  REQUIRE(shop.GivesBack());
}

TEST_CASE("door: what callers took without being cut is given back, too") {
  LoneShop shop;
  constexpr uint32_t kCalls = 450;
  shop.Watch();
  {
    std::vector<std::unique_ptr<RawConnection>> many;
    for (int i = 0; i < 16; ++i) {
      const std::string token = Keys::Get().Token("mallory" + std::to_string(i));
      std::string calls = http2::Preface();
      for (uint32_t k = 0; k < kCalls; ++k) calls += http2::Begin(2 * k + 1, kListTrades, token);
      many.push_back(std::make_unique<RawConnection>(shop.address()));
      REQUIRE(many.back()->Send(calls));
    }
    REQUIRE(shop.IsServed());
    for (const auto& one : many) REQUIRE_FALSE(one->IsClosedWithin(absl::Milliseconds(20)));
    REQUIRE(shop.Cost(absl::StrCat(kCalls, " unfinished calls of 16 callers each")) < 8 * kMore);
  }
  REQUIRE(shop.GivesBack());
}

TEST_CASE("door: a message above the limit gets an answer that says so") {
  LoneShop shop;
  const std::string request(6 << 20, '\x0a');
  RawCalls calls;
  calls.Begin(shop.NewChannel(), kPlaceOrders, request, {Keys::Get().Token("mallory")});
  const auto reasons = calls.End();
  // gRPC's own words have no reason.
  REQUIRE((reasons == std::map<std::string, int>{{"MESSAGE_TOO_LARGE", 1}} ||
           reasons == std::map<std::string, int>{{"RESOURCE_EXHAUSTED", 1}}));
}

TEST_CASE("door: streams opened and reset as fast as it goes end their connection") {
  LoneShop shop;
  constexpr uint32_t kStreams = 109'000;
  struct Case {
    const char* name;
    const char* path;
    std::string token;
  };
  for (const bool reads : {true, false}) {
    for (const Case& one : {Case{"of the health check, without a token", kHealth, ""},
                            Case{"without a token", kListTrades, ""},
                            Case{"with a token", kListTrades, Keys::Get().Token("mallory")},
                            Case{"of methods that do not exist", "/nowhere/Nothing", ""}}) {
      shop.Watch();
      RawConnection rapid(shop.address());
      REQUIRE(rapid.Send(http2::Preface()));
      uint32_t sent = 0;
      bool open = true;
      for (std::string many; open && sent < kStreams; ++sent) {
        const uint32_t stream = 2 * sent + 1;
        many += http2::Begin(stream, one.path, one.token) +
                http2::Frame(0, 1, stream, std::string(5, '\0')) + http2::Reset(stream);
        if (many.size() < 64 * 1024 && sent + 1 < kStreams) continue;
        open = reads ? rapid.Send(many) : rapid.Write(many);
        many.clear();
      }
      const bool closed = rapid.IsClosedWithin(absl::Seconds(1));
      std::printf("%u streams %s were sent by one who %s; closed: %s\n", sent, one.name,
                  reads ? "reads" : "does not read", closed ? "yes" : "no");
      // Whoever keeps within the bound may go on.
      REQUIRE((closed || sent == kStreams));
      REQUIRE(shop.Cost(std::string("rapid reset ") + one.name) < kMore);
      REQUIRE(shop.IsServed());
    }
  }
}

}  // namespace
}  // namespace tallystick::testing
