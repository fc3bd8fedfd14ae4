#include "client-cli/commands/requests/requests.h"

#include "absl/strings/str_cat.h"
#include "client-cli/commands/orders/request_sending.h"
#include "client-cli/commands/requests/request_text.h"
#include "client-cli/input/arguments.h"
#include "client-cli/output/trade_text.h"
#include "platform/time/clock.h"
#include "platform/trade/text.h"

namespace tallystick {
namespace {

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

}  // namespace

int AskOfTrade(Context& context, const RequestOptions& options, TradeRequest::Kind kind) {
  TradeRequest request;
  request.kind = kind;
  request.reason = options.reason;
  if (!IsValidUtf8(request.reason)) {
    Report(context, absl::InvalidArgumentError("--reason is not valid UTF-8"));
    return kUsage;
  }
  absl::StatusOr<std::vector<GoodsQuantity>> items = ParseItems(options.items);
  if (!items.ok()) {
    Report(context, items.status());
    return kUsage;
  }
  request.lines = *std::move(items);
  absl::StatusOr<LedgerTrade> trade = context.FindTrade(options.trade);
  if (!trade.ok()) return Report(context, trade.status());
  request.trade_key = trade->key;
  int code = kAllWell;
  if (!MayAsk(context, *trade, request, options.consent, &code)) return code;
  request.create_time = SystemNow();
  request.request_id = NewUuidV7(request.create_time);
  // "Run the command again" asks nothing twice, also when sync had the answer meanwhile.
  request = context.ledger.AddRequest(std::move(request));
  if (request.state != TradeRequest::kPending) {
    context.screen.Say(
        "an earlier command had no answer to this request; a later try had, and it is not made "
        "again. To ask for the same once more: the same command again");
  }
  std::string return_id;
  const absl::Status sent = SendRequest(context, request, *trade, &return_id);
  if (!sent.ok() && !IsFinal(sent)) {
    context.screen.Say(
        "the request is in the ledger: run the command again, or tally sync; "
        "nothing is asked twice");
    Report(context, sent);
    return CodeOfPending(sent);
  }
  if (sent.ok()) {
    Print(context, request, *trade, return_id);
  } else {
    code = Report(context, sent);
  }
  context.ledger.MarkReported(request);
  return code;
}

void AddCancelCommand(CLI::App& app, Action& chosen) {
  auto options = std::make_shared<RequestOptions>();
  CLI::App* cancel = app.add_subcommand("cancel", "Cancel an order, as far as nothing has left");
  cancel->add_option("trade", options->trade, "Trading id or a unique prefix of it")->required();
  cancel->add_option("--reason", options->reason, "Why, for the shop");
  AddConsent(*cancel, options->consent, "Ask nothing");
  cancel->callback([=, &chosen] {
    chosen = [=](Context& context) { return AskOfTrade(context, *options, TradeRequest::kCancel); };
  });
}

void AddReturnCommand(CLI::App& app, Action& chosen) {
  auto options = std::make_shared<RequestOptions>();
  CLI::App* command = app.add_subcommand("return", "Give delivered products back");
  command->add_option("trade", options->trade, "Trading id or a unique prefix of it")->required();
  command->add_option("items", options->items, "SKU:QUANTITY …")->required();
  command->add_option("--reason", options->reason, "Why, for the shop");
  AddConsent(*command, options->consent, "Ask nothing");
  command->callback([=, &chosen] {
    chosen = [=](Context& context) { return AskOfTrade(context, *options, TradeRequest::kReturn); };
  });
}

}  // namespace tallystick
