// Files that others must not read or change: secrets, and what is trusted.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace tallystick {

enum class FileGuard {
  kForOwner,        // nobody else may read or write it
  kWrittenByOwner,  // others may read it
};

// Of a file that a server is given, and leaves as it is. FAILED_PRECONDITION, with what to do, when
// others may do more than `guard` says. What is kForOwner has to be the server's own or root's;
// root's may be read by its group, which is how a server gets at it.
absl::Status CheckGuarded(const std::string& path, FileGuard guard);

// Opens a file that exists, or, with `create`, makes an empty one that only its owner may read.
// What it allows others beyond `guard` is taken from them; FAILED_PRECONDITION when that cannot be
// done, or when it is no regular file, which might never be read to its end. Gives the descriptor.
absl::StatusOr<int> OpenGuarded(const std::string& path, FileGuard guard, bool create);

// The whole of such a file. FAILED_PRECONDITION also when it cannot be read or is longer.
absl::StatusOr<std::string> ReadGuardedFile(const std::string& path, FileGuard guard,
                                            size_t max_bytes);

// The whole of a file, whoever may read or change it. FAILED_PRECONDITION when it cannot be read,
// is no regular file or is longer.
absl::StatusOr<std::string> ReadRegularFile(const std::string& path, size_t max_bytes);

}  // namespace tallystick
