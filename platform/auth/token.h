// Signed tokens: JSON Web Tokens (RFC 7519) signed with ES256 or EdDSA. Pure: keys and time come
// in.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "platform/auth/caller.h"
#include "platform/auth/key_set.h"

namespace tallystick {

// A longer token is refused unread.
inline constexpr size_t kMaxTokenBytes = 4096;
inline constexpr size_t kMaxSubjectBytes = 200;

struct TokenRules {
  std::string issuer;
  std::string audience;                      // one for all services of a shop
  absl::Duration leeway = absl::Seconds(5);  // clocks may differ by this much
};

struct CheckedToken {
  Caller caller;
  std::string id;    // its `jti`; empty if it has none
  absl::Time begin;  // counts from then…
  absl::Time end;    // …until before then; the leeway is in both
  std::string key_id;
  std::shared_ptr<const PublicKey> key;
};

// UNAUTHENTICATED, reason TOKEN_INVALID, for what is not a token, is signed with no key of `keys`
// or not with that key's own algorithm, or lacks a claim: `sub`, `exp`, or `role` (buyer or
// operator); TOKEN_EXPIRED, TOKEN_NOT_YET_VALID; TOKEN_NOT_FOR_US for another `iss` or `aud`. No
// message repeats anything from the token.
absl::StatusOr<CheckedToken> CheckToken(absl::string_view token, const KeySet& keys,
                                        const TokenRules& rules, absl::Time now);

// OK for a subject that a token may have: what CheckToken takes.
absl::Status CheckSubject(absl::string_view subject);

// OK while `token` counts; TOKEN_EXPIRED or TOKEN_NOT_YET_VALID otherwise.
absl::Status CheckTime(const CheckedToken& token, absl::Time now);

}  // namespace tallystick
