// Why there was no answer, as a buyer would say it: what gRPC and the libraries under it call it is
// for programs, and for those who look closer.
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace tallystick {

// Who was asked.
struct Callee {
  std::string shop;     // what the buyer calls it
  std::string service;  // "shopping", "payment", "delivery"
  std::string address;
};

// A failure notes who was asked; what it says and means stays.
absl::Status Noting(absl::Status status, const Callee& asked);
std::optional<Callee> CalleeOf(const absl::Status& status);

// "nothing listens there (connection refused)", by what gRPC says; empty for other messages.
std::string CauseWords(absl::string_view message);

// What went wrong, with whom and where, in a sentence; the status's own message where that was
// written for people.
std::string FailureWords(const absl::Status& status);

// The command that helps; empty when none is known.
std::string NextStep(const absl::Status& status);

}  // namespace tallystick
