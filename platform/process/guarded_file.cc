#include "platform/process/guarded_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace tallystick {
namespace {

// (A pipe that nobody writes to would be waited for.)
constexpr int kRead = O_CLOEXEC | O_NONBLOCK | O_RDONLY;

absl::Status Wrong(const std::string& path, absl::string_view what) {
  return absl::FailedPreconditionError(absl::StrCat(path, ": ", what));
}

absl::Status Guard(int file, const std::string& path, FileGuard guard) {
  struct stat status;
  if (fstat(file, &status) != 0) return Wrong(path, std::strerror(errno));
  if (!S_ISREG(status.st_mode)) return Wrong(path, "is not a file");
  const mode_t allowed = guard == FileGuard::kForOwner ? S_IRWXU : S_IRWXU | S_IRGRP | S_IROTH;
  const mode_t mode = status.st_mode & (S_IRWXU | S_IRWXG | S_IRWXO);
  if ((mode & ~allowed) == 0 || fchmod(file, mode & allowed) == 0) return absl::OkStatus();
  return Wrong(path, guard == FileGuard::kForOwner
                         ? "others may read or write it, and it is not yours: chmod 600"
                         : "others may write it, and it is not yours: chmod 644");
}

absl::StatusOr<std::string> ReadAndClose(int file, const std::string& path, size_t max_bytes) {
  std::string text(max_bytes + 1, '\0');
  size_t size = 0;
  ssize_t some = 1;
  while (some > 0 && size < text.size()) {
    some = read(file, text.data() + size, text.size() - size);
    if (some > 0) size += static_cast<size_t>(some);
  }
  const int error = errno;
  close(file);
  if (some < 0) return Wrong(path, std::strerror(error));
  if (size > max_bytes) return Wrong(path, absl::StrCat("is longer than ", max_bytes, " bytes"));
  text.resize(size);
  return text;
}

}  // namespace

absl::Status CheckGuarded(const std::string& path, FileGuard guard) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0) return Wrong(path, std::strerror(errno));
  const mode_t others = status.st_mode & (S_IRWXG | S_IRWXO);
  if (guard == FileGuard::kWrittenByOwner) {
    if ((others & (S_IWGRP | S_IWOTH)) == 0) return absl::OkStatus();
    return Wrong(path, "others may write it, and decide by it who is trusted: chmod go-w");
  }
  const bool own = status.st_uid == geteuid();
  if (!own && status.st_uid != 0) {
    return Wrong(path, "belongs to another user, who may read it: chown it to the server's");
  }
  if ((others & ~(own ? 0 : S_IRGRP)) == 0) return absl::OkStatus();
  return Wrong(path, own ? "others may read or write it: chmod 600"
                         : "others than root and its group may read or write it: chmod 640");
}

absl::StatusOr<int> OpenGuarded(const std::string& path, FileGuard guard, bool create) {
  // A pipe that nobody writes to would be waited for.
  const int flags = O_CLOEXEC | O_NONBLOCK | (create ? O_CREAT | O_RDWR : O_RDONLY);
  const int file = open(path.c_str(), flags, 0600);
  if (file < 0) return Wrong(path, std::strerror(errno));
  const absl::Status guarded = Guard(file, path, guard);
  if (guarded.ok()) return file;
  close(file);
  return guarded;
}

absl::StatusOr<std::string> ReadGuardedFile(const std::string& path, FileGuard guard,
                                            size_t max_bytes) {
  const absl::StatusOr<int> file = OpenGuarded(path, guard, false);
  if (!file.ok()) return file.status();
  return ReadAndClose(*file, path, max_bytes);
}

absl::StatusOr<std::string> ReadRegularFile(const std::string& path, size_t max_bytes) {
  const int file = open(path.c_str(), kRead);
  if (file < 0) return Wrong(path, std::strerror(errno));
  struct stat status;
  if (fstat(file, &status) == 0 && S_ISREG(status.st_mode)) {
    return ReadAndClose(file, path, max_bytes);
  }
  close(file);
  return Wrong(path, "is not a file");
}

}  // namespace tallystick
