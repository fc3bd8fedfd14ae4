#include "platform/auth/revoked.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "platform/error/error.h"
#include "platform/process/guarded_file.h"
#include "platform/process/settings_file.h"

namespace tallystick {
namespace {

// A hundred thousand tokens.
constexpr size_t kMostBytes = size_t{8} << 20;

}  // namespace

absl::StatusOr<Revoked> LoadRevoked(const std::string& path) {
  Revoked revoked;
  if (path.empty()) return revoked;
  const absl::StatusOr<std::string> text = ReadRegularFile(path, kMostBytes);
  if (!text.ok()) return absl::InvalidArgumentError(text.status().message());
  int number = 0;
  for (const absl::string_view line : absl::StrSplit(*text, '\n')) {
    ++number;
    absl::string_view words = WithoutComment(line);
    if (words.empty()) continue;
    std::set<std::string>* of = nullptr;
    if (absl::ConsumePrefix(&words, "subject ")) of = &revoked.subjects;
    if (of == nullptr && absl::ConsumePrefix(&words, "token ")) of = &revoked.tokens;
    if (of == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ", line ", number, ": give `subject NAME` or `token ID`"));
    }
    words = absl::StripAsciiWhitespace(words);
    // (A subject may have blanks.)
    if (of == &revoked.tokens && words.find(' ') != words.npos) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ", line ", number, ": a token's ID has no blanks"));
    }
    of->emplace(words);
  }
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
