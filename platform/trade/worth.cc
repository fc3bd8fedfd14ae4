#include "platform/trade/worth.h"

#include <algorithm>
#include <unordered_map>

#include "platform/trade/rollup.h"

namespace tallystick {
namespace {

using LinesBySku = std::unordered_map<std::string, const ContentsLine*>;

LinesBySku BySku(const OrderContents& contents) {
  LinesBySku lines;
  for (const ContentsLine& line : contents.lines) {
    if (line.quantity > 0 && line.GrossAmount() >= 0) lines.emplace(line.sku, &line);
  }
  return lines;
}

}  // namespace

int64_t WorthOfPieces(const ContentsLine& line, int64_t before, int64_t pieces) {
  const int64_t from = std::min(line.quantity, before);
  const int64_t to = std::min(line.quantity, SaturatedAdd(from, pieces));
  return ShareOf(line.GrossAmount(), to, line.quantity) -
         ShareOf(line.GrossAmount(), from, line.quantity);
}

bool IsPayable(Terms terms, const Shipment& shipment) {
  if (RuleOf(terms).event == TermsRule::Event::kArrival) {
    return shipment.state == ShipmentState::kDelivered;
  }
  return IsDispatched(shipment) && shipment.state != ShipmentState::kFailed;
}

bool WasPayable(Terms terms, const Shipment& shipment) {
  return RuleOf(terms).event == TermsRule::Event::kDispatch
             ? IsDispatched(shipment)
             : shipment.state == ShipmentState::kDelivered;
}

Worth& Worth::operator+=(const Worth& other) {
  least = SaturatedAdd(least, other.least);
  most = SaturatedAdd(most, other.most);
  return *this;
}

Worth WorthOf(const OrderContents& contents, const std::vector<GoodsQuantity>& goods) {
  return WorthOfReturn(contents, goods, 0);
}

Worth WorthOfReturn(const OrderContents& contents, const std::vector<GoodsQuantity>& goods,
                    size_t shipments) {
  const LinesBySku lines = BySku(contents);
  Worth sum;
  for (const GoodsQuantity& part : goods) {
    const auto found = lines.find(part.sku);
    if (found == lines.end()) continue;
    const ContentsLine& line = *found->second;
    const int64_t pieces = std::clamp<int64_t>(part.quantity, 0, line.quantity);
    const int64_t share = ShareOf(line.GrossAmount(), pieces, line.quantity);
    const bool whole = pieces == 0 || pieces == line.quantity;
    // A part of one shipment begins and ends at a rounded place; a part of several does so in each.
    const int64_t places =
        std::clamp<int64_t>(static_cast<int64_t>(shipments), 1, std::max<int64_t>(1, pieces));
    Worth worth{share, share + (whole && shipments <= 1 ? 0 : 1)};
    if (shipments > 0) worth = {share - 2 * places, share + 2 * places};
    worth.least = std::max<int64_t>(0, worth.least);
    worth.most = std::min(worth.most, line.GrossAmount());
    sum += worth;
  }
  return sum;
}

}  // namespace tallystick
