#include "platform/postgres/connection_string.h"

#include <libpq-fe.h>

#include <fstream>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace tallystick::postgres {
namespace {

std::string Part(absl::string_view name, absl::string_view value) {
  return absl::StrCat(name, "='", absl::StrReplaceAll(value, {{"\\", "\\\\"}, {"'", "\\'"}}), "' ");
}

}  // namespace

absl::StatusOr<std::string> WithPassword(const std::string& url, const std::string& password_file) {
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      PQconninfoParse(url.c_str(), nullptr), PQconninfoFree);
  if (options == nullptr) {
    return absl::InvalidArgumentError("--database-url is not a libpq connection string");
  }
  std::string result;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    const absl::string_view name = option->keyword;
    if (name == "password" || name == "sslpassword") {
      return absl::InvalidArgumentError(
          "--database-url has a password, which others could read there: put it into a file and "
          "give that with --database-password-file");
    }
    absl::StrAppend(&result, Part(name, option->val));
  }
  if (password_file.empty()) return result;
  std::ifstream file(password_file);
  std::string password;
  if (!std::getline(file, password) || password.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(password_file, ": no password can be read"));
  }
  return absl::StrCat(result, Part("password", password));
}

}  // namespace tallystick::postgres
