// UUIDs (RFC 9562): request ids are version 7, trading ids version 8.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include "absl/strings/string_view.h"

#include "absl/time/time.h"

namespace tallystick {

struct Uuid {
  std::array<uint8_t, 16> bytes{};

  friend auto operator<=>(const Uuid&, const Uuid&) = default;
  bool IsNil() const { return *this == Uuid{}; }
  std::string ToString() const;  // lower case with hyphens
  absl::string_view AsBytes() const {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  template <typename H>
  friend H AbslHashValue(H h, const Uuid& id) {
    return H::combine(std::move(h), id.bytes);
  }
};

// Reads the 36-character form, either case; nullopt for anything else.
std::optional<Uuid> ParseUuid(absl::string_view text);

// From 16 bytes; the nil id for any other number of them.
Uuid UuidFromBytes(absl::string_view bytes);

// A new random version 7 UUID with the time of `now`.
Uuid NewUuidV7(absl::Time now);

// The trading id of an order: version 8. The time of a version 7 request id stands in the first 48
// bits, so that index pages stay local; the rest is a keyed hash of (buyer, request id), so that a
// repeated order meets the same primary key and nobody can guess another's. A request id of another
// version gives no time: then all bits are hash. `key` is the shop's secret of 32 bytes.
Uuid TradingIdFor(absl::string_view key, absl::string_view buyer, const Uuid& request_id);

}  // namespace tallystick
