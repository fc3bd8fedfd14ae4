#include "client-cli/commands/check.h"

#include <algorithm>
#include <map>
#include <span>

#include "absl/strings/str_cat.h"
#include "platform/runtime/clock.h"

namespace tallystick {
namespace {

template <typename Status>
void Note(const std::string& service, const Answer<Status>& answer, CheckedTrade& checked) {
  if (answer.kind == Answer<Status>::kUnreachable) {
    checked.unreachable.push_back(absl::StrCat(service, ": ", answer.error));
  }
}

CheckedTrade Judge(LedgerTrade trade, TradeView view, const MatchSettings& settings,
                   absl::Time now) {
  CheckedTrade checked;
  checked.warnings = Match(view, settings, now);
  Note("shopping", view.order, checked);
  Note("payment", view.payment, checked);
  Note("delivery", view.delivery, checked);
  const TradeView own = WithoutForeignAnswers(view);
  if (const OrderStatus* order = own.order.get()) trade.order = *order;
  if (const PaymentStatus* payment = own.payment.get()) trade.payment = *payment;
  if (const DeliveryStatus* delivery = own.delivery.get()) trade.delivery = *delivery;
  checked.trade = std::move(trade);
  checked.view = std::move(view);
  return checked;
}

}  // namespace

absl::StatusOr<std::vector<CheckedTrade>> CheckTrades(Context& context,
                                                      std::vector<LedgerTrade> trades,
                                                      bool progress) {
  const MatchSettings settings = context.match_settings();
  std::vector<CheckedTrade> all;
  // By shop, each in calls of at most kMaxPerCall trades.
  std::map<std::string, std::vector<LedgerTrade>> by_profile;
  for (LedgerTrade& trade : trades) by_profile[trade.profile].push_back(std::move(trade));
  for (auto& [profile, mine] : by_profile) {
    absl::StatusOr<Shop> shop = context.OpenShop(profile);
    if (!shop.ok()) return shop.status();
    for (size_t at = 0; at < mine.size(); at += kMaxPerCall) {
      const auto part = std::span(mine).subspan(at, std::min(kMaxPerCall, mine.size() - at));
      std::vector<TradeView> views = shop->Ask(part);
      const absl::Time now = SystemNow();
      context.ledger.InOneTransaction([&] {
        for (size_t i = 0; i < part.size(); ++i) {
          CheckedTrade checked = Judge(std::move(part[i]), std::move(views[i]), settings, now);
          context.ledger.Observe(checked.view, checked.trade.key, checked.warnings,
                                 !checked.unreachable.empty(), now);
          all.push_back(std::move(checked));
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
    if (!trade.warnings.empty()) return kWarned;
    if (!trade.unreachable.empty()) code = kUnreachable;
  }
  return code;
}

bool HasEnded(const LedgerTrade& trade) {
  if (!trade.order) return false;
  switch (trade.order->state) {
    case OrderState::kCompleted:
    case OrderState::kRejected:
    case OrderState::kCanceled: return true;
    default: return false;
  }
}

Json ToJson(const CheckedTrade& checked) {
  const LedgerTrade& trade = checked.trade;
  Json warnings = Json::array();
  for (const Warning& warning : checked.warnings) warnings.push_back(ToJson(warning));
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
