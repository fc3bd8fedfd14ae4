// The private key that tokens are signed with. Servers never have it: it belongs to whoever issues
// tokens, for which `tally-keys` stands in where there is no identity provider.
#pragma once

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

typedef struct evp_pkey_st EVP_PKEY;  // OpenSSL's

namespace tallystick {

enum class KeyKind { kP256, kEd25519 };

class SigningKey {
 public:
  static SigningKey Generate(KeyKind kind);
  static absl::StatusOr<SigningKey> FromPem(absl::string_view pem);

  std::string PrivatePem() const;
  std::string PublicPem() const;
  // From the public half alone: the same wherever it is computed.
  std::string KeyId() const;

  // A token (JWT) of these claims, with this key's id and algorithm.
  std::string Sign(const nlohmann::json& claims) const;

 private:
  explicit SigningKey(std::shared_ptr<EVP_PKEY> key) : key_(std::move(key)) {}
  bool elliptic() const;

  std::shared_ptr<EVP_PKEY> key_;
};

}  // namespace tallystick
