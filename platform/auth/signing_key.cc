#include "platform/auth/signing_key.h"

#include <openssl/bio.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sodium.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "platform/auth/base64url.h"

namespace tallystick {
namespace {

constexpr int kNumberBytes = 32;

template <typename Write>
std::string Pem(Write write) {
  std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
  write(bio.get());
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<size_t>(length));
}

// OpenSSL gives DER; tokens carry r and s side by side.
std::string RawSignature(const std::string& der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> pair(
      d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())), ECDSA_SIG_free);
  std::string raw(2 * kNumberBytes, '\0');
  auto* out = reinterpret_cast<unsigned char*>(raw.data());
  BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), out, kNumberBytes);
  BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), out + kNumberBytes, kNumberBytes);
  return raw;
}

}  // namespace

SigningKey SigningKey::Generate(KeyKind kind) {
  EVP_PKEY* key =
      kind == KeyKind::kP256 ? EVP_EC_gen("P-256") : EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  return SigningKey(std::shared_ptr<EVP_PKEY>(key, EVP_PKEY_free));
}

absl::StatusOr<SigningKey> SigningKey::FromPem(absl::string_view pem) {
  std::unique_ptr<BIO, decltype(&BIO_free)> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr);
  const std::shared_ptr<EVP_PKEY> held(key, EVP_PKEY_free);
  if (key == nullptr ||
      (EVP_PKEY_get_base_id(key) != EVP_PKEY_ED25519 && EVP_PKEY_get_base_id(key) != EVP_PKEY_EC)) {
    return absl::InvalidArgumentError("is no private key for ES256 or EdDSA");
  }
  return SigningKey(held);
}

std::string SigningKey::PrivatePem() const {
  return Pem([this](BIO* bio) {
    PEM_write_bio_PKCS8PrivateKey(bio, key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
}

std::string SigningKey::PublicPem() const {
  return Pem([this](BIO* bio) { PEM_write_bio_PUBKEY(bio, key_.get()); });
}

std::string SigningKey::KeyId() const {
  const std::string pem = PublicPem();
  unsigned char digest[32];
  crypto_generichash(digest, sizeof(digest), reinterpret_cast<const unsigned char*>(pem.data()),
                     pem.size(), nullptr, 0);
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<char*>(digest), 8));
}

bool SigningKey::elliptic() const { return EVP_PKEY_get_base_id(key_.get()) == EVP_PKEY_EC; }

std::string SigningKey::Sign(const nlohmann::json& claims) const {
  const nlohmann::json header = {
      {"alg", elliptic() ? "ES256" : "EdDSA"}, {"typ", "JWT"}, {"kid", KeyId()}};
  const std::string message =
      absl::StrCat(EncodeBase64Url(header.dump()), ".", EncodeBase64Url(claims.dump()));
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                  EVP_MD_CTX_free);
  EVP_DigestSignInit(context.get(), nullptr, elliptic() ? EVP_sha256() : nullptr, nullptr,
                     key_.get());
  const auto* bytes = reinterpret_cast<const unsigned char*>(message.data());
  size_t length = 0;
  EVP_DigestSign(context.get(), nullptr, &length, bytes, message.size());
  std::string signature(length, '\0');
  EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &length, bytes,
                 message.size());
  signature.resize(length);
  if (elliptic()) signature = RawSignature(signature);
  return absl::StrCat(message, ".", EncodeBase64Url(signature));
}

}  // namespace tallystick
