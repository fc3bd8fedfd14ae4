#include "platform/calls/item_outcomes.h"

#include <numeric>

namespace tallystick::rpc {
namespace {

// The server's failures; then what another time may work; what is left is the request's own fault.
constexpr absl::StatusCode kByWeight[] = {
    absl::StatusCode::kDataLoss,         absl::StatusCode::kInternal,
    absl::StatusCode::kUnknown,          absl::StatusCode::kUnavailable,
    absl::StatusCode::kDeadlineExceeded, absl::StatusCode::kAborted,
    absl::StatusCode::kResourceExhausted};

}  // namespace

size_t ItemOutcomes::all() const {
  return std::accumulate(counts_.begin(), counts_.end(), size_t{0});
}

absl::StatusCode ItemOutcomes::worst() const {
  for (const absl::StatusCode code : kByWeight) {
    if (counts_[static_cast<size_t>(code)] > 0) return code;
  }
  for (size_t code = kCodes - 1; code > 0; --code) {
    if (counts_[code] > 0) return static_cast<absl::StatusCode>(code);
  }
  return absl::StatusCode::kOk;
}

}  // namespace tallystick::rpc
