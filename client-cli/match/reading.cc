#include "client-cli/match/reading.h"

#include <algorithm>
#include <limits>
#include <utility>

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

// What the shop's account says of a service; 0 when it has not heard of it.
template <typename Status>
int64_t RevisionOf(const std::optional<Status>& status) {
  return status ? status->revision : 0;
}

// The revision to ask a service for, when it has answered another.
template <typename Status>
std::optional<int64_t> Wanted(int64_t revision, const Answer<Status>& now) {
  if (revision <= 0 || now.kind == Answer<Status>::kUnreachable) return std::nullopt;
  if (now.kind == Answer<Status>::kNotAsked) return std::nullopt;
  if (now.get() != nullptr && now.status.revision == revision) return std::nullopt;
  return revision;
}

template <typename Status>
void Newer(Answer<Status>& now, Answer<Status>& then) {
  then.at_revision = true;
  if (then.get() == nullptr) return;
  // What was asked for at a revision says nothing about any time after the first question.
  const absl::Time asked = now.ask_time;
  if (now.get() == nullptr) now = then;
  if (then.status.revision > now.status.revision) std::swap(now, then);
  now.ask_time = asked;
}

}  // namespace

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
  const auto header = [&](Sight what, const StatusHeader* status) {
    if (status != nullptr) sights.emplace_back(what, status->revision);
  };
  header(Sight::kOrderRevision, view.order.get());
  header(Sight::kPaymentRevision, view.payment.get());
  header(Sight::kDeliveryRevision, view.delivery.get());
  if (const OrderStatus* order = view.order.get()) {
    sights.emplace_back(Sight::kPaymentInstructions, order->payment_instructions);
    sights.emplace_back(Sight::kDeliveryInstructions, order->delivery_instructions);
  }
  if (const PaymentStatus* payment = view.payment.get()) {
    for (const PaymentTransaction& transaction : payment->transactions) {
      if (IsOpen(transaction)) sights.emplace_back(Sight::kOpenTransaction, transaction.number);
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

Questions NextQuestions(const TradeView& view) {
  Questions questions;
  if (const TradingStatus* word = view.shops_word.get()) {
    questions.order = Wanted(word->order.revision, view.order);
    questions.payment = Wanted(RevisionOf(word->payment), view.payment);
    questions.delivery = Wanted(RevisionOf(word->delivery), view.delivery);
  } else if (const OrderStatus* order = view.order.get()) {
    questions.payment = Wanted(order->payment_revision, view.payment);
    questions.delivery = Wanted(order->delivery_revision, view.delivery);
  }
  return questions;
}

void TakeNewer(TradeView& view) {
  Newer(view.order, view.order_then);
  Newer(view.payment, view.payment_then);
  Newer(view.delivery, view.delivery_then);
}

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
