// A key that signatures of tokens are checked with.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

typedef struct evp_pkey_st EVP_PKEY;  // OpenSSL's

namespace tallystick {

// Each key has one algorithm, and takes no signature of another: ES256 (ECDSA on P-256 with
// SHA-256) or EdDSA (Ed25519). Immutable; thread-safe.
class PublicKey {
 public:
  // INVALID_ARGUMENT for anything but a public key of these two kinds: a private one, too.
  static absl::StatusOr<std::shared_ptr<const PublicKey>> FromPem(absl::string_view pem);
  // A JSON Web Key (RFC 7517, 8037).
  static absl::StatusOr<std::shared_ptr<const PublicKey>> FromJwk(const nlohmann::json& jwk);

  // As the header `alg` of a token names it.
  absl::string_view algorithm() const { return elliptic_ ? "ES256" : "EdDSA"; }

  // `signature` is of 64 bytes, as tokens carry it.
  bool Verify(absl::string_view message, absl::string_view signature) const;

  bool operator==(const PublicKey& other) const;

 private:
  struct Free {
    void operator()(EVP_PKEY* key) const;
  };
  using Handle = std::unique_ptr<EVP_PKEY, Free>;

  PublicKey(Handle key, bool elliptic) : key_(std::move(key)), elliptic_(elliptic) {}
  static absl::StatusOr<std::shared_ptr<const PublicKey>> Make(EVP_PKEY* key);

  const Handle key_;
  const bool elliptic_;
};

}  // namespace tallystick
