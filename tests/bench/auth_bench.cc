// tally-auth-bench: what it costs a call to find out who is calling; with another implementation of
// JWT for comparison.
#include <jwt/jwt.hpp>

#include <cstdio>
#include <filesystem>

#include "absl/time/clock.h"
#include "keys-cli/installation/installation.h"
#include "platform/auth/token.h"
#include "platform/auth/token_verifier.h"

namespace tallystick {
namespace {

constexpr int kRounds = 5;

// Microseconds for one of `count`.
template <typename Do>
double Micros(int count, Do one) {
  const absl::Time start = absl::Now();
  for (int i = 0; i < count; ++i) one();
  return absl::ToDoubleMicroseconds(absl::Now() - start) / count;
}

struct Made {
  SigningKey key;
  std::string token;
  KeySet keys;
};

Made Make(KeyKind kind) {
  const SigningKey key = SigningKey::Generate(kind);
  TokenRequest request;
  request.subject = "alice";
  KeySet keys;
  keys.emplace(key.KeyId(), *PublicKey::FromPem(key.PublicPem()));
  return {key, MakeToken(key, request, absl::Now()), keys};
}

}  // namespace
}  // namespace tallystick

int main() {
  using namespace tallystick;
  const TokenRules rules{"tallystick", "tallystick"};
  const Made es256 = Make(KeyKind::kP256);
  const Made eddsa = Make(KeyKind::kEd25519);
  const std::string folder =
      std::filesystem::temp_directory_path() / ("tally-auth-bench-" + es256.key.KeyId());
  const std::string pem = es256.key.PublicPem();
  if (!WriteFile(folder + "/" + es256.key.KeyId() + ".pem", pem, 0644).ok()) return 1;
  TokenVerifierOptions options;
  options.keys_path = folder;
  options.rules = rules;
  auto verifier = TokenVerifier::Start(options);
  if (!verifier.ok()) return 1;
  int failed = 0;
  const auto check = [&](const Made& made) {
    failed += CheckToken(made.token, made.keys, rules, absl::Now()).ok() ? 0 : 1;
  };
  std::printf("microseconds a token\n%-6s %10s %10s %12s %10s\n", "round", "ES256", "EdDSA",
              "remembered", "cpp-jwt");
  for (int round = 1; round <= kRounds; ++round) {
    const double first = Micros(1'000, [&] { check(es256); });
    const double second = Micros(1'000, [&] { check(eddsa); });
    const double known =
        Micros(100'000, [&] { failed += (*verifier)->Verify(es256.token).ok() ? 0 : 1; });
    const double other = Micros(200, [&] {
      std::error_code error;
      jwt::decode(es256.token, jwt::params::algorithms({"ES256"}), error, jwt::params::secret(pem));
      failed += error ? 1 : 0;
    });
    std::printf("%-6d %10.1f %10.1f %12.2f %10.1f\n", round, first, second, known, other);
  }
  verifier->reset();
  std::filesystem::remove_all(folder);
  std::printf("failed: %d\n", failed);
  return failed == 0 ? 0 : 1;
}
