// What is still to be asked, so that the rules compare equal revisions. Pure.
#pragma once

#include "client-cli/trade/view.h"

namespace tallystick {

// The revisions that are still to be asked for, so that every comparison is one of equal revisions.
struct Questions {
  std::optional<int64_t> order;
  std::optional<int64_t> payment;
  std::optional<int64_t> delivery;

  bool any() const { return order || payment || delivery; }
};
Questions NextQuestions(const TradeView& view);

// Takes in the answers to those, which stand in the view's `…_then`: where one is of a later
// revision than the first answer, the two change places.
void TakeNewer(TradeView& view);

}  // namespace tallystick
