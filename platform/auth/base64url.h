// Base64 as tokens and JSON Web Keys use it (RFC 4648 section 5, without padding).
#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace tallystick {

std::string EncodeBase64Url(absl::string_view bytes);

// Nullopt for anything but the one canonical form: no padding, no blanks, no spare bits.
std::optional<std::string> DecodeBase64Url(absl::string_view text);

}  // namespace tallystick
