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
    : ThreeOf{view.order.get(), view.payment.get(), view.delivery.get()},
      view(view),
      settings(settings),
      now(now),
      contents(view.contents),
      word(view.shops_word.get()) {
  if (word != nullptr) {
    const OrderStatus* own = AtRevision(word->order.revision, view.order, view.then.order);
    cut.order = own != nullptr ? own : &word->order;
  } else {
    cut.order = order;
  }
  if (cut.order == nullptr) return;
  cut.payment = AtRevision(cut.order->payment_revision, view.payment, view.then.payment);
  cut.delivery = AtRevision(cut.order->delivery_revision, view.delivery, view.then.delivery);

  const auto ahead = [&](const char* service, const StatusHeader* own, int64_t heard_of,
                         Sight sight) {
    if (own == nullptr || own->revision <= heard_of) return;
    lags.push_back({Lag::kAheadOfShop, service, SaturatedSubtract(own->revision, heard_of),
                    view.sightings.SinceBeyond(sight, heard_of, now)});
  };
  ahead("payment", payment, cut.order->payment_revision, Sight::kPaymentRevision);
  ahead("delivery", delivery, cut.order->delivery_revision, Sight::kDeliveryRevision);
  const auto behind = [&](const char* service, const auto* own, int64_t sent, Sight sight) {
    const int64_t applied = own == nullptr ? 0 : own->instructions_applied;
    if (own == nullptr || applied >= sent) return;
    lags.push_back({Lag::kBehindShop, service, SaturatedSubtract(sent, applied),
                    view.sightings.SinceBeyond(sight, applied, now)});
  };
  behind("payment", payment, cut.order->payment_instructions, Sight::kPaymentInstructions);
  behind("delivery", delivery, cut.order->delivery_instructions, Sight::kDeliveryInstructions);

  in_step = order != nullptr && word != nullptr && order->revision == word->order.revision &&
            cut.payment != nullptr && cut.delivery != nullptr && payment == cut.payment &&
            delivery == cut.delivery && lags.empty();
}

}  // namespace tallystick
