// Structured logs on stderr, as text or JSON, one line an event. Never put a token, a key, an
// address or a payment method into a field.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace tallystick::log {

struct Options {
  std::string service;          // stands in every line
  std::string level = "info";   // debug, info, warn, error
  std::string format = "text";  // or json
  bool access = false;          // see Access
};

// Call once, before any other thread starts. InvalidArgument for an unknown level. Lines are
// written by a thread of their own; when it cannot keep up the oldest are dropped.
absl::Status Start(const Options& options);

// From now on. InvalidArgument for an unknown level. Thread-safe.
absl::Status SetLevel(const std::string& level);

// Writes out what is queued.
void Stop();

using Field = std::pair<absl::string_view, absl::string_view>;
using Fields = std::initializer_list<Field>;

// A line of the access log, of level info: one a call, and one a message within a call. Nothing is
// written when the options do not ask for it.
bool LogsAccess();
void Access(absl::string_view event, absl::Span<const Field> fields);

// The usual fields: "trading_id", "request_id", "trace_id", "rpc", "reason". Thread-safe, never
// blocks.
void Debug(absl::string_view event, Fields fields = {});
void Info(absl::string_view event, Fields fields = {});
void Warn(absl::string_view event, Fields fields = {});
void Error(absl::string_view event, Fields fields = {});

}  // namespace tallystick::log
