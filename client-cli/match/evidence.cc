#include "client-cli/match/evidence.h"

#include <algorithm>

#include "platform/trade/rollup.h"

namespace tallystick {
namespace {

constexpr size_t kMostDifferences = 8;
constexpr size_t kExcerptBytes = 100;

}  // namespace

Facts DifferenceFacts(const std::vector<Difference>& differences, absl::string_view who,
                      absl::string_view whom) {
  Facts facts;
  for (size_t i = 0; i < differences.size() && i < kMostDifferences; ++i) {
    const Difference& difference = differences[i];
    facts[difference.name] =
        absl::StrCat(who, ": ", Excerpt(difference.a), "; ", whom, ": ", Excerpt(difference.b));
  }
  if (differences.size() > kMostDifferences) {
    facts["and more"] = Count(static_cast<int64_t>(differences.size() - kMostDifferences), "field");
  }
  // Values can differ where their words do not.
  if (facts.empty()) facts["differs"] = "an absent field from an empty one";
  return facts;
}

std::string Count(int64_t number, absl::string_view what) {
  return absl::StrCat(number, " ", what, number == 1 ? "" : "s");
}

std::string Excerpt(absl::string_view text) {
  if (text.size() <= kExcerptBytes) return std::string(text);
  // Not in the middle of a character.
  size_t end = kExcerptBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return absl::StrCat(text.substr(0, end), "…");
}

bool IsFresh(const Reading& reading, const PaymentStatus& payment,
             const PaymentTransaction& transaction) {
  const Sightings& sightings = reading.view.sightings;
  const absl::Time open = sightings.Since(Sight::kOpenTransaction, transaction.number, reading.now);
  absl::Time more_to_give_back = sightings.SinceBeyond(
      Sight::kPaymentInstructions, payment.instructions_applied - 1, reading.now);
  for (const PaymentTransaction& taken : payment.transactions) {
    if (!IsCaptured(taken)) continue;
    more_to_give_back =
        std::max(more_to_give_back, sightings.Since(Sight::kCaptured, taken.number, reading.now));
  }
  return reading.now - std::min(open, more_to_give_back) <= reading.settings.refund_grace;
}

bool MayRefundFollow(const Reading& reading, const PaymentStatus& payment) {
  return std::ranges::any_of(payment.transactions, [&](const PaymentTransaction& transaction) {
    const bool moves_money = transaction.type == TransactionType::kCapture ||
                             transaction.type == TransactionType::kRefund;
    return moves_money && IsOpen(transaction) && IsFresh(reading, payment, transaction);
  });
}

}  // namespace tallystick
