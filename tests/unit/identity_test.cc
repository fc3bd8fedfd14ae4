// UUIDs, trading ids, the contents digest, sequences.
#include <rapidcheck.h>

#include "absl/strings/escaping.h"
#include "platform/ids/uuid.h"
#include "platform/trade/contents.h"
#include "platform/trade/sequence.h"
#include "tests/support/catch.h"

namespace tallystick {
namespace {

OrderContents Example() {
  OrderContents contents;
  contents.trading_id = *ParseUuid("0198c5a0-7b1e-8d3f-9c41-5d2e6f7a8b90");
  contents.buyer_reference = "PO-7";
  contents.currency = "USD";
  contents.lines = {{"CHAI", "Chai", 3, 1800, 700, 5400, 378},
                    {"CAFE", "Café au lait", 1, 450, 0, 450, 0}};
  contents.ship_to.lines = {"Ann Example", "Street 1", "12345 City", "Country"};
  contents.delivery_option = "standard";
  contents.terms = Terms::kPrepaid;
  contents.goods_total = 5850;
  contents.delivery_fee = 490;
  contents.tax_total = 378;
  contents.total = 6718;
  contents.order_time = absl::FromUnixMillis(1755687600123);
  contents.promised_delivery_time = absl::FromUnixMillis(1756119600123);
  return contents;
}

TEST_CASE("the contents digest has the test vector of docs/protocol.md") {
  REQUIRE(CanonicalForm(Example()) ==
          "22:tallystick.contents.v1,36:0198c5a0-7b1e-8d3f-9c41-5d2e6f7a8b90,4:PO-7,3:USD,1:1,"
          "8:standard,13:1755687600123,13:1756119600123,4:5850,3:490,3:378,4:6718,1:4,"
          "11:Ann Example,8:Street 1,10:12345 City,7:Country,1:2,4:CHAI,4:Chai,1:3,4:1800,3:700,"
          "4:5400,3:378,4:CAFE,13:Café au lait,1:1,3:450,1:0,3:450,1:0,");
  REQUIRE(absl::BytesToHexString(ContentsDigest(Example())) ==
          "2fbe47fbba2a0a2aa02bb6bbde5ebd0b4573b95518807e087c417b2e785f0a05");
}

TEST_CASE("every change of the contents changes the digest") {
  const std::string digest = ContentsDigest(Example());
  const auto changed = [&](auto change) {
    OrderContents contents = Example();
    change(contents);
    return ContentsDigest(contents) != digest;
  };
  REQUIRE(changed([](auto& c) { c.trading_id.bytes[0] ^= 1; }));
  REQUIRE(changed([](auto& c) { c.buyer_reference = "PO-8"; }));
  REQUIRE(changed([](auto& c) { c.currency = "EUR"; }));
  REQUIRE(changed([](auto& c) { c.terms = Terms::kNet30; }));
  REQUIRE(changed([](auto& c) { c.delivery_option = "express"; }));
  REQUIRE(changed([](auto& c) { c.total += 1; }));
  REQUIRE(changed([](auto& c) { c.delivery_fee += 1; }));
  REQUIRE(changed([](auto& c) { c.order_time += absl::Milliseconds(1); }));
  REQUIRE(changed([](auto& c) { c.ship_to.lines[1] = "Street 2"; }));
  REQUIRE(changed([](auto& c) { c.lines[0].quantity = 4; }));
  REQUIRE(changed([](auto& c) { c.lines[0].unit_price = 1; }));
  REQUIRE(changed([](auto& c) { std::swap(c.lines[0], c.lines[1]); }));
  // Lines cannot run into each other.
  REQUIRE(changed([](auto& c) {
    c.ship_to.lines = {"Ann ExampleStreet 1", "12345 City", "Country"};
  }));
}

TEST_CASE("UUIDs are read and written") {
  const std::string text = "0198c5a0-7b1e-8d3f-9c41-5d2e6f7a8b90";
  REQUIRE(ParseUuid(text)->ToString() == text);
  REQUIRE(ParseUuid("0198C5A0-7B1E-8D3F-9C41-5D2E6F7A8B90")->ToString() == text);
  for (const char* wrong :
       {"", "0198c5a0", "0198c5a07b1e8d3f9c415d2e6f7a8b90", "0198c5a0-7b1e-8d3f-9c41-5d2e6f7a8b9g",
        "0198c5a0-7b1e-8d3f-9c41-5d2e6f7a8b900"}) {
    REQUIRE_FALSE(ParseUuid(wrong).has_value());
  }
}

TEST_CASE("a trading id depends on buyer, request and key, and keeps the request's time") {
  const absl::Time now = absl::FromUnixMillis(1755687600123);
  const Uuid request = NewUuidV7(now);
  REQUIRE((request.bytes[6] >> 4) == 7);
  const std::string key(32, 'a');
  const Uuid id = TradingIdFor(key, "alice", request);
  REQUIRE(id == TradingIdFor(key, "alice", request));
  REQUIRE(id != TradingIdFor(key, "bob", request));
  REQUIRE(id != TradingIdFor(std::string(32, 'b'), "alice", request));
  REQUIRE(id != TradingIdFor(key, "alice", NewUuidV7(now)));
  REQUIRE((id.bytes[6] >> 4) == 8);
  REQUIRE((id.bytes[8] >> 6) == 2);
  REQUIRE(std::equal(id.bytes.begin(), id.bytes.begin() + 6, request.bytes.begin()));
  Uuid random = request;
  random.bytes[6] = 0x4f;  // version 4 has no time
  const Uuid hashed = TradingIdFor(key, "alice", random);
  REQUIRE_FALSE(std::equal(hashed.bytes.begin(), hashed.bytes.begin() + 6, random.bytes.begin()));
}

TEST_CASE("a sequence applies each number once and in order") {
  const bool held = rc::check([] {
    const int count = *rc::gen::inRange(1, 20);
    int64_t last = 0;
    std::vector<int64_t> applied;
    for (const int number :
         *rc::gen::container<std::vector<int>>(200, rc::gen::inRange(1, count + 1))) {
      switch (CheckSequence(last, number)) {
        case SequenceVerdict::kNext:
          applied.push_back(number);
          last = number;
          break;
        case SequenceVerdict::kAlreadyApplied: RC_ASSERT(number <= last); break;
        case SequenceVerdict::kNotYet: RC_ASSERT(number > last + 1); break;
      }
    }
    for (size_t i = 0; i < applied.size(); ++i)
      RC_ASSERT(applied[i] == static_cast<int64_t>(i) + 1);
  });
  REQUIRE(held);
}

}  // namespace
}  // namespace tallystick
