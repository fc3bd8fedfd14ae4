#include "client-cli/match/questions.h"

#include <utility>

namespace tallystick {
namespace {

// What the shop's account says of a service; 0 when it has not heard of it.
template <typename Status>
int64_t RevisionOf(const std::optional<Status>& status) {
  return status ? status->revision : 0;
}

// The revision to ask a service for, when it has answered another.
template <typename Status>
std::optional<int64_t> Wanted(int64_t revision, const Answer<Status>& now) {
  if (revision <= 0 || now.unreachable()) return std::nullopt;
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
  ForEachSide([](Side, auto& now, auto& then) { Newer(now, then); }, view, view.then);
}

}  // namespace tallystick
