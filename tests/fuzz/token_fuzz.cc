// What comes in as a token or as a key. The first byte says how the rest is taken.
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "platform/auth/base64url.h"
#include "platform/auth/signing_key.h"
#include "platform/auth/token.h"
#include "tests/fuzz/check.h"

namespace tallystick::fuzz {
namespace {

using nlohmann::json;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
const TokenRules kRules{"issuer", "shop"};

struct Keys {
  SigningKey edwards = SigningKey::Generate(KeyKind::kEd25519);
  SigningKey elliptic = SigningKey::Generate(KeyKind::kP256);
  SigningKey stranger = SigningKey::Generate(KeyKind::kEd25519);
  KeySet known = {{"ed", *PublicKey::FromPem(edwards.PublicPem())},
                  {edwards.KeyId(), *PublicKey::FromPem(edwards.PublicPem())},
                  {elliptic.KeyId(), *PublicKey::FromPem(elliptic.PublicPem())}};
};
const Keys& TheKeys() {
  static const Keys keys;
  return keys;
}

// Unlike SigningKey::Sign, signs any header, and what need not be JSON. EdDSA.
std::string Sign(const std::string& message) {
  static EVP_PKEY* key = [] {
    const std::string pem = TheKeys().edwards.PrivatePem();
    std::unique_ptr<BIO, decltype(&BIO_free)> bio(
        BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
    return PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr);
  }();
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                  EVP_MD_CTX_free);
  std::string signature(64, '\0');
  size_t length = signature.size();
  EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key);
  EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &length,
                 reinterpret_cast<const unsigned char*>(message.data()), message.size());
  return EncodeBase64Url(signature);
}

bool Accepted(const std::string& token) {
  const auto checked = CheckToken(token, TheKeys().known, kRules, kNow);
  Check(checked.ok() || absl::IsUnauthenticated(checked.status()), "a refusal is UNAUTHENTICATED");
  if (checked.ok()) {
    Check(checked->begin <= kNow && kNow < checked->end, "an accepted token counts now");
    Check(!checked->caller.subject.empty() && IsHarmless(checked->caller.subject),
          "an accepted subject is text");
  }
  return checked.ok();
}

// Says of a token with a good signature what CheckToken must have looked at.
bool MayBeAccepted(const std::string& header_text, const std::string& claims_text) {
  const json header = json::parse(header_text, nullptr, false);
  const json claims = json::parse(claims_text, nullptr, false);
  if (!header.is_object() || !claims.is_object()) return false;
  const json none;
  const json kid = header.value("kid", none);
  const json audience = claims.value("aud", none);
  const bool is_for_us =
      audience == "shop" || (audience.is_array() &&
                             std::find(audience.begin(), audience.end(), "shop") != audience.end());
  const json role = claims.value("role", none);
  const json expiry = claims.value("exp", none);
  return header.value("alg", none) == "EdDSA" &&
         (kid == "ed" || kid == TheKeys().edwards.KeyId()) && !header.contains("crit") &&
         claims.value("iss", none) == "issuer" && is_for_us &&
         (role == "buyer" || role == "operator") && claims.value("sub", none).is_string() &&
         expiry.is_number() && expiry.get<double>() > 1'799'999'994;
}

// Header, line break, claims; signed as they are.
void TrySigned(const std::string& text) {
  const std::pair<std::string, std::string> parts = absl::StrSplit(text, absl::MaxSplits('\n', 1));
  const std::string message =
      absl::StrCat(EncodeBase64Url(parts.first), ".", EncodeBase64Url(parts.second));
  if (Accepted(absl::StrCat(message, ".", Sign(message)))) {
    Check(MayBeAccepted(parts.first, parts.second), "a token says all that it must");
  }
}

// Two bytes of place and one of change, then claims: a good token with one character changed.
void TryChanged(const std::string& text, const SigningKey& key, bool is_known) {
  if (text.size() < 3) return;
  const json claims = json::parse(text.substr(3), nullptr, false);
  if (claims.is_discarded()) return;
  std::string token;
  try {
    token = key.Sign(claims);
  } catch (const json::exception&) {
    return;  // not UTF-8: nobody can sign that
  }
  Check(is_known || !Accepted(token), "nothing is accepted that a stranger signed");
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  std::string changed = token;
  char& there = changed[(byte(0) + 256u * byte(1)) % changed.size()];
  there = static_cast<char>(there ^ byte(2));
  if (changed != token) Check(!Accepted(changed), "nothing is accepted that was changed");
}

