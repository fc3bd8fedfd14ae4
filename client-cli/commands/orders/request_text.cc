#include "client-cli/commands/orders/request_text.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client-cli/output/trade_text.h"
#include "platform/time/clock.h"
#include "platform/trade/rollup.h"
#include "platform/trade/worth.h"

namespace tallystick {
namespace {

// How each share of a line is rounded depends on the shipments that it is of.
std::string WorthText(const std::string& currency, const Worth& worth) {
  return absl::StrCat(worth.least == worth.most ? "" : "about ",
                      FormatMoney({currency, worth.least}));
}

Worth WorthOfRequest(const LedgerTrade& trade, const TradeRequest& request,
                     const std::vector<GoodsQuantity>& goods) {
  const OrderContents& contents = trade.information->contents;
  const bool whole = std::ranges::all_of(contents.lines, [&](const ContentsLine& line) {
    return std::ranges::any_of(goods, [&](const GoodsQuantity& item) {
      return item.sku == line.sku && item.quantity == line.quantity;
    });
  });
  // Where nothing has left, nothing is due for delivery either.
  if (whole && request.kind == TradeRequest::kCancel) return {contents.total, contents.total};
  return WorthOf(contents, goods);
}

std::string TradeName(const LedgerTrade& trade) {
  const OrderContents& contents = trade.information->contents;
  return absl::StrCat("#", trade.key, contents.buyer_reference.empty() ? "" : " ",
                      Printable(contents.buyer_reference), " at ", Printable(trade.profile), ", ",
                      FormatMoney({contents.currency, contents.total}));
}

void ShowCancel(const Context& context, const LedgerTrade& trade,
                const std::vector<GoodsQuantity>& goods, const std::string& worth) {
  const absl::Time seen = trade.delivery ? trade.seen.delivery : trade.place_time;
  context.screen.Print(absl::StrCat("Cancel      ", TradeName(trade), "\nNot left    ",
                                    goods.empty() ? "nothing" : Printable(GoodsText(goods)),
                                    ", as seen ", AgoWords(seen, SystemNow()), "\n"));
  if (goods.empty()) {
    context.screen.Print("            what has left can be given back once it is there\n");
    return;
  }
  const bool paid = trade.payment && trade.payment->captured > 0;
  context.screen.Print(absl::StrCat(
      "Worth       ", worth, paid ? ", which comes back" : ", which need not be paid", "\n"));
}

void ShowReturn(const Context& context, const LedgerTrade& trade,
                const std::vector<GoodsQuantity>& goods, const std::string& worth) {
  const bool paid = trade.payment && trade.payment->captured > 0;
  context.screen.Print(absl::StrCat("Give back   ", Printable(GoodsText(goods)), "\nOf          ",
                                    TradeName(trade), "\nWorth       ", worth,
                                    paid ? ", which comes back" : ", which need not be paid",
                                    " when the goods are there\n"));
  if (trade.order && trade.order->return_deadline) {
    context.screen.Print(
        absl::StrCat("Until       ", LocalTime(*trade.order->return_deadline), "\n"));
  }
}

}  // namespace

std::vector<GoodsQuantity> NotLeft(const LedgerTrade& trade) {
  std::vector<GoodsQuantity> goods;
  for (const ContentsLine& line : trade.information->contents.lines) {
    int64_t gone = 0;
    if (trade.delivery) {
      for (const DeliveryLine& counted : trade.delivery->lines) {
        if (counted.sku != line.sku) continue;
        gone = SaturatedAdd(std::max(counted.dispatched, counted.failed), counted.canceled);
      }
    }
    if (gone < line.quantity) {
      goods.push_back({line.sku, SaturatedSubtract(line.quantity, gone)});
    }
  }
  return goods;
}

bool MayAsk(const Context& context, const LedgerTrade& trade, const TradeRequest& request,
            const Consent& consent, int* code) {
  if (!consent.dry_run && !AsksFor(context, consent)) return true;
  const bool cancel = request.kind == TradeRequest::kCancel;
  const std::vector<GoodsQuantity> goods = cancel ? NotLeft(trade) : request.lines;
  const OrderContents& contents = trade.information->contents;
  const Worth worth = WorthOfRequest(trade, request, goods);
  if (context.screen.json()) {
    context.screen.PrintJson(
        Json{{"dry_run", true},
             {"trading_id", contents.trading_id.ToString()},
             {"number", trade.key},
             {"lines", ToJson(goods)},
             {"worth", ToJson(Money{contents.currency, worth.least})},
             {"return_deadline",
              trade.order ? TimeOrNull(trade.order->return_deadline) : Json(nullptr)}});
    return false;
  }
  const std::string text = WorthText(contents.currency, worth);
  cancel ? ShowCancel(context, trade, goods, text) : ShowReturn(context, trade, goods, text);
  return Agreed(context, consent, cancel ? "Cancel this?" : "Give this back?",
                cancel ? "nothing was canceled" : "nothing was given back", code);
}

}  // namespace tallystick
