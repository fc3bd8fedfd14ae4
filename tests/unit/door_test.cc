// The parts of the door that need no server: turns in a queue, elements of a message, addresses.
#include "platform/batch/fair_queue.h"
#include "platform/calls/parse.h"
#include "platform/error/error.h"
#include "platform/trade/text.h"
#include "platform/transport/channel.h"
#include "tallystick/v1/shopping.pb.h"
#include "tests/support/catch.h"

namespace tallystick {
namespace {

TEST_CASE("fair queue: callers take turns, each in its own order") {
  FairQueue<int> queue;
  for (int i = 0; i < 4; ++i) queue.Push("a", i);
  queue.Push("b", 10);
  queue.Push("b", 11);
  queue.Push("c", 20);
  REQUIRE(queue.size() == 7);
  std::vector<int> order;
  while (!queue.empty()) order.push_back(queue.Pop());
  REQUIRE(order == std::vector<int>{0, 10, 20, 1, 11, 2, 3});
}

TEST_CASE("fair queue: how many come before the next, as it turns out") {
  FairQueue<int> queue;
  const auto check = [&](const std::string& caller) {
    FairQueue<int> copy;
    // The same queue, with one more at its end.
    std::map<std::string, int> counts{{"a", 3}, {"b", 1}, {"c", 0}};
    for (const auto& [name, count] : counts) {
      for (int i = 0; i < count; ++i) copy.Push(name, 0);
    }
    const size_t ahead = copy.Ahead(caller);
    copy.Push(caller, 1);
    size_t before = 0;
    while (copy.Pop() == 0) ++before;
    CAPTURE(caller);
    REQUIRE(ahead >= before);
    REQUIRE(ahead <= before + 1);
  };
  for (const char* caller : {"a", "b", "c"}) check(caller);
  REQUIRE(queue.Ahead("a") == 0);
}

TEST_CASE("fair queue: whoever leaves is gone, and its caller's turn with it") {
  FairQueue<int> queue;
  for (int i = 0; i < 3; ++i) queue.Push("a", i);
  queue.Push("b", 10);
  REQUIRE(*queue.Oldest("a") == 0);
  REQUIRE(queue.Oldest("c") == nullptr);
  queue.EraseIf([](int item) { return item == 0 || item == 10; });
  REQUIRE(queue.size() == 2);
  REQUIRE(*queue.Oldest("a") == 1);
  REQUIRE(queue.Oldest("b") == nullptr);
  REQUIRE(queue.Pop() == 1);
  REQUIRE(queue.Pop() == 2);
  REQUIRE(queue.empty());
}

std::string ReasonOf(const absl::Status& status) { return GetErrorDetail(status).reason; }

absl::Status Parse(const std::string& bytes, size_t max_elements,
                   v1::BatchPlaceOrdersRequest* into) {
  const grpc::Slice slice(bytes);
  return rpc::ParseRequest(grpc::ByteBuffer(&slice, 1), max_elements, *into);
}

TEST_CASE("parse: elements are counted at any depth, and unknown ones, too") {
  v1::BatchPlaceOrdersRequest request;
  for (int i = 0; i < 10; ++i) {
    auto* order = request.add_requests();
    for (int line = 0; line < 5; ++line) order->add_items()->set_sku("A");
  }
  const std::string bytes = request.SerializeAsString();
  // An order and an item are an element each; a SKU is a part of its item.
  const auto& type = *v1::BatchPlaceOrdersRequest::descriptor();
  REQUIRE(rpc::CountElements(bytes, type, 1000) == 10 + 50);
  v1::BatchPlaceOrdersRequest read;
  REQUIRE(Parse(bytes, 60, &read).ok());
  REQUIRE(read.requests_size() == 10);
  REQUIRE(ReasonOf(Parse(bytes, 59, &read)) == "TOO_MANY_ELEMENTS");
  // Field 99, a number: nothing here knows it.
  std::string unknown;
  for (int i = 0; i < 200; ++i) unknown += "\x98\x06\x01";
  REQUIRE(rpc::CountElements(unknown, type, 1000) == 200);
  REQUIRE(ReasonOf(Parse(unknown, 199, &read)) == "TOO_MANY_ELEMENTS");
  REQUIRE(Parse(unknown, 200, &read).ok());
}

TEST_CASE("parse: what is no message is said to be none, and bad text is named") {
  v1::BatchPlaceOrdersRequest read;
  for (const std::string bytes : {"\x0a\x05", "\xff\xff\xff", "\x0b", "\x0a\xff\xff\xff\xff\x0f"}) {
    REQUIRE(ReasonOf(Parse(bytes, 10, &read)) == "MALFORMED_MESSAGE");
  }
  rpc::RouteProtobufLog();
  v1::PlaceOrderRequest order;
  order.set_buyer_reference("\xc3\x28");
  v1::PlaceOrderRequest into;
  const std::string bytes = order.SerializeAsString();
  const grpc::Slice slice(bytes);
  const absl::Status bad = rpc::ParseRequest(grpc::ByteBuffer(&slice, 1), 100, into);
  REQUIRE(GetErrorDetail(bad).values.at("field") == "buyer_reference");
}

TEST_CASE("addresses are host:port and nothing else") {
  for (const char* good : {"localhost:7401", "shop.example.com:1", "10.0.0.1:65535", "[::1]:7401",
                           "[fe80::1%eth0]:7401", "shop_1:80"}) {
    CAPTURE(good);
    REQUIRE(IsHostPort(good));
  }
  for (const char* bad :
       {"", ":1", "host", "host:", "host:0", "host:65536", "host:http", "unix:/tmp/socket",
        "unix:///tmp/socket:1", "dns:///host:1", "dns://8.8.8.8/host:1", "ipv4:1.2.3.4:5,6.7.8.9:5",
        "a:1,b:1", "xds:///host:1", "::1:7401", "[::1]", "user@host:1", "host:1/path", "ho st:1"}) {
    CAPTURE(bad);
    REQUIRE_FALSE(IsHostPort(bad));
  }
}

TEST_CASE("a machine's own address is a number of four parts, and no name that looks like one") {
  for (const char* own : {"localhost:1", "[::1]:1", "127.0.0.1:1", "127.8.9.10:1"}) {
    CAPTURE(own);
    REQUIRE(rpc::IsLoopback(own));
  }
  for (const char* other : {"127.1:1", "127.:1", "127.999:1", "127.0.0.01:1", "127.1.1.1.1:1",
                            "127.0.0.1.example.com:1", "10.0.0.1:1", "[::2]:1", "0.0.0.0:1"}) {
    CAPTURE(other);
    REQUIRE_FALSE(rpc::IsLoopback(other));
  }
}

}  // namespace
}  // namespace tallystick
