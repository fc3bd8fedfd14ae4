// The keys that tokens may be signed with, by key id.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "platform/auth/public_key.h"

namespace tallystick {

using KeySet = std::map<std::string, std::shared_ptr<const PublicKey>, std::less<>>;

// A set with more keys is refused.
inline constexpr size_t kMaxKeys = 100;

// From a folder of public keys, KID.pem each, or from a file that is a JSON Web Key Set (RFC 7517);
// of the latter's keys those are passed over that are neither P-256 nor Ed25519 or not for
// signatures. INVALID_ARGUMENT says which file is wrong and how; NOT_FOUND when there is no key.
absl::StatusOr<KeySet> LoadKeys(const std::string& path);

// The same from the text of a JSON Web Key Set.
absl::StatusOr<KeySet> ReadJwks(const std::string& text);

}  // namespace tallystick
