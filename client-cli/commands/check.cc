#include "client-cli/commands/check.h"

#include <algorithm>
#include <map>
#include <span>

#include "absl/strings/str_cat.h"
#include "platform/runtime/clock.h"
#include "platform/trade/rollup.h"

namespace tallystick {
namespace {

template <typename Status>
void Note(const std::string& service, const Answer<Status>& answer, CheckedTrade& checked) {
  if (answer.kind != Answer<Status>::kStatus) checked.complete = false;
  if (answer.kind != Answer<Status>::kUnreachable) return;
  checked.unreachable.push_back(absl::StrCat(service, ": ", answer.error));
  checked.not_allowed = checked.not_allowed || answer.not_allowed;
}

// What is known of trades of a shop that was forgotten: nothing, and why.
std::vector<TradeView> NobodyToAsk(std::span<const LedgerTrade> trades, const std::string& why) {
  std::vector<TradeView> views(trades.size());
  for (size_t i = 0; i < trades.size(); ++i) {
    views[i].contents = trades[i].information->contents;
    views[i].order.kind = Answer<OrderStatus>::kUnreachable;
    views[i].order.error = why;
  }
  return views;
}

}  // namespace

CheckedTrade JudgeAndKeep(Context& context, LedgerTrade trade, TradeView view, bool partial,
                          absl::Time now) {
  CheckedTrade checked;
  context.ledger.Recall(trade, absl::Milliseconds(context.options.twice_window_ms), view);
  checked.warnings = Match(view, context.match_settings(), now);
  const TradeView own = WithoutForeignAnswers(view);
  Note("shopping", own.order, checked);
  Note("payment", own.payment, checked);
  Note("delivery", own.delivery, checked);
  Note("shopping (its account of all three)", own.shops_word, checked);
  checked.acknowledged =
      context.ledger.Observe(view, trade.key, checked.warnings, partial || !checked.complete, now);
  if (const OrderStatus* order = own.order.get()) {
    trade.order = *order;
    trade.order_seen = now;
  }
  if (const PaymentStatus* payment = own.payment.get()) {
    trade.payment = *payment;
    trade.payment_seen = now;
  }
  if (const DeliveryStatus* delivery = own.delivery.get()) {
    trade.delivery = *delivery;
    trade.delivery_seen = now;
  }
  checked.trade = std::move(trade);
  checked.view = std::move(view);
  return checked;
}

bool HasNewWarning(const CheckedTrade& checked) {
  for (size_t i = 0; i < checked.warnings.size(); ++i) {
    if (i >= checked.acknowledged.size() || !checked.acknowledged[i]) return true;
  }
  return false;
}

std::vector<CheckedTrade> CheckTrades(Context& context, std::vector<LedgerTrade> trades,
                                      bool progress) {
  std::vector<CheckedTrade> all;
  // By shop, each in calls of at most kMaxPerCall trades.
  std::map<std::string, std::vector<LedgerTrade>> by_profile;
  for (LedgerTrade& trade : trades) by_profile[trade.profile].push_back(std::move(trade));
  for (auto& [profile, mine] : by_profile) {
    absl::StatusOr<Shop> shop = context.OpenShop(profile);
    for (size_t at = 0; at < mine.size(); at += kMaxPerCall) {
      const auto part = std::span(mine).subspan(at, std::min(kMaxPerCall, mine.size() - at));
      std::vector<TradeView> views =
          shop.ok() ? shop->Ask(part) : NobodyToAsk(part, std::string(shop.status().message()));
      const absl::Time now = SystemNow();
      context.ledger.InOneTransaction([&] {
        for (size_t i = 0; i < part.size(); ++i) {
          all.push_back(JudgeAndKeep(context, std::move(part[i]), std::move(views[i]), false, now));
        }
      });
      if (progress && trades.size() > kMaxPerCall) {
        context.screen.Progress(absl::StrCat(all.size(), " of ", trades.size(), " trades asked"),
                                all.size() == trades.size());
      }
    }
  }
  return all;
}

int ExitCodeOf(const std::vector<CheckedTrade>& checked) {
  int code = kAllWell;
  for (const CheckedTrade& trade : checked) {
    if (HasNewWarning(trade)) return kWarned;
    if (trade.not_allowed) {
      code = kNotAllowed;
    } else if (!trade.unreachable.empty() && code == kAllWell) {
      code = kUnreachable;
    }
  }
  return code;
}

bool HasEnded(const LedgerTrade& trade) {
  if (!trade.order || !trade.payment || !trade.delivery) return false;
  const OrderStatus& order = *trade.order;
  const bool ended = order.state == OrderState::kCompleted ||
                     order.state == OrderState::kRejected || order.state == OrderState::kCanceled;
  const bool returning =
      std::any_of(order.returns.begin(), order.returns.end(), [](const Return& goods_return) {
        return IsUnderWay(goods_return) || goods_return.state == ReturnState::kReceived;
      });
  // The others may still be at what the end of the order means for them.
  return ended && !returning && IsSettled(*trade.payment) &&
         trade.payment->instructions_applied >= order.payment_instructions &&
         trade.payment->revision >= order.payment_revision &&
         trade.delivery->instructions_applied >= order.delivery_instructions &&
         trade.delivery->revision >= order.delivery_revision;
}

Json ToJson(const CheckedTrade& checked) {
  const LedgerTrade& trade = checked.trade;
  Json warnings = Json::array();
  for (size_t i = 0; i < checked.warnings.size(); ++i) {
    warnings.push_back(ToJson(checked.warnings[i]));
    warnings.back()["acknowledged"] = i < checked.acknowledged.size() && checked.acknowledged[i];
  }
  return {{"trading_id", trade.information->contents.trading_id.ToString()},
          {"shop", trade.profile},
          {"reference", trade.information->contents.buyer_reference},
          {"order", trade.order ? ToJson(*trade.order) : Json(nullptr)},
          {"payment", trade.payment ? ToJson(*trade.payment) : Json(nullptr)},
          {"delivery", trade.delivery ? ToJson(*trade.delivery) : Json(nullptr)},
          {"warnings", warnings},
          {"unreachable", checked.unreachable}};
}

}  // namespace tallystick
