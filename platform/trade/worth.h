// What goods of an order are worth and when they are to be paid: what the shop's domain decides by
// and what the buyer's match holds against it. docs/protocol.md, "Money".
#pragma once

#include <vector>

#include "platform/trade/contents.h"
#include "platform/trade/status.h"

namespace tallystick {

// The share of a line's amount that `pieces` of it carry which come after the first `before`: the
// shares of consecutive pieces add up to the line exactly. What exceeds the line is worth nothing.
int64_t WorthOfPieces(const ContentsLine& line, int64_t before, int64_t pieces);

// Whether the terms say that a shipment is to be paid now (for planned terms: is to be paid at a
// date).
bool IsPayable(Terms terms, const Shipment& shipment);

// Whether it was to be paid at some time, whatever became of it then.
bool WasPayable(Terms terms, const Shipment& shipment);

// Whoever does not know in which order the shipments left cannot know how each share was rounded:
// between `least` and `most`, in minor units.
struct Worth {
  int64_t least = 0;
  int64_t most = 0;

  bool Contains(int64_t amount) const { return amount >= least && amount <= most; }
  Worth& operator+=(const Worth& other);
};

// Goods of one shipment, without the delivery fee.
Worth WorthOf(const OrderContents& contents, const std::vector<GoodsQuantity>& goods);

// Goods that came back out of as many as `shipments` shipments, each of which was rounded by
// itself.
Worth WorthOfReturn(const OrderContents& contents, const std::vector<GoodsQuantity>& goods,
                    size_t shipments);

}  // namespace tallystick
