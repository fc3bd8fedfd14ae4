#include "platform/auth/token.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "absl/strings/str_split.h"
#include "platform/auth/base64url.h"
#include "platform/error/error.h"
#include "platform/trade/text.h"

namespace tallystick {
namespace {

using nlohmann::json;

absl::Status Refused(absl::string_view reason, absl::string_view message) {
  return MakeError(absl::StatusCode::kUnauthenticated, reason, message);
}
absl::Status Invalid(absl::string_view message) { return Refused("TOKEN_INVALID", message); }

// One of the token's parts that is JSON; null unless it is an object. Objects are flat or nearly
// so: nesting is cut off, so that no token can exhaust the stack.
json ReadPart(absl::string_view part) {
  const auto text = DecodeBase64Url(part);
  if (!text) return nullptr;
  const auto shallow = [](int depth, json::parse_event_t, json&) { return depth <= 4; };
  json object = json::parse(*text, shallow, /*allow_exceptions=*/false);
  return object.is_object() ? object : json();
}

std::optional<std::string> TextOf(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

// Seconds since 1970, which may have a fraction; nullopt unless it is a sensible number.
std::optional<absl::Time> TimeOf(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number()) return std::nullopt;
  const double seconds = found->get<double>();
  if (!(seconds >= 0 && seconds < 253'402'300'800)) return std::nullopt;  // until the year 9999
  return absl::UnixEpoch() + absl::Seconds(seconds);
}

bool IsFor(const json& claims, const std::string& audience) {
  const auto found = claims.find("aud");
  if (found == claims.end()) return false;
  if (!found->is_array()) return *found == audience;
  for (const json& one : *found) {
    if (one == audience) return true;
  }
  return false;
}

absl::StatusOr<Role> RoleOf(const json& claims) {
  const std::optional<std::string> role = TextOf(claims, "role");
  if (role == "buyer") return Role::kBuyer;
  if (role == "operator") return Role::kOperator;
  return Invalid("the token's role is neither buyer nor operator");
}

absl::StatusOr<CheckedToken> ReadClaims(const json& claims, const TokenRules& rules) {
  if (claims.is_null()) return Invalid("the token's claims cannot be read");
  if (TextOf(claims, "iss") != rules.issuer) {
    return Refused("TOKEN_NOT_FOR_US", "the token is from another issuer");
  }
  if (!IsFor(claims, rules.audience)) {
    return Refused("TOKEN_NOT_FOR_US", "the token is for another shop");
  }
  CheckedToken token;
  const std::optional<std::string> subject = TextOf(claims, "sub");
  if (!subject || !CheckSubject(*subject).ok()) {
    return Invalid("the token's subject is missing, too long or has control characters");
  }
  token.caller.subject = *subject;
  token.id = TextOf(claims, "jti").value_or("");
  const absl::StatusOr<Role> role = RoleOf(claims);
  if (!role.ok()) return role.status();
  token.caller.role = *role;
  const std::optional<absl::Time> expiry = TimeOf(claims, "exp");
  if (!expiry) return Invalid("the token has no expiry");
  token.end = *expiry + rules.leeway;
  token.begin = absl::InfinitePast();
  if (claims.contains("nbf")) {
    const std::optional<absl::Time> begin = TimeOf(claims, "nbf");
    if (!begin) return Invalid("the token's nbf is not a time");
    token.begin = *begin - rules.leeway;
  }
  return token;
}

}  // namespace

absl::Status CheckSubject(absl::string_view subject) {
  return CheckText("subject", subject, kMaxSubjectBytes, true);
}

absl::Status CheckTime(const CheckedToken& token, absl::Time now) {
  if (now >= token.end) {
    return Refused("TOKEN_EXPIRED", "the token has expired; get a new one from who issued it");
  }
  if (now < token.begin) {
    return Refused("TOKEN_NOT_YET_VALID", "the token does not count yet; are the clocks right?");
  }
  return absl::OkStatus();
}

absl::StatusOr<CheckedToken> CheckToken(absl::string_view token, const KeySet& keys,
                                        const TokenRules& rules, absl::Time now) {
  if (token.size() > kMaxTokenBytes) return Invalid("the token is too long");
  const std::vector<absl::string_view> parts = absl::StrSplit(token, '.');
  if (parts.size() != 3) return Invalid("this is not a signed token (JWT)");
  const json header = ReadPart(parts[0]);
  if (header.is_null()) return Invalid("the token's header cannot be read");
  // Extensions that must be understood are not.
  if (header.contains("crit")) return Invalid("the token's header asks for extensions");
  const std::optional<std::string> key_id = TextOf(header, "kid");
  const auto key = key_id ? keys.find(*key_id) : keys.end();
  if (key == keys.end()) return Invalid("the token is signed with a key that is not known here");
  // The key decides: a token cannot choose how it is checked.
  if (TextOf(header, "alg") != std::string(key->second->algorithm())) {
    return Invalid("the token's algorithm is not its key's");
  }
  const std::optional<std::string> signature = DecodeBase64Url(parts[2]);
  if (!signature ||
      !key->second->Verify(token.substr(0, parts[0].size() + 1 + parts[1].size()), *signature)) {
    return Invalid("the token's signature is wrong");
  }
  absl::StatusOr<CheckedToken> checked = ReadClaims(ReadPart(parts[1]), rules);
  if (!checked.ok()) return checked;
  const absl::Status time = CheckTime(*checked, now);
  if (!time.ok()) return time;
  checked->key_id = key->first;
  checked->key = key->second;
  return checked;
}

}  // namespace tallystick
