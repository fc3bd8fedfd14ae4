#include "client-cli/commands/requests/request_text.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client-cli/commands/check/check.h"
#include "client-cli/output/trade_text.h"
#include "platform/error/error.h"
#include "platform/time/clock.h"
#include "platform/trade/limits.h"
#include "platform/trade/requests.h"
#include "platform/trade/rollup.h"
#include "platform/trade/text.h"
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

void ShowCancel(const Context& context, const CheckedTrade& checked,
                const std::vector<GoodsQuantity>& goods, const std::string& worth) {
  const LedgerTrade& trade = checked.trade;
  const absl::Time seen = trade.delivery ? trade.seen.delivery : trade.place_time;
  const std::string as_seen = checked.view.delivery.get() != nullptr
                                  ? ""
                                  : absl::StrCat(", as seen ", AgoWords(seen, SystemNow()));
  context.screen.Print(absl::StrCat("Cancel      ", TradeName(trade), "\nNot left    ",
                                    goods.empty() ? "nothing" : Printable(GoodsText(goods)),
                                    as_seen, "\n"));
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

// A request, and what is known of it before it is sent.
struct Asking {
  const CheckedTrade& checked;
  const TradeRequest& request;
  const std::vector<GoodsQuantity> goods;
  const absl::Status refusal;

  const LedgerTrade& trade() const { return checked.trade; }
  Worth worth() const { return WorthOfRequest(trade(), request, goods); }
};

const char* UndecidedOf(TradeRequest::Kind kind) {
  return kind == TradeRequest::kCancel ? "what has not left when the request arrives"
                                       : "whether it takes back what arrives there";
}

// The same was asked for before, and has had no answer.
bool WasAsked(Context& context, const TradeRequest& request) {
  return std::ranges::any_of(context.ledger.PendingRequests(), [&](const TradeRequest& earlier) {
    return earlier.trade_key == request.trade_key && earlier.kind == request.kind &&
           earlier.lines == request.lines && earlier.reason == request.reason;
  });
}

// What there is to be said beside what it is about.
void SayRemarks(Context& context, const Asking& asking) {
  const CheckedTrade& checked = asking.checked;
  for (const std::string& service : checked.unreachable) {
    context.screen.Say(absl::StrCat("? no answer from ", NoAnswerWords(checked, service)));
  }
  if (HasNewWarning(checked)) {
    context.screen.Say(absl::StrCat("! the check warns of this trade: tally track ",
                                    asking.trade().key, " says of what"));
  }
  if (WasAsked(context, asking.request)) {
    context.screen.Say(
        "the same was asked before, and has had no answer: it is sent again under its request id");
  }
  const std::optional<OrderStatus>& order = asking.trade().order;
  if (!asking.refusal.ok()) {
    context.screen.Say(
        absl::StrCat("✗ the shop would refuse this: ", Printable(asking.refusal.message())));
  } else if (asking.request.kind == TradeRequest::kCancel && order &&
             (order->state == OrderState::kCanceled ||
              order->state == OrderState::kCancelPending)) {
    context.screen.Say(
        absl::StrCat("the order is ", ToString(order->state), " already: nothing would change"));
  }
}

void Show(Context& context, const Asking& asking) {
  const std::string worth =
      WorthText(asking.trade().information->contents.currency, asking.worth());
  asking.request.kind == TradeRequest::kCancel
      ? ShowCancel(context, asking.checked, asking.goods, worth)
      : ShowReturn(context, asking.trade(), asking.goods, worth);
  SayRemarks(context, asking);
}

Json ToJson(const Asking& asking) {
  const LedgerTrade& trade = asking.trade();
  const OrderContents& contents = trade.information->contents;
  return {
      {"dry_run", true},
      {"trading_id", contents.trading_id.ToString()},
      {"number", trade.key},
      {"lines", ToJson(asking.goods)},
      {"worth", ToJson(Money{contents.currency, asking.worth().least})},
      {"return_deadline", trade.order ? TimeOrNull(trade.order->return_deadline) : Json(nullptr)},
      {"error", std::string(asking.refusal.message())},
      {"reason", GetErrorDetail(asking.refusal).reason},
      {"unreachable", asking.checked.unreachable},
      {"undecided", Json::array({UndecidedOf(asking.request.kind)})}};
}

// What the request would end with: it goes to the shop alone.
int CodeOf(const Asking& asking) {
  const Answer<OrderStatus>& shop = asking.checked.view.order;
  if (!asking.refusal.ok()) return kFailed;
  if (!shop.unreachable()) return kAllWell;
  return shop.not_allowed ? kNotAllowed : kUnreachable;
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

absl::Status ForeseeRequest(const LedgerTrade& trade, const TradeRequest& request, absl::Time now) {
  const bool cancel = request.kind == TradeRequest::kCancel;
  for (const absl::Status& said : {cancel ? absl::OkStatus() : CheckReturnLines(request.lines),
                                   CheckText("reason", request.reason, kMaxReasonBytes, false)}) {
    if (!said.ok()) return said;
  }
  if (!trade.order) return absl::OkStatus();
  if (cancel) return CheckCancelable(*trade.order);
  // What arrived when is delivery's to say.
  const bool arrived = std::ranges::any_of(
      trade.order->lines, [](const OrderLineStatus& line) { return line.delivered > 0; });
  if (arrived && !trade.delivery) return absl::OkStatus();
  return CheckReturnable(*trade.order, trade.delivery ? &*trade.delivery : nullptr,
                         trade.information->return_period, request.lines, now);
}

bool MayAsk(Context& context, LedgerTrade& trade, const TradeRequest& request,
            const Consent& consent, int* code) {
  if (!consent.dry_run && !AsksFor(context, consent)) return true;
  const CheckedTrade checked = std::move(CheckTrades(context, {std::move(trade)}).front());
  trade = checked.trade;
  const bool cancel = request.kind == TradeRequest::kCancel;
  const Asking asking{checked, request, cancel ? NotLeft(trade) : request.lines,
                      checked.view.order.not_found() ? TradeNotFound()
                                                     : ForeseeRequest(trade, request, SystemNow())};
  if (context.screen.json()) {
    context.screen.PrintJson(ToJson(asking));
    *code = CodeOf(asking);
    return false;
  }
  Show(context, asking);
  if (consent.dry_run) {
    context.screen.Say(absl::StrCat("only the shop can decide ", UndecidedOf(request.kind)));
  }
  if (Agreed(context, consent, cancel ? "Cancel this?" : "Give this back?",
             cancel ? "nothing was canceled" : "nothing was given back", code)) {
    return true;
  }
  if (consent.dry_run) *code = CodeOf(asking);
  return false;
}

}  // namespace tallystick
