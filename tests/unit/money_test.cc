#include "platform/money/money.h"

#include <rapidcheck.h>

#include <limits>

#include "tests/support/catch.h"

namespace tallystick {
namespace {

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
constexpr int64_t kMin = std::numeric_limits<int64_t>::min();

TEST_CASE("arithmetic refuses to overflow") {
  REQUIRE(CheckedAdd(kMax, 1) == std::nullopt);
  REQUIRE(CheckedAdd(kMax - 1, 1) == kMax);
  REQUIRE(CheckedSubtract(kMin, 1) == std::nullopt);
  REQUIRE(CheckedMultiply(kMax / 2 + 1, 2) == std::nullopt);
  REQUIRE(ApplyRate(kMax, 20000) == std::nullopt);
  REQUIRE(ApplyRate(kMax, 10000) == kMax);
}

TEST_CASE("a rate is rounded half up, away from zero") {
  REQUIRE(ApplyRate(100, 700) == 7);
  REQUIRE(ApplyRate(50, 100) == 1);  // 0.5
  REQUIRE(ApplyRate(49, 100) == 0);  // 0.49
  REQUIRE(ApplyRate(-50, 100) == -1);
  REQUIRE(ApplyRate(1950, 700) == 137);  // 136.5
}

TEST_CASE("shares of consecutive parts add up to the whole") {
  const bool held = rc::check([] {
    const auto amount = *rc::gen::inRange<int64_t>(0, 1'000'000'000);
    const auto whole = *rc::gen::inRange<int64_t>(1, 1000);
    int64_t sum = 0;
    int64_t at = 0;
    while (at < whole) {
      const int64_t next = std::min(whole, at + *rc::gen::inRange<int64_t>(1, 200));
      const int64_t share = ShareOf(amount, next, whole) - ShareOf(amount, at, whole);
      RC_ASSERT(share >= 0);
      sum += share;
      at = next;
    }
    RC_ASSERT(sum == amount);
  });
  REQUIRE(held);
}

TEST_CASE("amounts are written and read with the currency's decimal places") {
  REQUIRE(FormatMoney({"USD", 123450}) == "1,234.50 USD");
  REQUIRE(FormatMoney({"USD", -5}) == "-0.05 USD");
  REQUIRE(FormatMoney({"JPY", 1234567}) == "1,234,567 JPY");
  REQUIRE(FormatMoney({"KWD", 1005}) == "1.005 KWD");
  REQUIRE(FormatMoney({"USD", kMin}) == "-92,233,720,368,547,758.08 USD");
  REQUIRE(ParseAmount("12.5", "USD")->minor == 1250);
  REQUIRE(ParseAmount("12", "USD")->minor == 1200);
  REQUIRE(ParseAmount("-0.05", "USD")->minor == -5);
  REQUIRE(ParseAmount("12", "JPY")->minor == 12);
  for (const char* wrong :
       {"", ".", "12.", ".5", "1,000", "12.345", "abc", "1e3", "--1", "99999999999999999999"}) {
    CAPTURE(wrong);
    REQUIRE_FALSE(ParseAmount(wrong, "USD").ok());
  }
  REQUIRE_FALSE(ParseAmount("1.5", "JPY").ok());
}

TEST_CASE("what is formatted is read back") {
  const bool held = rc::check([](int64_t minor) {
    RC_PRE(minor != kMin);
    for (const char* currency : {"USD", "JPY", "KWD"}) {
      const Money money{currency, minor};
      RC_ASSERT(*ParseAmount(FormatAmount(money), currency) == money);
    }
  });
  REQUIRE(held);
}

}  // namespace
}  // namespace tallystick
