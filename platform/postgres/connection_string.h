// Where a database is and who we are there.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace tallystick::postgres {

// `url`, a libpq connection string or URI, with the password that stands in `password_file` (its
// first line), if that is given. INVALID_ARGUMENT when `url` cannot be read or has a password
// itself, or when the file cannot be read.
absl::StatusOr<std::string> WithPassword(const std::string& url, const std::string& password_file);

}  // namespace tallystick::postgres
