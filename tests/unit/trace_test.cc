// W3C trace context: what is taken over from callers, and what is made of it.
#include "platform/ids/trace.h"

#include <set>
#include <string>

#include "tests/support/catch.h"

namespace tallystick {
namespace {

const std::string kTraceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const std::string kParent = "00f067aa0ba902b7";
const std::string kGood = "00-" + kTraceId + "-" + kParent + "-01";

TEST_CASE("trace: what the standard has callers send is taken") {
  REQUIRE(IsTraceparent(kGood));
  REQUIRE(TraceIdOf(kGood) == kTraceId);
  REQUIRE(IsTraceparent("00-" + kTraceId + "-" + kParent + "-ff"));
  // Of a later version, with or without more.
  REQUIRE(IsTraceparent("cc-" + kTraceId + "-" + kParent + "-01"));
  REQUIRE(IsTraceparent("cc-" + kTraceId + "-" + kParent + "-01-what-the-future-holds"));
}

TEST_CASE("trace: what is none is not taken") {
  const std::string zeros(32, '0');
  std::string upper = kTraceId;
  upper[1] = 'B';
  for (const std::string& text :
       {std::string(), kTraceId, kGood.substr(1), kGood.substr(0, kGood.size() - 1), kGood + "0",
        kGood + "-00", "ff-" + kTraceId + "-" + kParent + "-01",
        "0x-" + kTraceId + "-" + kParent + "-01", "00-" + zeros + "-" + kParent + "-01",
        "00-" + kTraceId + "-" + zeros.substr(16) + "-01", "00-" + upper + "-" + kParent + "-01",
        "00-" + kTraceId + "-" + kParent + "-0g", "00_" + kTraceId + "-" + kParent + "-01",
        "00-" + kTraceId + "_" + kParent + "-01", "00-" + kTraceId + "-" + kParent + "_01",
        "cc-" + kTraceId + "-" + kParent + "-01.more", " " + kGood, kGood + "\n"}) {
    CAPTURE(text);
    REQUIRE_FALSE(IsTraceparent(text));
    REQUIRE(TraceIdOf(text).empty());
  }
}

TEST_CASE("trace: a span of the same trace keeps whether it is recorded") {
  const std::string child = ChildOf(kGood);
  REQUIRE(IsTraceparent(child));
  REQUIRE(child.substr(0, 36) == kGood.substr(0, 36));
  REQUIRE(child.substr(36, 16) != kParent);
  REQUIRE(child.substr(53) == "01");
  // Of the flags only the one that is known, and of versions only the one that is written.
  const std::string later = ChildOf("cc-" + kTraceId + "-" + kParent + "-fe-more");
  REQUIRE(later.substr(0, 3) == "00-");
  REQUIRE(later.size() == kGood.size());
  REQUIRE(later.substr(53) == "00");
}

TEST_CASE("trace: without one there is a new one each time") {
  std::set<std::string> ids;
  for (int i = 0; i < 100; ++i) {
    ids.insert(TraceIdOf(NewTraceparent()));
    ids.insert(TraceIdOf(ChildOf("nonsense")));
  }
  REQUIRE(ids.size() == 200);
  REQUIRE_FALSE(ids.contains(""));
}

}  // namespace
}  // namespace tallystick
