// What became of the items of one call that answers many requests one by one: such a call succeeds
// though each of them fails.
#pragma once

#include <array>
#include <cstddef>

#include "absl/status/status.h"

namespace tallystick::rpc {

// All codes that gRPC has, by number.
inline constexpr size_t kCodes = 17;

// Not thread-safe.
class ItemOutcomes {
 public:
  void Count(const absl::Status& status) { ++counts_[static_cast<size_t>(status.code())]; }

  const std::array<size_t, kCodes>& counts() const { return counts_; }
  size_t all() const;
  size_t failed() const { return all() - counts_[0]; }
  // Of those that were counted the code that whoever runs the server has most reason to look at;
  // kOk if none failed.
  absl::StatusCode worst() const;

 private:
  std::array<size_t, kCodes> counts_{};
};

}  // namespace tallystick::rpc
