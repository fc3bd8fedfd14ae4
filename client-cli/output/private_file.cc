#include "client-cli/output/private_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace tallystick {
namespace {

// Closes the file, too. Whether all of it has arrived.
bool WriteAll(int file, absl::string_view text) {
  while (!text.empty()) {
    const ssize_t some = write(file, text.data(), text.size());
    if (some <= 0) break;
    text.remove_prefix(static_cast<size_t>(some));
  }
  const bool kept = text.empty() && (fsync(file) == 0 || errno == EINVAL);
  return close(file) == 0 && kept;
}

absl::Status CannotBeWritten(const std::string& path) {
  return absl::FailedPreconditionError(
      absl::StrCat(path, " could not be written; is the disk full?"));
}

}  // namespace

absl::Status WriteNewFile(const std::string& path, absl::string_view text) {
  const int file = open(path.c_str(), O_CREAT | O_WRONLY | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot make ", path, ": it exists already, or you may not write there"));
  }
  return WriteAll(file, text) ? absl::OkStatus() : CannotBeWritten(path);
}

absl::Status ReplaceFile(const std::string& path, absl::string_view text) {
  std::string beside = absl::StrCat(path, ".XXXXXX");
  const int file = mkostemp(beside.data(), O_CLOEXEC);
  if (file < 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot make ", path, ": ", std::strerror(errno)));
  }
  if (WriteAll(file, text) && std::rename(beside.c_str(), path.c_str()) == 0) {
    return absl::OkStatus();
  }
  unlink(beside.c_str());
  return CannotBeWritten(path);
}

}  // namespace tallystick
