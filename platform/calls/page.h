// Lists that are read page by page.
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "platform/error/error.h"

namespace tallystick::rpc {

inline constexpr int kDefaultPageSize = 100;
inline constexpr int kMaxPageSize = 1000;

// INVALID_FIELD unless 1 to kMaxPageSize; 0 is the default.
inline absl::StatusOr<int> ReadPageSize(int page_size) {
  if (page_size == 0) return kDefaultPageSize;
  if (page_size >= 1 && page_size <= kMaxPageSize) return page_size;
  return InvalidField("page_size",
                      absl::StrCat("give 1 to ", kMaxPageSize, ", or 0 for ", kDefaultPageSize));
}

}  // namespace tallystick::rpc
