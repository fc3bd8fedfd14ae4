#include "platform/auth/public_key.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/match.h"
#include "platform/auth/base64url.h"

namespace tallystick {
namespace {

constexpr size_t kSignatureBytes = 64;
constexpr size_t kHalf = kSignatureBytes / 2;

const unsigned char* Bytes(absl::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// Tokens carry r and s side by side; OpenSSL takes them as DER. Empty when it cannot be.
std::string DerSignature(absl::string_view signature) {
  std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> pair(ECDSA_SIG_new(), ECDSA_SIG_free);
  BIGNUM* r = BN_bin2bn(Bytes(signature), kHalf, nullptr);
  BIGNUM* s = BN_bin2bn(Bytes(signature) + kHalf, kHalf, nullptr);
  if (pair == nullptr || ECDSA_SIG_set0(pair.get(), r, s) != 1) {
    BN_free(r);
    BN_free(s);
    return "";
  }
  unsigned char* der = nullptr;
  const int length = i2d_ECDSA_SIG(pair.get(), &der);
  std::string result(reinterpret_cast<char*>(der), length > 0 ? static_cast<size_t>(length) : 0);
  OPENSSL_free(der);
  return result;
}

// The coordinate `name` of a JSON Web Key; empty unless it has 32 bytes.
std::string Coordinate(const nlohmann::json& jwk, const char* name) {
  const auto found = jwk.find(name);
  if (found == jwk.end() || !found->is_string()) return "";
  const auto bytes = DecodeBase64Url(found->get_ref<const std::string&>());
  return bytes && bytes->size() == kHalf ? *bytes : "";
}

EVP_PKEY* EllipticKey(const std::string& x, const std::string& y) {
  const std::string point = '\x04' + x + y;  // uncompressed
  std::unique_ptr<OSSL_PARAM_BLD, decltype(&OSSL_PARAM_BLD_free)> build(OSSL_PARAM_BLD_new(),
                                                                        OSSL_PARAM_BLD_free);
  OSSL_PARAM_BLD_push_utf8_string(build.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
  OSSL_PARAM_BLD_push_octet_string(build.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                   point.size());
  std::unique_ptr<OSSL_PARAM, decltype(&OSSL_PARAM_free)> parameters(
      OSSL_PARAM_BLD_to_param(build.get()), OSSL_PARAM_free);
  std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr), EVP_PKEY_CTX_free);
  EVP_PKEY* key = nullptr;
  EVP_PKEY_fromdata_init(context.get());
  EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get());
  return key;
}

}  // namespace

void PublicKey::Free::operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }

absl::StatusOr<std::shared_ptr<const PublicKey>> PublicKey::Make(EVP_PKEY* key) {
  Handle handle(key);
  if (key == nullptr) return absl::InvalidArgumentError("is not a public key");
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519) {
    return std::shared_ptr<const PublicKey>(new PublicKey(std::move(handle), false));
  }
  char curve[32] = "";
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
      EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, curve, sizeof(curve),
                                     nullptr) == 1 &&
      absl::string_view(curve) == "prime256v1") {
    return std::shared_ptr<const PublicKey>(new PublicKey(std::move(handle), true));
  }
  return absl::InvalidArgumentError("is neither a P-256 nor an Ed25519 key");
}

absl::StatusOr<std::shared_ptr<const PublicKey>> PublicKey::FromPem(absl::string_view pem) {
  if (absl::StrContains(pem, "PRIVATE KEY")) {
    return absl::InvalidArgumentError(
        "is a private key: it belongs where tokens are signed, and only its public half here");
  }
  std::unique_ptr<BIO, decltype(&BIO_free)> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  return Make(PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr));
}

absl::StatusOr<std::shared_ptr<const PublicKey>> PublicKey::FromJwk(const nlohmann::json& jwk) {
  if (!jwk.is_object()) return absl::InvalidArgumentError("is not a JSON object");
  const auto kind = jwk.find("kty");
  const auto curve = jwk.find("crv");
  const std::string x = Coordinate(jwk, "x");
  if (kind == jwk.end() || curve == jwk.end() || x.empty()) {
    return absl::InvalidArgumentError("lacks kty, crv or x");
  }
  if (*kind == "OKP" && *curve == "Ed25519") {
    return Make(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, Bytes(x), x.size()));
  }
  const std::string y = Coordinate(jwk, "y");
  if (*kind == "EC" && *curve == "P-256" && !y.empty()) return Make(EllipticKey(x, y));
  return absl::InvalidArgumentError("is neither a P-256 nor an Ed25519 key");
}

bool PublicKey::Verify(absl::string_view message, absl::string_view signature) const {
  if (signature.size() != kSignatureBytes) return false;
  const std::string der = elliptic_ ? DerSignature(signature) : "";
  if (elliptic_) signature = der;
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                  EVP_MD_CTX_free);
  return EVP_DigestVerifyInit(context.get(), nullptr, elliptic_ ? EVP_sha256() : nullptr, nullptr,
                              key_.get()) == 1 &&
         EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), Bytes(message),
                          message.size()) == 1;
}

bool PublicKey::operator==(const PublicKey& other) const {
  return EVP_PKEY_eq(key_.get(), other.key_.get()) == 1;
}

}  // namespace tallystick
