// What the error of a call means for what was asked.
#pragma once

#include <cstddef>
#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace tallystick {

// The reason of an UNAVAILABLE that the client itself gives when there is no connection.
inline constexpr char kNotConnected[] = "NOT_CONNECTED";
// And of the INVALID_ARGUMENT that it makes of orders that the server does not read for their size.
inline constexpr char kOrderTooLarge[] = "ORDER_TOO_LARGE";

// True for errors after which the outcome is unknown or the service may work later.
bool IsUnreachable(const absl::Status& status);

// True for a "no" that is the shop's own: it has a reason, which what lies between does not give.
bool IsRefusal(const absl::Status& status);

// True when a refusal answers what was asked, for good: it is about that, and not about who asks.
bool IsFinal(const absl::Status& status);

// True for errors that are about who asks.
bool IsNotAllowed(const absl::Status& status);

// True when what was sent has certainly not been acted on: there was no connection to send it over,
// or the server did not let the caller in.
bool IsUndelivered(const absl::Status& status);

// How long the server asks to be left alone before the same call again; nullopt when it does not
// say so. What was answered like that had no effect. Never negative.
std::optional<absl::Duration> RetryAfter(const absl::Status& status);

// The rest of a batch's answer had no room in one message: to be asked for at once.
bool IsAnswerFull(const absl::Status& status);

// A message is larger than one side takes: the request, or its answer.
bool IsTooLarge(const absl::Status& status);
// It was the request, of `bytes`: nobody has read it.
bool IsRequestTooLarge(const absl::Status& status, size_t bytes);

}  // namespace tallystick
