#include "client-cli/trade/view.h"

#include <algorithm>
#include <limits>

namespace tallystick {

absl::Time Sightings::SinceBeyond(Sight what, int64_t number, absl::Time now) const {
  absl::Time since = now;
  for (auto at = first.upper_bound({what, number}); at != first.end() && at->first.first == what;
       ++at) {
    since = std::min(since, at->second);
  }
  return since;
}

absl::Time Sightings::Since(Sight what, int64_t number, absl::Time now) const {
  const auto found = first.find({what, number});
  return found == first.end() ? now : std::min(now, found->second);
}

bool Sightings::AnyBefore(Sight what, absl::Time time) const {
  for (auto at = first.lower_bound({what, std::numeric_limits<int64_t>::min()});
       at != first.end() && at->first.first == what; ++at) {
    if (at->second < time) return true;
  }
  return false;
}

std::vector<std::pair<Sight, int64_t>> SightsOf(const TradeView& view) {
  std::vector<std::pair<Sight, int64_t>> sights;
  const auto add = [&](Side side, const auto& answer) {
    if (answer.get() != nullptr) sights.emplace_back(RevisionSight(side), answer.status.revision);
  };
  ForEachSide(add, view);
  if (const OrderStatus* order = view.order.get()) {
    sights.emplace_back(Sight::kPaymentInstructions, order->payment_instructions);
    sights.emplace_back(Sight::kDeliveryInstructions, order->delivery_instructions);
  }
  if (const PaymentStatus* payment = view.payment.get()) {
    for (const PaymentTransaction& transaction : payment->transactions) {
      if (IsOpen(transaction)) sights.emplace_back(Sight::kOpenTransaction, transaction.number);
      if (IsCaptured(transaction)) sights.emplace_back(Sight::kCaptured, transaction.number);
    }
  }
  if (const DeliveryStatus* delivery = view.delivery.get()) {
    for (size_t i = 0; i < delivery->returns.size(); ++i) {
      if (IsBack(delivery->returns[i])) {
        sights.emplace_back(Sight::kReturnBack, static_cast<int64_t>(i));
      }
    }
  }
  return sights;
}

}  // namespace tallystick
