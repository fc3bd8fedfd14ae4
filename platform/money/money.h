// Money: exact amounts in a currency's minor units. A leaf: everything may include it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include "absl/strings/string_view.h"

#include "absl/status/statusor.h"

namespace tallystick {

// An amount of one currency. `currency` is ISO 4217, three capital letters.
struct Money {
  std::string currency;
  int64_t minor = 0;

  friend bool operator==(const Money&, const Money&) = default;
};

// Sums and products that refuse to overflow: nullopt instead of a wrong number.
std::optional<int64_t> CheckedAdd(int64_t a, int64_t b);
std::optional<int64_t> CheckedSubtract(int64_t a, int64_t b);
std::optional<int64_t> CheckedMultiply(int64_t a, int64_t b);

// `amount` × `basis_points` / 10000, rounded half up (half away from zero for negative amounts).
// Nullopt when the result does not fit.
std::optional<int64_t> ApplyRate(int64_t amount, int64_t basis_points);

// The share of `amount` that the first `part` of `whole` pieces carry, rounded down; the shares of
// consecutive parts, taken as differences, add up to `amount` exactly.
// Requires amount >= 0 and 0 <= part <= whole, whole > 0.
int64_t ShareOf(int64_t amount, int64_t part, int64_t whole);

// True for three capital letters. Which currencies exist is for the shop to say.
bool IsCurrencyCode(absl::string_view code);

// How many decimal places the currency's minor unit has: 2 for USD, 0 for JPY, 3 for KWD.
int MinorUnitDigits(absl::string_view currency);

// "1,234.50 USD".
std::string FormatMoney(const Money& money);

// "1234.50": no grouping, no currency; what a CSV or JSON reader takes.
std::string FormatAmount(const Money& money);

// Reads "12.5", "12.50" or "12" as an amount of `currency`. InvalidArgument with a sentence when it
// is no number, has too many decimal places or does not fit.
absl::StatusOr<Money> ParseAmount(absl::string_view text, absl::string_view currency);

}  // namespace tallystick
