#include "platform/money/money.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"

namespace tallystick {
namespace {

constexpr std::array<absl::string_view, 17> kNoMinorUnit = {
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG",
    "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"};
constexpr std::array<absl::string_view, 7> kThreeDigits = {"BHD", "IQD", "JOD", "KWD",
                                                           "LYD", "OMR", "TND"};

int64_t PowerOfTen(int digits) {
  int64_t power = 1;
  for (int i = 0; i < digits; ++i) power *= 10;
  return power;
}

std::string FormatWith(const Money& money, bool grouped) {
  const int digits = MinorUnitDigits(money.currency);
  // Unsigned, so that the smallest int64 has an absolute value.
  const uint64_t absolute =
      money.minor < 0 ? 0 - static_cast<uint64_t>(money.minor) : static_cast<uint64_t>(money.minor);
  const auto scale = static_cast<uint64_t>(PowerOfTen(digits));
  std::string whole = absl::StrCat(absolute / scale);
  if (grouped) {
    for (int at = static_cast<int>(whole.size()) - 3; at > 0; at -= 3) whole.insert(at, ",");
  }
  std::string text = absl::StrCat(money.minor < 0 ? "-" : "", whole);
  if (digits > 0) {
    std::string fraction = absl::StrCat(absolute % scale);
    absl::StrAppend(&text, ".", std::string(digits - fraction.size(), '0'), fraction);
  }
  return text;
}

}  // namespace

std::optional<int64_t> CheckedAdd(int64_t a, int64_t b) {
  int64_t sum;
  if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
  return sum;
}

std::optional<int64_t> CheckedSubtract(int64_t a, int64_t b) {
  int64_t difference;
  if (__builtin_sub_overflow(a, b, &difference)) return std::nullopt;
  return difference;
}

std::optional<int64_t> CheckedMultiply(int64_t a, int64_t b) {
  int64_t product;
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

std::optional<int64_t> ApplyRate(int64_t amount, int64_t basis_points) {
  const __int128 product = static_cast<__int128>(amount) * basis_points;
  const __int128 rounded = (product + (product < 0 ? -5000 : 5000)) / 10000;
  const auto result = static_cast<int64_t>(rounded);
  if (result != rounded) return std::nullopt;
  return result;
}

int64_t ShareOf(int64_t amount, int64_t part, int64_t whole) {
  return static_cast<int64_t>(static_cast<__int128>(amount) * part / whole);
}

bool IsCurrencyCode(absl::string_view code) {
  return code.size() == 3 &&
         std::all_of(code.begin(), code.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

int MinorUnitDigits(absl::string_view currency) {
  if (std::find(kNoMinorUnit.begin(), kNoMinorUnit.end(), currency) != kNoMinorUnit.end()) return 0;
  if (std::find(kThreeDigits.begin(), kThreeDigits.end(), currency) != kThreeDigits.end()) return 3;
  return 2;
}

// What is no currency code may be anything that a server sent: it is not shown.
std::string FormatMoney(const Money& money) {
  return absl::StrCat(FormatWith(money, true), " ",
                      IsCurrencyCode(money.currency) ? money.currency : "???");
}

std::string FormatAmount(const Money& money) { return FormatWith(money, false); }

absl::StatusOr<Money> ParseAmount(absl::string_view text, absl::string_view currency) {
  const auto invalid = [&](absl::string_view why) {
    return absl::InvalidArgumentError(absl::StrCat("'", text, "' is not an amount: ", why));
  };
  const int digits = MinorUnitDigits(currency);
  absl::string_view rest = text;
  const bool negative = !rest.empty() && rest.front() == '-';
  if (negative) rest.remove_prefix(1);
  const size_t point = rest.find('.');
  const absl::string_view whole = rest.substr(0, point);
  const absl::string_view fraction =
      point == absl::string_view::npos ? absl::string_view() : rest.substr(point + 1);
  if (whole.empty() || (point != absl::string_view::npos && fraction.empty())) {
    return invalid("write it like 12.50");
  }
  if (static_cast<int>(fraction.size()) > digits) {
    return invalid(absl::StrCat(currency, " has ", digits, " decimal places"));
  }
  int64_t minor = 0;
  const std::string all = absl::StrCat(whole, fraction, std::string(digits - fraction.size(), '0'));
  for (const char c : all) {
    if (c < '0' || c > '9') return invalid("write it like 12.50");
    const auto shifted = CheckedMultiply(minor, 10);
    const auto next = shifted ? CheckedAdd(*shifted, c - '0') : std::nullopt;
    if (!next) return invalid("it is too large");
    minor = *next;
  }
  return Money{std::string(currency), negative ? -minor : minor};
}

}  // namespace tallystick
