// What is still to be asked, so that the rules compare equal revisions. Pure.
#pragma once

#include "client-cli/trade/view.h"

namespace tallystick {

// The revisions that are still to be asked for, so that every comparison is one of equal revisions.
template <typename>
using WantedRevision = std::optional<int64_t>;
using Questions = ThreeOf<WantedRevision>;
Questions NextQuestions(const TradeView& view);

// Takes in the answers to those, which stand in the view's `then`: where one is of a later revision
// than the first answer, the two change places.
void TakeNewer(TradeView& view);

}  // namespace tallystick
