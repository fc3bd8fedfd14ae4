// What a text field of a request may hold. Pure; used by the servers and, before sending, by the
// client.
#pragma once

#include "absl/strings/string_view.h"

#include "absl/status/status.h"

namespace tallystick {

bool IsValidUtf8(absl::string_view text);

// Of ASCII and of C1, U+0080 to U+009F, which some terminals obey.
bool HasControlCharacters(absl::string_view text);

// 12 to 19 digits that pass the Luhn check, in one group or in several with spaces, hyphens or dots
// between them: a payment card's number, which is never accepted anywhere.
bool ContainsCardNumber(absl::string_view text);

// 1 to 64 characters out of A–Z a–z 0–9 - _ .
bool IsSku(absl::string_view text);

// Whether `address` is host:port and nothing else: a name, an IPv4 address or an IPv6 one [in
// brackets]. gRPC itself would take paths of sockets, other resolvers, and lists.
bool IsHostPort(absl::string_view address);

// INVALID_FIELD naming `field` when `text` is longer than `max_bytes`, is not UTF-8, has control
// characters or a card number, or is empty though `required`.
absl::Status CheckText(absl::string_view field, absl::string_view text, size_t max_bytes,
                       bool required);

}  // namespace tallystick
