#include "client-cli/commands/orders/request_sending.h"

#include "absl/strings/str_cat.h"
#include "client-cli/output/trade_text.h"
#include "client-cli/remote/failure_words.h"
#include "platform/time/clock.h"

namespace tallystick {
namespace {

// The shop's new word about the order goes into the ledger.
void KeepAnswer(Context& context, const LedgerTrade& trade, const OrderStatus& status) {
  TradeView view;
  view.contents = trade.information->contents;
  view.order.Set(status);
  context.ledger.Observe(view, trade.key, {}, true, SystemNow());
}

}  // namespace

absl::Status SendRequest(Context& context, const TradeRequest& request, LedgerTrade& trade,
                         std::string* return_id) {
  absl::StatusOr<Shop> shop = context.OpenShop(trade.profile);
  if (!shop.ok()) return shop.status();
  absl::StatusOr<OrderStatus> status = shop->Send(request, trade, return_id);
  if (!status.ok() && !IsFinal(status.status())) return status.status();
  if (status.ok() && status->trading_id != trade.information->contents.trading_id) {
    return absl::InternalError("the shop answered about another trade");
  }
  try {
    context.ledger.RecordRequest(request.request_id,
                                 status.ok() ? TradeRequest::kDone : TradeRequest::kRefused,
                                 SystemNow());
  } catch (const std::exception& error) {
    throw OutcomeUnknown(error.what());
  }
  if (!status.ok()) return status.status();
  KeepAnswer(context, trade, *status);
  trade.order = *std::move(status);
  return absl::OkStatus();
}

ResentRequests ResendRequests(Context& context) {
  ResentRequests all;
  for (const TradeRequest& request : context.ledger.PendingRequests()) {
    absl::StatusOr<LedgerTrade> trade = context.ledger.FindByKey(request.trade_key);
    if (!trade.ok()) continue;
    std::string return_id;
    const absl::Status sent = SendRequest(context, request, *trade, &return_id);
    if (sent.ok()) {
      ++all.done;
      continue;
    }
    IsFinal(sent) ? ++all.refused : ++all.pending;
    if (!IsFinal(sent)) all.code = Worse(all.code, CodeOfPending(sent));
    context.screen.Say(
        absl::StrCat("trade ", trade->information->contents.trading_id.ToString(), " at ",
                     Printable(trade->profile), ": the request to ",
                     request.kind == TradeRequest::kCancel ? "cancel" : "return",
                     IsFinal(sent) ? " is refused: " : " is still without an answer: ",
                     Printable(FailureWords(sent))));
  }
  return all;
}

}  // namespace tallystick
