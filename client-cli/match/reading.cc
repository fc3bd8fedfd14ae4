#include "client-cli/match/reading.h"

#include "platform/trade/rollup.h"

namespace tallystick {
namespace {

// The first of `candidates` that has the revision; null when none has.
template <typename Status>
const Status* AtRevision(int64_t revision, const Answer<Status>& now, const Answer<Status>& then) {
  for (const Answer<Status>* answer : {&now, &then}) {
    if (answer->get() != nullptr && answer->status.revision == revision) return answer->get();
  }
  return nullptr;
}

}  // namespace

Reading::Reading(const TradeView& view, const MatchSettings& settings, absl::Time now)
    : view(view),
      settings(settings),
      now(now),
      contents(view.contents),
      order(view.order.get()),
      payment(view.payment.get()),
      delivery(view.delivery.get()),
      word(view.shops_word.get()) {
  if (word != nullptr) {
    const OrderStatus* own = AtRevision(word->order.revision, view.order, view.order_then);
    order_cut = own != nullptr ? own : &word->order;
  } else {
    order_cut = order;
  }
  if (order_cut == nullptr) return;
  payment_cut = AtRevision(order_cut->payment_revision, view.payment, view.payment_then);
  delivery_cut = AtRevision(order_cut->delivery_revision, view.delivery, view.delivery_then);

  const auto ahead = [&](const char* service, const StatusHeader* own, int64_t heard_of,
                         Sight sight) {
    if (own == nullptr || own->revision <= heard_of) return;
    lags.push_back({Lag::kAheadOfShop, service, SaturatedSubtract(own->revision, heard_of),
                    view.sightings.SinceBeyond(sight, heard_of, now)});
  };
  ahead("payment", payment, order_cut->payment_revision, Sight::kPaymentRevision);
  ahead("delivery", delivery, order_cut->delivery_revision, Sight::kDeliveryRevision);
  const auto behind = [&](const char* service, const auto* own, int64_t sent, Sight sight) {
    const int64_t applied = own == nullptr ? 0 : own->instructions_applied;
    if (own == nullptr || applied >= sent) return;
    lags.push_back({Lag::kBehindShop, service, SaturatedSubtract(sent, applied),
                    view.sightings.SinceBeyond(sight, applied, now)});
  };
  behind("payment", payment, order_cut->payment_instructions, Sight::kPaymentInstructions);
  behind("delivery", delivery, order_cut->delivery_instructions, Sight::kDeliveryInstructions);

  in_step = order != nullptr && word != nullptr && order->revision == word->order.revision &&
            payment_cut != nullptr && delivery_cut != nullptr && payment == payment_cut &&
            delivery == delivery_cut && lags.empty();
}

}  // namespace tallystick
