// A status with a machine-readable reason and its values: OUT_OF_STOCK {sku, requested, available}.
// Pure: domain code uses it, and platform/transport carries it over the wire as
// google.rpc.ErrorInfo.
#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <utility>
#include "absl/strings/string_view.h"

#include "absl/status/status.h"

namespace tallystick {

struct ErrorDetail {
  std::string reason;  // UPPER_SNAKE_CASE; empty when the status has none
  std::map<std::string, std::string> values;
};

// `message` is a sentence that says what is wrong and what to do.
absl::Status MakeError(absl::StatusCode code, absl::string_view reason, absl::string_view message,
                       const std::map<std::string, std::string>& values = {});

// INVALID_ARGUMENT, reason INVALID_FIELD {field}: what every check of a request's field answers.
absl::Status InvalidField(absl::string_view field, absl::string_view message);

// NOT_FOUND, reason TRADE_NOT_FOUND. The same for a trade that does not exist and for somebody
// else's, so it carries no values.
absl::Status TradeNotFound();

ErrorDetail GetErrorDetail(const absl::Status& status);

}  // namespace tallystick
