// Who is not let in any more, although the token is good: a file with a line for each,
//
//   subject NAME    all tokens of somebody
//   token ID        one token, by its `jti`
//
// `#` begins a line that says nothing.
#pragma once

#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "platform/auth/token.h"

namespace tallystick {

struct Revoked {
  std::set<std::string> subjects;
  std::set<std::string> tokens;

  friend bool operator==(const Revoked&, const Revoked&) = default;
};

// Nobody for an empty path. INVALID_ARGUMENT, naming the file and line, for what cannot be read.
absl::StatusOr<Revoked> LoadRevoked(const std::string& path);

// UNAUTHENTICATED (TOKEN_REVOKED) for a token that is among them.
absl::Status CheckRevoked(const CheckedToken& token, const Revoked& revoked);

}  // namespace tallystick
