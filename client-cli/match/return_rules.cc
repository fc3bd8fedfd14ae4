// MONEY-5: what was given back and has arrived is no longer to be paid.
#include <algorithm>

#include "client-cli/match/evidence.h"
#include "client-cli/match/match.h"
#include "platform/trade/rollup.h"
#include "platform/trade/worth.h"

namespace tallystick {
namespace {

// The most that may be kept: everything that has left for good, with the fee.
int64_t MostToKeep(const Reading& reading, const DeliveryStatus& delivery) {
  Worth sum{reading.contents.delivery_fee, reading.contents.delivery_fee};
  for (const Shipment& shipment : delivery.shipments) {
    if (!IsDispatched(shipment) || shipment.state == ShipmentState::kFailed) continue;
    sum += WorthOf(reading.contents, shipment.lines);
  }
  return sum.most;
}

}  // namespace

void CheckReturnsPaid(const Reading& reading, std::vector<Warning>& warnings) {
  const DeliveryStatus* delivery = reading.delivery;
  if (delivery == nullptr) return;
  const MatchSettings& settings = reading.settings;
  Worth back;
  std::string which;
  for (size_t i = 0; i < delivery->returns.size(); ++i) {
    const Return& goods_return = delivery->returns[i];
    if (!IsBack(goods_return)) continue;
    // From the ledger's own first sight, or from an earlier date that delivery itself names.
    absl::Time since =
        reading.view.sightings.Since(Sight::kReturnBack, static_cast<int64_t>(i), reading.now);
    if (goods_return.receive_time) {
      since = std::min(since, *goods_return.receive_time + settings.clock_skew);
    }
    if (reading.now - since <= settings.refund_grace + settings.report_delay) continue;
    back += WorthOfReturn(reading.contents, goods_return.lines, delivery->shipments.size());
    absl::StrAppend(&which, which.empty() ? "" : ", ", Excerpt(goods_return.return_id));
  }
  if (which.empty()) return;
  const auto warn = [&](std::string sentence, std::string what, int64_t is, int64_t at_most) {
    Alarm(warnings, "MONEY-5", std::move(sentence),
          {{"returns", which},
           {std::move(what), reading.Amount(is)},
           {"should be at most", reading.Amount(at_most)}});
  };
  const int64_t most_due = SaturatedSubtract(reading.contents.total, back.least);
  if (reading.order != nullptr && reading.order->due > most_due) {
    warn(absl::StrCat("goods came back, yet the shop still asks for ",
                      reading.Amount(SaturatedSubtract(reading.order->due, most_due)),
                      " of their price"),
         "due", reading.order->due, most_due);
  }
  const PaymentStatus* payment = reading.payment;
  if (payment == nullptr) return;
  const int64_t most_kept = SaturatedSubtract(MostToKeep(reading, *delivery), back.least);
  const int64_t kept = SaturatedSubtract(payment->captured, payment->refunded);
  if (kept > most_kept) {
    warn(absl::StrCat("goods came back, yet ", reading.Amount(SaturatedSubtract(kept, most_kept)),
                      " of their price was not refunded; ask payment for it"),
         "kept", kept, most_kept);
  }
}

}  // namespace tallystick
