#include "platform/auth/revoked.h"

#include <fstream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "platform/error/error.h"

namespace tallystick {

absl::StatusOr<Revoked> LoadRevoked(const std::string& path) {
  Revoked revoked;
  if (path.empty()) return revoked;
  std::ifstream file(path);
  if (!file) return absl::InvalidArgumentError(absl::StrCat(path, ": cannot be read"));
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    absl::string_view words = absl::StripAsciiWhitespace(line);
    if (words.empty() || words.front() == '#') continue;
    std::set<std::string>* of = nullptr;
    if (absl::ConsumePrefix(&words, "subject ")) of = &revoked.subjects;
    if (of == nullptr && absl::ConsumePrefix(&words, "token ")) of = &revoked.tokens;
    if (of == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ", line ", number, ": give `subject NAME` or `token ID`"));
    }
    of->emplace(absl::StripAsciiWhitespace(words));
  }
  if (file.bad()) return absl::InvalidArgumentError(absl::StrCat(path, ": cannot be read"));
  return revoked;
}

absl::Status CheckRevoked(const CheckedToken& token, const Revoked& revoked) {
  if (!revoked.subjects.contains(token.caller.subject) && !revoked.tokens.contains(token.id)) {
    return absl::OkStatus();
  }
  return MakeError(absl::StatusCode::kUnauthenticated, "TOKEN_REVOKED",
                   "the token was revoked by who issued it");
}

}  // namespace tallystick
