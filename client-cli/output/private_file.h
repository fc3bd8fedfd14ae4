// Files that only their owner may read: what the ledger holds is nobody else's business.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace tallystick {

// Makes a new file. FAILED_PRECONDITION when there is one already, or it cannot be written.
absl::Status WriteNewFile(const std::string& path, absl::string_view text);

// Puts a file in the place of the one that is there, if there is one: as a whole, or not at all.
// FAILED_PRECONDITION when it cannot be written.
absl::Status ReplaceFile(const std::string& path, absl::string_view text);

}  // namespace tallystick
