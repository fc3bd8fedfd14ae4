// What the error of a call means for what was asked.
#pragma once

#include <cstddef>
#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace tallystick {

// True for errors after which the outcome is unknown or the service may work later.
bool IsUnreachable(const absl::Status& status);

// True for a "no" that is the shop's own: it has a reason, which what lies between does not give.
bool IsRefusal(const absl::Status& status);

// How long the server asks to be left alone before the same call again; nullopt when it does not
// say so. What was answered like that had no effect. Never negative.
std::optional<absl::Duration> RetryAfter(const absl::Status& status);

// A message is larger than one side takes: the request, or its answer.
bool IsTooLarge(const absl::Status& status);
// It was the request, of `bytes`: nobody has read it.
bool IsRequestTooLarge(const absl::Status& status, size_t bytes);

}  // namespace tallystick
