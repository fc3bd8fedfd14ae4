// What a buyer reads when a service gives no answer.
#include "client-cli/remote/failure_words.h"

#include "absl/strings/match.h"
#include "client-cli/remote/errors.h"
#include "platform/error/error.h"
#include "tests/support/catch.h"

namespace tallystick::testing {
namespace {

const Callee kShop = {"demo", "shopping", "shop.example:7401"};
const Callee kPayment = {"demo", "payment", "pay.example:7402"};

TEST_CASE("failure: who, where, why and what next, and none of gRPC's words") {
  struct Case {
    const char* message;  // as gRPC 1.51 says it
    const char* words;
    const char* next;
  };
  const Case cases[] = {
      {"failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:1: Failed to "
       "connect to remote host: Connection refused",
       "connection refused", "tally shop add demo HOST:PORT"},
      {"DNS resolution failed for shop.example:7401: C-ares status is not ARES_SUCCESS qtype=AAAA "
       "name=shop.example is_balancer=0: Domain name not found",
       "no host has that name", "tally shop add demo HOST:PORT"},
      {"failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:7401: Ssl "
       "handshake "
       "failed: SSL_ERROR_SSL: error:0A000086:SSL routines::certificate verify failed",
       "of another authority", "--ca FILE"},
      {"failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:5432: Ssl "
       "handshake "
       "failed: SSL_ERROR_SSL: error:0A00010B:SSL routines::wrong version number",
       "speaks no TLS", "HOST:PORT"},
      {"Deadline Exceeded", "no answer in time", "--timeout-ms"},
      {"failed to connect to all addresses; last error: something new", "no connection",
       "HOST:PORT"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.message);
    const absl::Status failure = Noting(absl::UnavailableError(one.message), kShop);
    const std::string words = FailureWords(failure);
    CAPTURE(words, NextStep(failure));
    REQUIRE(absl::StartsWith(words, "no answer from the shop 'demo' at shop.example:7401: "));
    REQUIRE(absl::StrContains(words, one.words));
    REQUIRE(absl::StrContains(NextStep(failure), one.next));
    for (const char* strange : {"gRPC", "ipv4:", "SSL_ERROR", "Deadline Exceeded", "C-ares"}) {
      REQUIRE_FALSE(absl::StrContains(words, strange));
    }
    // What a program reads stays.
    REQUIRE(failure.message() == one.message);
  }
}

TEST_CASE("failure: payment is called so, and a token that does not count is said to be that") {
  const absl::Status down = Noting(absl::UnavailableError("Connection refused"), kPayment);
  REQUIRE(
      absl::StartsWith(FailureWords(down), "no answer from payment of the shop 'demo' at pay."));
  const absl::Status expired = Noting(
      MakeError(absl::StatusCode::kUnauthenticated, "TOKEN_EXPIRED", "the token has expired"),
      kShop);
  REQUIRE(FailureWords(expired) ==
          "the shop 'demo' at shop.example:7401 does not let you in: the token has expired");
  REQUIRE(absl::StrContains(NextStep(expired), "token file"));
  REQUIRE(GetErrorDetail(expired).reason == "TOKEN_EXPIRED");
}

TEST_CASE("failure: what a server says in its own words is said as it is") {
  const absl::Status refused = Noting(MakeError(absl::StatusCode::kFailedPrecondition,
                                                "OUT_OF_STOCK", "Connection refused is no stock"),
                                      kShop);
  REQUIRE(FailureWords(refused) == "Connection refused is no stock");
  REQUIRE(NextStep(refused).empty());
  REQUIRE(FailureWords(absl::NotFoundError("nothing")) == "nothing");
  REQUIRE(Noting(absl::OkStatus(), kShop).ok());
}

}  // namespace
}  // namespace tallystick::testing
