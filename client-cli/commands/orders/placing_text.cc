// What became of orders that were placed, for people and as JSON.
#include "absl/strings/str_cat.h"
#include "client-cli/commands/orders/order_text.h"
#include "client-cli/commands/orders/placing.h"
#include "client-cli/remote/failure_words.h"
#include "platform/time/clock.h"

namespace tallystick {
namespace {

void PrintJson(const Context& context, const PlacingResult& result) {
  Json trades = Json::array();
  for (const LedgerTrade& trade : result.trades) {
    Json json{{"request_id", trade.request_id.ToString()},
              {"number", trade.key},
              {"reference", trade.request.reference},
              {"placement", ToString(trade.placement)},
              {"refusal", trade.refusal}};
    json["contents"] = trade.information ? ToJson(trade.information->contents) : Json(nullptr);
    json["owed"] = trade.information
                       ? ToJson(Money{trade.information->contents.currency, OwedOn(trade)})
                       : Json(nullptr);
    json["services"] = trade.information ? ToJson(trade.information->services) : Json(nullptr);
    trades.push_back(std::move(json));
  }
  context.screen.PrintJson(Json{{"placed", result.placed},
                                {"placed_before", result.placed_before},
                                {"refused", result.refused},
                                {"unknown", result.pending},
                                {"not_placed", result.not_placed},
                                {"not_sent", result.not_sent},
                                {"trades", trades}});
}

void PrintOne(const Context& context, const LedgerTrade& trade) {
  const OrderContents& contents = trade.information->contents;
  context.screen.Print(
      absl::StrCat(OrderText(context, contents, OwedOn(trade), SystemNow()), "Trade       ",
                   context.screen.Paint(contents.trading_id.ToString(), Color::kStrong),
                   "\nNumber      #", trade.key, "\n"));
}

}  // namespace

std::string ToString(Placement placement) {
  switch (placement) {
    case Placement::kPending: return "UNKNOWN";
    case Placement::kPlaced: return "PLACED";
    case Placement::kRefused: return "REFUSED";
    case Placement::kDropped: return "DROPPED";
  }
  return "UNKNOWN";
}

std::string PendingText(const LedgerTrade& trade) {
  const std::string& reference = trade.request.reference;
  return absl::StrCat("order ", Printable(reference), reference.empty() ? "" : " ", "(request ",
                      trade.request_id.ToString(), ") at ", Printable(trade.profile),
                      trade.sendings > 0 ? " may have been placed, and has had no answer"
                                         : " has certainly not been placed yet");
}

Json PendingJson(const LedgerTrade& trade) {
  return {{"request_id", trade.request_id.ToString()},
          {"reference", trade.request.reference},
          {"shop", trade.profile},
          {"maybe_placed", trade.sendings > 0}};
}

std::string HelpText(const absl::Status& failure) {
  std::string help =
      "The ledger holds what was sent: run the command again, or tally sync; nothing is ordered "
      "twice.";
  // (What is noted of who was asked has its own next step.)
  if (NextStep(failure).empty() && absl::IsUnauthenticated(failure)) {
    absl::StrAppend(&help,
                    " A new token goes into the shop's token file; tally shop add names another.");
  } else if (NextStep(failure).empty() && IsUndelivered(failure)) {
    absl::StrAppend(&help,
                    " If the address is wrong: tally shop add NAME HOST:PORT … corrects it.");
  }
  return absl::StrCat(help, " tally drop gives an order up.");
}

void SayRefused(const Context& context, std::span<const LedgerTrade> trades) {
  for (const LedgerTrade& trade : trades) {
    if (trade.placement != Placement::kRefused) continue;
    const std::string& reference = trade.request.reference;
    context.screen.Say(
        absl::StrCat("refused ",
                     reference.empty() ? absl::StrCat("(request ", trade.request_id.ToString(), ")")
                                       : Printable(reference),
                     ": ", Printable(trade.refusal)));
  }
}

int ShowPlacing(const Context& context, const PlacingResult& result, bool one) {
  if (context.screen.json()) {
    PrintJson(context, result);
  } else if (one && result.placed + result.placed_before == 1) {
    PrintOne(context, result.trades.front());
  } else if (!one) {
    context.screen.Print(absl::StrCat(result.placed, " placed, ", result.placed_before,
                                      " placed before, ", result.refused, " refused, ",
                                      result.pending, " unknown\n"));
  }
  SayRefused(context, result.trades);
  for (const LedgerTrade& trade : result.trades) {
    if (trade.placement != Placement::kDropped) continue;
    context.screen.Say(absl::StrCat("not placed: ", PendingText(trade), ", and was dropped"));
  }
  if (result.not_sent > 0) {
    context.screen.Say(absl::StrCat(result.not_sent,
                                    " orders were not sent, and are not in the ledger: run the "
                                    "command again for them"));
  }
  context.ledger.MarkReported(result.trades);
  if (!result.failure.ok()) {
    SayFailure(context, result.failure);
    context.screen.Say(HelpText(result.failure));
    return CodeOfPending(result.failure);
  }
  return result.refused + result.not_placed > 0 ? kFailed : kAllWell;
}

}  // namespace tallystick