void TryBase64(const std::string& text) {
  const auto bytes = DecodeBase64Url(text);
  if (bytes) Check(EncodeBase64Url(*bytes) == text, "there is one form of everything");
  Check(DecodeBase64Url(EncodeBase64Url(text)) == text, "what was encoded can be decoded");
}

void TryJwks(const std::string& text) {
  const auto keys = ReadJwks(text);
  if (!keys.ok()) return;
  for (const auto& [id, key] : *keys) {
    Check(!id.empty() && key != nullptr, "a key has an id");
    Check(!key->Verify("message", std::string(64, '\0')), "no key takes zeros for a signature");
  }
}

void TryPem(const std::string& text) {
  const auto key = PublicKey::FromPem(text);
  if (!key.ok()) return;
  Check(text.find("PRIVATE KEY") == std::string::npos || text.find("PUBLIC") != std::string::npos,
        "a private key is not taken");
  Check(!(*key)->Verify("message", text), "no key takes anything for a signature");
}

void Run(const std::string& input) {
  if (input.empty()) return;
  const std::string rest = input.substr(1);
  switch (static_cast<unsigned char>(input.front()) % 8) {
    case 0: return Check(!Accepted(rest), "nobody can sign without a key");
    case 1: return TrySigned(rest);
    case 2: return TryChanged(rest, TheKeys().edwards, true);
    case 3: return TryChanged(rest, TheKeys().elliptic, true);
    case 4: return TryChanged(rest, TheKeys().stranger, false);
    case 5: return TryBase64(rest);
    case 6: return TryJwks(rest);
    default: return TryPem(rest);
  }
}

std::vector<std::string> Seeds() {
  std::vector<std::string> seeds;
  const std::string header = R"({"alg":"EdDSA","typ":"JWT","kid":"ed"})";
  const std::string good = R"("iss":"issuer","sub":"alice","role":"buyer")";
  for (const std::string& claims :
       {absl::StrCat("{", good, R"(,"aud":"shop","exp":1800003600})"),
        absl::StrCat("{", good, R"(,"aud":["x","shop"],"exp":1800003600.5,"nbf":1799999999})"),
        absl::StrCat("{", good, R"(,"aud":"other","exp":1800003600})"),
        absl::StrCat("{", good, R"(,"aud":"shop","exp":1700000000,"nbf":1900000000})")}) {
    seeds.push_back(absl::StrCat("\x01", header, "\n", claims));
    for (const char* how : {"\x02", "\x03", "\x04"}) {
      seeds.push_back(absl::StrCat(how, "\x40\x01\x01", claims));
    }
  }
  for (const char* other : {R"({"alg":"none","kid":"ed"})", R"({"alg":"HS256","kid":"ed"})",
                            R"({"alg":"EdDSA","kid":"ed","crit":["b64"],"b64":false})"}) {
    seeds.push_back(absl::StrCat("\x01", other, "\n{", good, R"(,"aud":"shop","exp":1800003600})"));
  }
  seeds.push_back(absl::StrCat(std::string(1, '\0'), EncodeBase64Url(header), ".e30.e30"));
  seeds.push_back("\x05_-YWxpY2U");
  // The examples of RFC 7517 and RFC 8037.
  seeds.push_back(
      "\x06{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"1\",\"use\":\"sig\","
      "\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","
      "\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\"},"
      "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"2\","
      "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}");
  seeds.push_back(absl::StrCat("\x07", TheKeys().edwards.PublicPem()));
  seeds.push_back(absl::StrCat("\x07", TheKeys().elliptic.PublicPem()));
  seeds.push_back(absl::StrCat("\x07", TheKeys().edwards.PrivatePem()));
  return seeds;
}

}  // namespace
}  // namespace tallystick::fuzz

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  tallystick::fuzz::MaybeWriteSeeds(*argc, *argv, tallystick::fuzz::Seeds());
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  tallystick::fuzz::Run(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
