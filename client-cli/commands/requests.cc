// tally cancel, tally return: what a buyer asks of a trade.
#include "client-cli/commands/requests.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client-cli/input/arguments.h"
#include "client-cli/output/trade_text.h"
#include "platform/runtime/clock.h"
#include "platform/trade/text.h"

namespace tallystick {
namespace {

struct RequestOptions {
  std::string trade;
  std::vector<std::string> items;
  std::string reason;
};

// The shop's new word about the order goes into the ledger.
void KeepAnswer(Context& context, const LedgerTrade& trade, const OrderStatus& status) {
  TradeView view;
  view.contents = trade.information->contents;
  view.order.kind = Answer<OrderStatus>::kStatus;
  view.order.status = status;
  context.ledger.Observe(view, trade.key, {}, true, SystemNow());
}

void Print(const Context& context, const TradeRequest& request, const LedgerTrade& trade,
           const std::string& return_id) {
  if (context.screen.json()) {
    Json json{{"trading_id", trade.information->contents.trading_id.ToString()},
              {"request_id", request.request_id.ToString()}};
    if (request.kind == TradeRequest::kReturn) json["return_id"] = return_id;
    json["order"] = ToJson(*trade.order);
    context.screen.PrintJson(json);
    return;
  }
  if (request.kind == TradeRequest::kReturn) {
    context.screen.Print(absl::StrCat("Return ", Printable(return_id), " is requested\n"));
  } else {
    context.screen.Print(absl::StrCat("The order is ", ToString(trade.order->state),
                                      trade.order->state == OrderState::kCancelPending
                                          ? ": delivery is asked what has not left yet\n"
                                          : "\n"));
  }
  context.screen.Print(StatusText(context.screen, trade));
  context.screen.Print(DetailText(context.screen, trade));
}

int Run(Context& context, const RequestOptions& options, TradeRequest::Kind kind) {
  TradeRequest request;
  request.kind = kind;
  request.reason = options.reason;
  if (!IsValidUtf8(request.reason)) {
    Report(context, absl::InvalidArgumentError("--reason is not valid UTF-8"));
    return kUsage;
  }
  for (const std::string& text : options.items) {
    absl::StatusOr<GoodsQuantity> item = ParseItem(text);
    if (!item.ok()) {
      Report(context, item.status());
      return kUsage;
    }
    request.lines.push_back(*std::move(item));
  }
  absl::StatusOr<LedgerTrade> trade = context.ledger.FindByPrefix(options.trade);
  if (!trade.ok()) return Report(context, trade.status());
  request.trade_key = trade->key;
  request.create_time = SystemNow();
  request.request_id = NewUuidV7(request.create_time);
  return SendRequest(context, context.ledger.AddRequest(std::move(request)), *std::move(trade),
                     false);
}

}  // namespace

int SendRequest(Context& context, const TradeRequest& request, LedgerTrade trade, bool quiet) {
  absl::StatusOr<Shop> shop = context.OpenShop(trade.profile);
  if (!shop.ok()) return Report(context, shop.status());
  std::string return_id;
  const absl::StatusOr<OrderStatus> status = shop->Send(request, trade, &return_id);
  if (!status.ok() && !IsRefusal(status.status())) {
    context.screen.Say(
        "the request is in the ledger: run the command again, or tally sync; "
        "nothing is asked twice");
    return Report(context, status.status());
  }
  if (absl::IsUnauthenticated(status.status()) || absl::IsPermissionDenied(status.status())) {
    return Report(context, status.status());
  }
  if (status.ok() && status->trading_id != trade.information->contents.trading_id) {
    return Report(context, absl::InternalError("the shop answered about another trade"));
  }
  context.ledger.RecordRequest(
      request.request_id, status.ok() ? TradeRequest::kDone : TradeRequest::kRefused, SystemNow());
  if (!status.ok()) return Report(context, status.status());
  KeepAnswer(context, trade, *status);
  trade.order = *status;
  if (!quiet) Print(context, request, trade, return_id);
  return kAllWell;
}

int ResendRequests(Context& context) {
  int worst = kAllWell;
  for (const TradeRequest& request : context.ledger.PendingRequests()) {
    absl::StatusOr<LedgerTrade> trade = context.ledger.FindByKey(request.trade_key);
    if (!trade.ok()) continue;
    worst = std::max(worst, SendRequest(context, request, *std::move(trade), true));
  }
  return worst;
}

void AddCancelCommand(CLI::App& app, Action& chosen) {
  auto options = std::make_shared<RequestOptions>();
  CLI::App* cancel = app.add_subcommand("cancel", "Cancel an order, as far as nothing has left");
  cancel->add_option("trade", options->trade, "Trading id or a unique prefix of it")->required();
  cancel->add_option("--reason", options->reason, "Why, for the shop");
  cancel->callback([=, &chosen] {
    chosen = [=](Context& context) { return Run(context, *options, TradeRequest::kCancel); };
  });
}

void AddReturnCommand(CLI::App& app, Action& chosen) {
  auto options = std::make_shared<RequestOptions>();
  CLI::App* command = app.add_subcommand("return", "Give delivered products back");
  command->add_option("trade", options->trade, "Trading id or a unique prefix of it")->required();
  command->add_option("items", options->items, "SKU:QUANTITY …")->required();
  command->add_option("--reason", options->reason, "Why, for the shop");
  command->callback([=, &chosen] {
    chosen = [=](Context& context) { return Run(context, *options, TradeRequest::kReturn); };
  });
}

}  // namespace tallystick
