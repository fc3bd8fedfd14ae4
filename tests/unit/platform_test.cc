// Errors on the wire, settings, backoff, conversions.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "platform/error/error.h"
#include "platform/process/settings.h"
#include "platform/time/backoff.h"
#include "platform/transport/status.h"
#include "platform/wire/convert.h"
#include "tests/support/catch.h"
#include "tests/support/histories.h"

namespace tallystick {
namespace {

TEST_CASE("an error keeps its reason and values over the wire") {
  const absl::Status status = MakeError(absl::StatusCode::kFailedPrecondition, "OUT_OF_STOCK",
                                        "none left", {{"sku", "CHAI"}, {"available", "0"}});
  for (const absl::Status& read :
       {rpc::FromGrpc(rpc::ToGrpc(status)), rpc::FromProto(rpc::ToProto(status))}) {
    REQUIRE(read.code() == status.code());
    REQUIRE(read.message() == "none left");
    REQUIRE(GetErrorDetail(read).reason == "OUT_OF_STOCK");
    REQUIRE(GetErrorDetail(read).values == GetErrorDetail(status).values);
  }
  REQUIRE(rpc::FromGrpc(grpc::Status(grpc::UNAVAILABLE, "x", "rubbish")).code() ==
          absl::StatusCode::kUnavailable);
}

TEST_CASE(
    "a flag wins over the environment, the environment over the file, the file over the default") {
  const auto path = std::filesystem::temp_directory_path() / "tallystick-settings-test.conf";
  std::ofstream(path) << "alpha = 1\nbeta = 1\ngamma-ms = 1\n";
  setenv("TALLYSTICK_ALPHA", "2", 1);
  setenv("TALLYSTICK_BETA", "2", 1);
  int alpha = 0, beta = 0, gamma = 0, delta = 0;
  Settings settings("test", "0");
  settings.Add("alpha", alpha, "", 0, 9);
  settings.Add("beta", beta, "", 0, 9);
  settings.Add("gamma-ms", gamma, "", 0, 9);
  settings.Add("delta", delta, "", 0, 9);
  std::string arguments[] = {"test", "--config", path.string(), "--alpha", "3"};
  char* argv[] = {arguments[0].data(), arguments[1].data(), arguments[2].data(),
                  arguments[3].data(), arguments[4].data()};
  REQUIRE_FALSE(settings.Parse(5, argv).has_value());
  REQUIRE(alpha == 3);
  REQUIRE(beta == 2);
  REQUIRE(gamma == 1);
  REQUIRE(delta == 0);
  REQUIRE(settings.failure().empty());
  std::ofstream(path) << "unknown = 1\ngamma-ms = 7\nbeta = 1\n";
  unsetenv("TALLYSTICK_GAMMA_MS");
  REQUIRE(settings.Parse(3, argv) == 2);
  REQUIRE(settings.failure() == path.string() + ", line 1: there is no setting 'unknown'");
  // What is said is known all the same: of a flag, the environment, and the file's other lines.
  REQUIRE(settings.Said("alpha") == "3");
  REQUIRE(settings.Said("beta") == "2");
  REQUIRE(settings.Said("gamma-ms") == "7");
  REQUIRE(settings.Said("delta").empty());
  unsetenv("TALLYSTICK_GAMMA_MS");
  unsetenv("TALLYSTICK_ALPHA");
  unsetenv("TALLYSTICK_BETA");
  std::filesystem::remove(path);
}

TEST_CASE("backoff grows, is capped and jittered") {
  const BackoffPolicy policy{absl::Milliseconds(10), absl::Seconds(1)};
  for (int attempt = 1; attempt < 100; ++attempt) {
    const absl::Duration delay = BackoffDelay(policy, attempt);
    const absl::Duration full =
        std::min(policy.cap, policy.first * (int64_t{1} << std::min(attempt - 1, 30)));
    REQUIRE(delay >= full / 2);
    REQUIRE(delay <= full);
  }
}

TEST_CASE("statuses and contents survive Protobuf unchanged") {
  for (uint32_t seed = 0; seed < 50; ++seed) {
    testing::History history(seed, seed % 2 == 0 ? "pm_sandbox_ok" : "pm_sandbox_timeout",
                             seed % 3 == 0 ? "SANDBOX-LOSE" : "");
    while (history.Step()) {
      const shopping::Order& order = history.order();
      REQUIRE(wire::FromProto(wire::ToProto(order.contents)) == order.contents);
      REQUIRE(wire::FromProto(wire::ToProto(order.status.order)) == order.status.order);
      if (history.payment()) {
        REQUIRE(wire::FromProto(wire::ToProto(history.payment()->status)) ==
                history.payment()->status);
      }
      if (history.delivery()) {
        REQUIRE(wire::FromProto(wire::ToProto(history.delivery()->status)) ==
                history.delivery()->status);
      }
    }
  }
}

TEST_CASE("a status that mixes currencies says so") {
  v1::PaymentStatus proto;
  proto.mutable_due()->set_currency_code("USD");
  for (v1::Money* money : {proto.mutable_authorized(), proto.mutable_captured(),
                           proto.mutable_refunded(), proto.mutable_voided()}) {
    money->set_currency_code("USD");
  }
  REQUIRE(wire::FromProto(proto).currency == "USD");
  proto.mutable_captured()->set_currency_code("EUR");
  REQUIRE(wire::FromProto(proto).currency == "USD");
  REQUIRE(wire::FromProto(proto).odd_amounts == std::vector<OddAmount>{{"captured", "EUR"}});
}

}  // namespace
}  // namespace tallystick
