// A server that is given the wrong keys says so, and does not start.
#include "tests/support/keys.h"
#include "absl/strings/match.h"
#include "services/payment/service/payment_server.h"
#include "tests/support/free_ports.h"

namespace tallystick::testing {
namespace {

// What keeps a payment server from opening its port with the keys of `folder`.
absl::Status Refusal(const std::string& folder) {
  payment::PaymentSettings settings;
  settings.server.keys = folder;
  settings.server.ports.public_address = FreeAddresses(1)[0];
  const absl::Status taken = settings.server.TakeKeys();
  if (!taken.ok()) return taken;
  return rpc::Server::StartWaiting(settings.server.ports).status();
}

TEST_CASE("keys: a server starts with its own, and not with those of another") {
  REQUIRE(Refusal(Keys::Get().File("payment")).ok());
  for (const char* other : {"shopping", "delivery"}) {
    const absl::Status refused = Refusal(Keys::Get().File(other));
    CAPTURE(refused.ToString());
    REQUIRE(refused.code() == absl::StatusCode::kFailedPrecondition);
    REQUIRE(absl::StrContains(refused.message(), "spiffe://tallystick/payment"));
  }
}

TEST_CASE("keys: a folder that is none is named as such") {
  for (const std::string& path : {Keys::Get().File("nowhere"), Keys::Get().File("buyers/ca.crt")}) {
    const absl::Status refused = Refusal(path);
    REQUIRE(refused.code() == absl::StatusCode::kInvalidArgument);
    REQUIRE(absl::StrContains(refused.message(), path + " is no folder"));
  }
}

}  // namespace
}  // namespace tallystick::testing
