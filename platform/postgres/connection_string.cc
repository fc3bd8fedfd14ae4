#include "platform/postgres/connection_string.h"

#include <libpq-fe.h>

#include <fstream>
#include <map>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace tallystick::postgres {
namespace {

using Parts = std::map<std::string, std::string>;

absl::StatusOr<Parts> Parse(const std::string& url) {
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      PQconninfoParse(url.c_str(), nullptr), PQconninfoFree);
  if (options == nullptr) {
    return absl::InvalidArgumentError("--database-url is not a libpq connection string");
  }
  Parts parts;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr) parts[option->keyword] = option->val;
  }
  return parts;
}

std::string Join(const Parts& parts) {
  std::string joined;
  for (const auto& [name, value] : parts) {
    absl::StrAppend(&joined, name, "='", absl::StrReplaceAll(value, {{"\\", "\\\\"}, {"'", "\\'"}}),
                    "' ");
  }
  return joined;
}

std::string Millis(absl::Duration duration) {
  return absl::StrCat(absl::ToInt64Milliseconds(duration));
}

// Whatever the tables hold, rows are found by their keys. Statements are planned while a table is
// empty and keep their plans; what PostgreSQL would choose then reads all of it, and costs more the
// longer a server is busy. (A plan that has no other way is still made, and is then no reason to
// compile it.)
constexpr char kPlans[] =
    " -c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off"
    " -c enable_mergejoin=off -c jit=off";

}  // namespace

absl::StatusOr<std::string> WithPassword(const std::string& url, const std::string& password_file) {
  absl::StatusOr<Parts> parts = Parse(url);
  if (!parts.ok()) return parts.status();
  if (parts->contains("password") || parts->contains("sslpassword")) {
    return absl::InvalidArgumentError(
        "--database-url has a password, which others could read there: put it into a file and "
        "give that with --database-password-file");
  }
  if (password_file.empty()) return Join(*parts);
  std::ifstream file(password_file);
  std::string password;
  if (!std::getline(file, password) || password.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(password_file, ": no password can be read"));
  }
  (*parts)["password"] = password;
  return Join(*parts);
}

absl::StatusOr<std::string> SessionString(const Database& database, bool durable) {
  absl::StatusOr<Parts> parts = Parse(database.url);
  if (!parts.ok()) return parts.status();
  const Timeouts& timeouts = database.timeouts;
  const int64_t connect_seconds =
      absl::ToInt64Seconds(absl::Ceil(timeouts.connect, absl::Seconds(1)));
  // `emplace`: what the user says stays.
  parts->emplace("connect_timeout", absl::StrCat(connect_seconds));
  parts->emplace("tcp_user_timeout", "10000");
  parts->emplace("keepalives_idle", "5");
  parts->emplace("keepalives_interval", "2");
  parts->emplace("keepalives_count", "3");
  // The later of two options counts.
  std::string& options = (*parts)["options"];
  options = absl::StrCat(
      "-c statement_timeout=", Millis(timeouts.transaction),
      " -c lock_timeout=", Millis(timeouts.lock),
      " -c idle_in_transaction_session_timeout=", Millis(timeouts.transaction),
      " -c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3",
      " -c tcp_user_timeout=10000", kPlans, durable ? "" : " -c synchronous_commit=off", " ",
      options);
  return Join(*parts);
}

}  // namespace tallystick::postgres
