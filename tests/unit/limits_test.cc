// A caller's share of a server, and passwords that do not stand in flags.
#include "platform/admission/caller_limits.h"
#include "platform/error/error.h"
#include "platform/postgres/connection_string.h"
#include "tests/support/catch.h"
#include "tests/support/process.h"
#include "tests/support/temp_folder.h"

namespace tallystick::testing {
namespace {

std::string ReasonOf(const absl::Status& status) { return GetErrorDetail(status).reason; }

TEST_CASE("caller limits: so many a second, twice as many at once, each caller for itself") {
  rpc::CallerLimits limits({100, 100, 10});
  absl::Time now = absl::UnixEpoch();
  const auto call = [&](const std::string& who) {
    const absl::Status status = limits.Enter(who, now);
    if (status.ok()) limits.Leave(who, 1, 0);
    return ReasonOf(status);
  };
  for (int i = 0; i < 20; ++i) REQUIRE(call("a").empty());
  REQUIRE(call("a") == "RATE_LIMITED");
  REQUIRE(call("b").empty());
  const absl::Status refused = limits.Enter("a", now);
  REQUIRE(GetErrorDetail(refused).values.at("retry_after_ms") == "100");
  now += absl::Milliseconds(100);
  REQUIRE(call("a").empty());
  REQUIRE(call("a") == "RATE_LIMITED");
  // A clock that is set back takes nothing away and gives nothing.
  now -= absl::Hours(1);
  REQUIRE(call("a") == "RATE_LIMITED");
  now += absl::Seconds(1);
  for (int i = 0; i < 10; ++i) REQUIRE(call("a").empty());
  REQUIRE(call("a") == "RATE_LIMITED");
}

TEST_CASE("caller limits: what is counted is given back, and idle callers are forgotten") {
  rpc::CallerLimits limits({1'000'000, 5, 1'000'000});
  const absl::Time now = absl::UnixEpoch();
  REQUIRE(limits.Enter("a", now).ok());
  REQUIRE(limits.Grow("a", 4).ok());
  REQUIRE(ReasonOf(limits.Grow("a", 1)) == "TOO_MANY_CALLS");
  const absl::Status later = limits.Enter("a", now);
  REQUIRE(ReasonOf(later) == "TOO_MANY_CALLS");
  REQUIRE(GetErrorDetail(later).values.contains("retry_after_ms"));
  // What can never fit is not to be sent again.
  const absl::Status never = limits.Grow("a", 5);
  REQUIRE(ReasonOf(never) == "TOO_MANY_CALLS");
  REQUIRE(!GetErrorDetail(never).values.contains("retry_after_ms"));
  // Thousands come and go; whoever is still in is not forgotten.
  for (int i = 0; i < 10'000; ++i) {
    const std::string who = std::to_string(i);
    REQUIRE(limits.Enter(who, now + absl::Seconds(i)).ok());
    limits.Leave(who, 1, 0);
  }
  REQUIRE(ReasonOf(limits.Enter("a", now)) == "TOO_MANY_CALLS");
  REQUIRE(limits.live() == 5);
  limits.Leave("a", 5, 0);
  REQUIRE(limits.Enter("a", now).ok());
}

TEST_CASE("a database's password comes from a file and from nowhere else") {
  TempFolder folder;
  std::ofstream(folder / "password") << "it's \\ secret\n";
  const auto whole = postgres::WithPassword("host=h dbname=d user=u", folder / "password");
  REQUIRE(whole.ok());
  REQUIRE(whole->find("password='it\\'s \\\\ secret'") != std::string::npos);
  REQUIRE(postgres::WithPassword("postgresql://u@h/d", "").ok());
  for (const char* url : {"host=h password=secret", "postgresql://u:secret@h/d",
                          "postgresql://u@h/d?password=secret"}) {
    const absl::Status refused = postgres::WithPassword(url, "").status();
    REQUIRE(refused.code() == absl::StatusCode::kInvalidArgument);
    REQUIRE(std::string(refused.message()).find("secret") == std::string::npos);
  }
  REQUIRE_FALSE(postgres::WithPassword("host=h", folder / "none").ok());
  REQUIRE_FALSE(postgres::WithPassword("nonsense", "").ok());
}

}  // namespace
}  // namespace tallystick::testing
