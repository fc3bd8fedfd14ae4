// Signed tokens: what is taken, what is refused, and what is remembered.
#include <jwt/jwt.hpp>

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "keys-cli/installation/installation.h"
#include "platform/auth/base64url.h"
#include "platform/auth/revoked.h"
#include "platform/auth/token.h"
#include "platform/auth/token_verifier.h"
#include "platform/error/error.h"
#include "tests/support/catch.h"
#include "tests/support/temp_folder.h"
#include "tests/support/wait_until.h"

namespace tallystick::testing {
namespace {

using nlohmann::json;

const TokenRules kRules{"tallystick", "shop-a"};

KeySet SetOf(std::initializer_list<const SigningKey*> keys) {
  KeySet set;
  for (const SigningKey* key : keys)
    set.emplace(key->KeyId(), *PublicKey::FromPem(key->PublicPem()));
  return set;
}

json GoodClaims(absl::Time now) {
  return {{"iss", "tallystick"},
          {"aud", "shop-a"},
          {"sub", "alice"},
          {"role", "buyer"},
          {"exp", absl::ToUnixSeconds(now) + 3600}};
}

std::string ReasonOf(const absl::Status& status) { return GetErrorDetail(status).reason; }

// A token with any header, signed by `key`.
std::string Signed(const SigningKey& key, const json& header, const json& claims) {
  const std::string good = key.Sign(claims);
  // The signature of another header is wrong; for a right one there is no way but the real one.
  return absl::StrCat(EncodeBase64Url(header.dump()), good.substr(good.find('.')));
}

TEST_CASE("token: both algorithms, both roles") {
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  for (const KeyKind kind : {KeyKind::kP256, KeyKind::kEd25519}) {
    const SigningKey key = SigningKey::Generate(kind);
    json claims = GoodClaims(now);
    const auto buyer = CheckToken(key.Sign(claims), SetOf({&key}), kRules, now);
    REQUIRE(buyer.ok());
    REQUIRE(buyer->caller.subject == "alice");
    REQUIRE(buyer->caller.role == Role::kBuyer);
    claims["role"] = "operator";
    claims["aud"] = {"shop-b", "shop-a"};
    const auto back = CheckToken(key.Sign(claims), SetOf({&key}), kRules, now);
    REQUIRE(back.ok());
    REQUIRE(back->caller.role == Role::kOperator);
  }
}

TEST_CASE("token: each wrong claim has its reason, and no message repeats it") {
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  const SigningKey key = SigningKey::Generate(KeyKind::kP256);
  const auto reason = [&](const std::function<void(json&)>& change) {
    json claims = GoodClaims(now);
    change(claims);
    const absl::Status status = CheckToken(key.Sign(claims), SetOf({&key}), kRules, now).status();
    REQUIRE(status.code() == absl::StatusCode::kUnauthenticated);
    REQUIRE(std::string(status.message()).find("secret") == std::string::npos);
    return ReasonOf(status);
  };
  REQUIRE(reason([](json& c) { c["iss"] = "secret"; }) == "TOKEN_NOT_FOR_US");
  REQUIRE(reason([](json& c) { c.erase("iss"); }) == "TOKEN_NOT_FOR_US");
  REQUIRE(reason([](json& c) { c["aud"] = "secret"; }) == "TOKEN_NOT_FOR_US");
  REQUIRE(reason([](json& c) { c["aud"] = json::array(); }) == "TOKEN_NOT_FOR_US");
  REQUIRE(reason([](json& c) { c["aud"] = {{"shop-a", 1}}; }) == "TOKEN_NOT_FOR_US");
  REQUIRE(reason([](json& c) { c.erase("aud"); }) == "TOKEN_NOT_FOR_US");
  REQUIRE(reason([](json& c) { c["exp"] = 1'799'999'990; }) == "TOKEN_EXPIRED");
  REQUIRE(reason([](json& c) { c["nbf"] = 1'800'000'100; }) == "TOKEN_NOT_YET_VALID");
  REQUIRE(reason([](json& c) { c["nbf"] = "secret"; }) == "TOKEN_INVALID");
  REQUIRE(reason([](json& c) { c.erase("exp"); }) == "TOKEN_INVALID");
  REQUIRE(reason([](json& c) { c["exp"] = "1800003600"; }) == "TOKEN_INVALID");
  REQUIRE(reason([](json& c) { c["exp"] = 1e300; }) == "TOKEN_INVALID");
  REQUIRE(reason([](json& c) { c.erase("sub"); }) == "TOKEN_INVALID");
  REQUIRE(reason([](json& c) { c["sub"] = ""; }) == "TOKEN_INVALID");
  REQUIRE(reason([](json& c) { c["sub"] = "a\nb"; }) == "TOKEN_INVALID");
  REQUIRE(reason([](json& c) { c["sub"] = std::string(201, 'a'); }) == "TOKEN_INVALID");
  REQUIRE(reason([](json& c) { c["role"] = "secret"; }) == "TOKEN_INVALID");
  REQUIRE(reason([](json& c) { c.erase("role"); }) == "TOKEN_INVALID");
}

TEST_CASE("token: no algorithm but the key's own, no unsigned ones, no key but ours") {
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  const SigningKey ours = SigningKey::Generate(KeyKind::kP256);
  const SigningKey other = SigningKey::Generate(KeyKind::kEd25519);
  const SigningKey unknown = SigningKey::Generate(KeyKind::kP256);
  const KeySet keys = SetOf({&ours, &other});
  const json claims = GoodClaims(now);
  const auto refused = [&](const std::string& token) {
    return ReasonOf(CheckToken(token, keys, kRules, now).status()) == "TOKEN_INVALID";
  };
  const std::string good = ours.Sign(claims);
  REQUIRE(CheckToken(good, keys, kRules, now).ok());
  REQUIRE(refused(unknown.Sign(claims)));
  const json header = {{"alg", "ES256"}, {"typ", "JWT"}, {"kid", ours.KeyId()}};
  // Somebody else's signature under our key's name.
  REQUIRE(refused(Signed(unknown, header, claims)));
  for (const char* algorithm : {"none", "None", "HS256", "EdDSA", "RS256", "es256", ""}) {
    json changed = header;
    changed["alg"] = algorithm;
    REQUIRE(refused(Signed(ours, changed, claims)));
    // Without a signature at all.
    const std::string token = Signed(ours, changed, claims);
    REQUIRE(refused(token.substr(0, token.rfind('.') + 1)));
  }
  // The classic confusion: HMAC with the public key's text as the secret.
  using namespace jwt::params;
  jwt::jwt_object confused{algorithm("HS256"), secret(ours.PublicPem())};
  confused.header().add_header("kid", ours.KeyId());
  confused.add_claim("iss", "tallystick").add_claim("aud", "shop-a").add_claim("sub", "alice");
  confused.add_claim("role", "buyer").add_claim("exp", claims["exp"].get<int64_t>());
  REQUIRE(refused(confused.signature()));
  // A key of the other kind under this name, and extensions that must be understood.
  REQUIRE(refused(Signed(other, {{"alg", "EdDSA"}, {"kid", ours.KeyId()}}, claims)));
  json critical = header;
  critical["crit"] = {"b64"};
  REQUIRE(refused(Signed(ours, critical, claims)));
  // Every single changed character.
  for (size_t i = 0; i < good.size(); ++i) {
    std::string changed = good;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    REQUIRE_FALSE(CheckToken(changed, keys, kRules, now).ok());
  }
  REQUIRE(refused(good.substr(0, good.size() - 1) + "\xff"));
  for (const std::string& junk :
       {std::string(), std::string("a.b"), std::string("..."), std::string(".."), good + ".x",
        good + "=", std::string(5000, 'a'), "e30.e30." + good}) {
    REQUIRE(refused(junk));
  }
  // Nested as deep as it can be.
  const std::string deep = std::string(1400, '[') + std::string(1400, ']');
  REQUIRE(refused(EncodeBase64Url("{\"alg\":" + deep + "}") + ".e30.e30"));
}

TEST_CASE("token: another implementation reads ours and makes ones that we read") {
  const absl::Time now = absl::Now();
  const SigningKey key = SigningKey::Generate(KeyKind::kP256);
  using namespace jwt::params;
  std::error_code error;
  const auto theirs =
      jwt::decode(key.Sign(GoodClaims(now)), algorithms({"ES256"}), error, secret(key.PublicPem()));
  REQUIRE_FALSE(error);
  REQUIRE(theirs.payload().get_claim_value<std::string>("sub") == "alice");
  jwt::jwt_object made{algorithm("ES256"), secret(key.PrivatePem())};
  made.header().add_header("kid", key.KeyId());
  made.add_claim("iss", "tallystick").add_claim("aud", "shop-a").add_claim("sub", "carol");
  made.add_claim("role", "buyer").add_claim("exp", absl::ToUnixSeconds(now) + 60);
  const auto ours = CheckToken(made.signature(), SetOf({&key}), kRules, now);
  REQUIRE(ours.ok());
  REQUIRE(ours->caller.subject == "carol");
}

TEST_CASE("keys: a JWKS with the keys of RFC 7515 and RFC 8037, and what is not one") {
  const auto keys = ReadJwks(R"({"keys": [
    {"kty":"EC","crv":"P-256","kid":"rfc7515","use":"sig",
     "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
     "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},
    {"kty":"OKP","crv":"Ed25519","kid":"rfc8037",
     "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
    {"kty":"RSA","kid":"passed over","n":"AQAB","e":"AQAB"},
    {"kty":"EC","crv":"P-256","kid":"for encryption","use":"enc","x":"AA","y":"AA"}]})");
  REQUIRE(keys.ok());
  REQUIRE(keys->size() == 2);
  // RFC 7515 A.3 and RFC 8037 A.4, byte by byte.
  const auto verify = [&](const char* kid, const std::string& token) {
    const size_t dot = token.rfind('.');
    return keys->at(kid)->Verify(token.substr(0, dot), *DecodeBase64Url(token.substr(dot + 1)));
  };
  REQUIRE(verify("rfc7515",
                 "eyJhbGciOiJFUzI1NiJ9."
                 "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
                 "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
                 "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSA"
                 "pmWQxfKTUJqPP3-Kg6NU1Q"));
  REQUIRE(verify("rfc8037",
                 "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
                 "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt"
                 "9g7sVvpAr_MuM0KAg"));
  for (const char* wrong :
       {"", "[]", "{}", R"({"keys":1})", R"({"keys":[{"kty":"EC","crv":"P-256","x":"AA"}]})",
        R"({"keys":[{"kty":"EC","crv":"P-256","kid":"k","x":"AA","y":"AA"}]})",
        // Not a point of the curve.
        R"({"keys":[{"kty":"EC","crv":"P-256","kid":"k",
            "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"}]})"}) {
    CAPTURE(wrong);
    REQUIRE_FALSE(ReadJwks(wrong).ok());
  }
}

TEST_CASE("keys: a private key, another curve or junk among the public ones is refused by name") {
  TempFolder folder;
  const SigningKey key = SigningKey::Generate(KeyKind::kP256);
  REQUIRE(LoadKeys(folder.path()).status().code() == absl::StatusCode::kNotFound);
  REQUIRE(WriteFile(folder / "good.pem", key.PublicPem(), 0644).ok());
  REQUIRE(LoadKeys(folder.path())->count("good") == 1);
  REQUIRE(WriteFile(folder / "bad.pem", key.PrivatePem(), 0600).ok());
  const absl::Status bad = LoadKeys(folder.path()).status();
  REQUIRE(std::string(bad.message()).find("bad.pem: is a private key") != std::string::npos);
  REQUIRE(WriteFile(folder / "bad.pem", "junk", 0600).ok());
  REQUIRE_FALSE(LoadKeys(folder.path()).ok());
}

TEST_CASE("verifier: a signature is checked once, until the token expires or its key goes") {
  TempFolder folder;
  const SigningKey first = SigningKey::Generate(KeyKind::kP256);
  const SigningKey second = SigningKey::Generate(KeyKind::kEd25519);
  const auto put = [&](const SigningKey& key) {
    REQUIRE(WriteFile(folder / (key.KeyId() + ".pem"), key.PublicPem(), 0644).ok());
  };
  put(first);
  std::atomic<int64_t> seconds = 1'800'000'000;
  TokenVerifierOptions options;
  options.keys_path = folder.path();
  options.rules = kRules;
  options.reload_interval = absl::Milliseconds(10);
  options.max_remembered = 8;
  options.clock = [&] { return absl::FromUnixSeconds(seconds); };
  const auto started = TokenVerifier::Start(std::move(options));
  REQUIRE(started.ok());
  TokenVerifier& tokens = **started;
  const json claims = GoodClaims(absl::FromUnixSeconds(seconds));
  const std::string token = first.Sign(claims);
  for (int i = 0; i < 10; ++i) REQUIRE(tokens.Verify(token)->subject == "alice");
  REQUIRE(tokens.checks() == 1);
  // A bad one is checked each time.
  std::string forged = token;
  forged[forged.size() - 5] = forged[forged.size() - 5] == 'A' ? 'B' : 'A';
  REQUIRE_FALSE(tokens.Verify(forged).ok());
  REQUIRE_FALSE(tokens.Verify(forged).ok());
  REQUIRE(tokens.checks() == 3);
  // A second key comes: what was remembered stays.
  const std::string by_second = second.Sign(claims);
  REQUIRE_FALSE(tokens.Verify(by_second).ok());
  put(second);
  REQUIRE(WaitUntil([&] { return tokens.Verify(by_second).ok(); }));
  const int64_t checks = tokens.checks();
  REQUIRE(tokens.Verify(token).ok());
  REQUIRE(tokens.checks() == checks);
  // While the folder is broken, the last good keys count.
  REQUIRE(tokens.readable_keys() == 2);
  REQUIRE(WriteFile(folder / "broken.pem", "junk", 0644).ok());
  REQUIRE(WaitUntil([&] { return tokens.readable_keys() == 0; }));
  REQUIRE(tokens.Verify(token).ok());
  std::filesystem::remove(folder / "broken.pem");
  REQUIRE(WaitUntil([&] { return tokens.readable_keys() == 2; }));
  // The first goes, and its tokens with it.
  std::filesystem::remove(folder / (first.KeyId() + ".pem"));
  REQUIRE(WaitUntil([&] { return !tokens.Verify(token).ok(); }));
  REQUIRE(tokens.Verify(by_second).ok());
  // Many come after it: what is remembered is bounded, and forgotten ones are checked again.
  for (int i = 0; i < 100; ++i) {
    json one = claims;
    one["sub"] = absl::StrCat("buyer", i);
    REQUIRE(tokens.Verify(second.Sign(one)).ok());
  }
  const int64_t before = tokens.checks();
  REQUIRE(tokens.Verify(by_second).ok());
  REQUIRE(tokens.checks() == before + 1);
  // The last key goes: nothing counts any more, until there is one again.
  std::filesystem::remove(folder / (second.KeyId() + ".pem"));
  REQUIRE(WaitUntil([&] { return !tokens.Verify(by_second).ok(); }));
  REQUIRE(tokens.readable_keys() == 0);
  put(second);
  REQUIRE(WaitUntil([&] { return tokens.Verify(by_second).ok(); }));
  // Time passes.
  seconds += 3606;
  REQUIRE(ReasonOf(tokens.Verify(by_second).status()) == "TOKEN_EXPIRED");
}

TEST_CASE("verifier: what is revoked counts no more, and again when it is not") {
  TempFolder folder;
  const SigningKey key = SigningKey::Generate(KeyKind::kP256);
  REQUIRE(WriteFile(folder / ("keys/" + key.KeyId() + ".pem"), key.PublicPem(), 0644).ok());
  const std::string path = folder / "revoked";
  const auto write = [&](const std::string& text) { REQUIRE(WriteFile(path, text, 0644).ok()); };
  TokenVerifierOptions options;
  options.keys_path = folder / "keys";
  options.revoked_path = path;
  options.rules = kRules;
  options.reload_interval = absl::Milliseconds(10);
  // What the setting names has to be there, and to be one.
  REQUIRE_FALSE(TokenVerifier::Start(options).ok());
  write("alice\n");
  REQUIRE_FALSE(TokenVerifier::Start(options).ok());
  write("# nobody yet\n\n");
  const auto started = TokenVerifier::Start(options);
  REQUIRE(started.ok());
  TokenVerifier& tokens = **started;
  json claims = GoodClaims(absl::Now());
  claims["jti"] = "first";
  const std::string first = key.Sign(claims);
  claims["jti"] = "second";
  const std::string second = key.Sign(claims);
  claims["sub"] = "bob";
  claims["jti"] = "third";
  const std::string third = key.Sign(claims);
  const auto reason = [&](const std::string& token) {
    return ReasonOf(tokens.Verify(token).status());
  };
  for (const std::string& token : {first, second, third}) REQUIRE(tokens.Verify(token).ok());
  // One token, also one that is remembered.
  write("token first\n");
  REQUIRE(WaitUntil([&] { return reason(first) == "TOKEN_REVOKED"; }));
  REQUIRE(tokens.Verify(second).ok());
  // A file that is gone or broken lets nobody in again.
  write("token first\nnonsense\n");
  const int64_t before = tokens.checks();
  claims["jti"] = "fourth";
  REQUIRE(tokens.Verify(key.Sign(claims)).ok());
  REQUIRE(tokens.checks() == before + 1);
  std::filesystem::remove(path);
  REQUIRE(reason(first) == "TOKEN_REVOKED");
  // What stands behind a blank and a # is a remark, as in settings.
  write("subject bob # his machine, too\ntoken first # and this\n");
  REQUIRE(WaitUntil([&] { return reason(third) == "TOKEN_REVOKED"; }));
  REQUIRE(reason(first) == "TOKEN_REVOKED");
  REQUIRE(!LoadRevoked(folder / "").ok());
  write("token first and this\n");
  REQUIRE(!LoadRevoked(path).ok());
  write("subject " + std::string(size_t{9} << 20, 'a') + "\n");
  REQUIRE(!LoadRevoked(path).ok());
  const std::string pipe = folder / "pipe";
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  REQUIRE(!LoadRevoked(pipe).ok());
  // Everything that somebody has.
  write("# alice lost her machine\nsubject alice\n");
  REQUIRE(WaitUntil([&] { return reason(second) == "TOKEN_REVOKED"; }));
  REQUIRE(reason(first) == "TOKEN_REVOKED");
  REQUIRE(tokens.Verify(third).ok());
  write("");
  REQUIRE(WaitUntil([&] { return tokens.Verify(first).ok() && tokens.Verify(second).ok(); }));
}

TEST_CASE("keys: certificates that end soon are named") {
  TempFolder folder;
  InstallationOptions options;
  options.days = 40;
  REQUIRE(MakeInstallation(folder.path(), options).ok());
  const absl::Time now = absl::Now();
  REQUIRE(EndingSoon(folder.path(), 30, now).empty());
  const auto soon = EndingSoon(folder.path(), 30, now + absl::Hours(24 * 20));
  REQUIRE(soon.size() == 6);
  REQUIRE(soon.front() == "shopping/public.crt ends in 19 days");
  const auto ended = EndingSoon(folder.path(), 30, now + absl::Hours(24 * 4000));
  REQUIRE(ended.size() == 8);
  REQUIRE(ended.front() == "ca/public-ca.crt has ended");
}

}  // namespace
}  // namespace tallystick::testing
