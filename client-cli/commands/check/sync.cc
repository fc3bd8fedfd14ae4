// tally sync: find out what became of orders that were sent, and ask about all open trades.
#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <span>

#include "absl/strings/str_cat.h"
#include "client-cli/commands/check/check.h"
#include "client-cli/commands/command.h"
#include "client-cli/commands/orders/placing.h"
#include "client-cli/commands/orders/request_sending.h"
#include "client-cli/match/placement.h"
#include "client-cli/output/trade_text.h"
#include "platform/time/clock.h"

namespace tallystick {
namespace {

// Listed trades that are taken in with one transaction.
constexpr size_t kMostAtOnce = 500;
// Orders without an answer that are named one by one.
constexpr size_t kMostNamed = 20;

struct SyncCounts {
  int asked = 0;
  int completed = 0;
  int warned = 0;
  int partial = 0;
  std::map<std::string, int> missing;  // whose answer, and why, of how many trades
  std::set<std::string> silent;        // those services
};

void CountMissing(const CheckedTrade& trade, SyncCounts& counts) {
  for (const std::string& unreachable : trade.unreachable) {
    ++counts.missing[NoAnswerWords(trade, unreachable)];
    counts.silent.insert(unreachable.substr(0, unreachable.find_first_of(" :")));
  }
}

// Sends again what is pending at every shop; says what the shops refused, and what is still without
// an answer: that is `trades` of the result.
PlacingResult ResolvePending(Context& context) {
  PlacingResult all;
  const std::vector<LedgerTrade> before = context.ledger.Pending();
  for (const Profile& profile : context.ledger.Profiles()) {
    if (context.ledger.Pending(profile.name).empty()) continue;
    absl::StatusOr<Shop> shop = context.OpenShop(profile.name);
    const PlacingResult result = shop.ok() ? SendPending(context, *shop) : PlacingResult();
    const absl::Status& failure = shop.ok() ? result.failure : shop.status();
    all.placed += result.placed;
    all.refused += result.refused;
    if (!failure.ok()) {
      all.failure = failure;
      context.screen.Say(absl::StrCat(Printable(profile.name), ":"));
      SayFailure(context, failure);
      context.screen.Say(HelpText(failure));
    }
    SayRefused(context, result.trades);
  }
  all.trades = context.ledger.Pending();
  // (What another run has begun to send meanwhile, that run will report.)
  std::erase_if(all.trades, [&](const LedgerTrade& trade) {
    return before.empty() || trade.key > before.back().key;
  });
  all.pending = static_cast<int>(all.trades.size());
  for (size_t i = 0; i < std::min(all.trades.size(), kMostNamed); ++i) {
    context.screen.Say(PendingText(all.trades[i]));
  }
  if (all.trades.size() > kMostNamed) {
    context.screen.Say(
        absl::StrCat("and ", all.trades.size() - kMostNamed, " more; tally list shows them all"));
  }
  return all;
}

// A service that has lost a trade, or went back, may have lost others, too.
bool IsDoubted(const CheckedTrade& trade) {
  for (size_t i = 0; i < trade.warnings.size(); ++i) {
    if (!trade.acknowledged[i] && IsDoubt(trade.warnings[i])) return true;
  }
  return false;
}

// The trades to ask about: those that have ended come last, of them those first that were asked
// about the longest time ago.
std::vector<PlacedTrade> ToAsk(Context& context, bool all) {
  std::vector<PlacedTrade> trades;
  std::vector<PlacedTrade> ended;
  const absl::Time now = SystemNow();
  const absl::Duration recheck = context.options.recheck_ended;
  const std::map<int64_t, int> warned = context.ledger.OpenWarningCounts();
  for (PlacedTrade& trade : context.ledger.Placed()) {
    // A trade that has ended and matched is asked about now and then: what ended may be changed.
    if (all || !trade.ended || warned.contains(trade.key)) {
      trades.push_back(std::move(trade));
    } else if (recheck > absl::ZeroDuration() && now - trade.check_time >= recheck) {
      ended.push_back(std::move(trade));
    }
  }
  std::ranges::stable_sort(ended, {}, &PlacedTrade::check_time);
  std::ranges::move(ended, std::back_inserter(trades));
  return trades;
}

// Takes in what the shop of `profile` listed, a part at a time: others write meanwhile. How many
// trades were added.
int TakeIn(Context& context, const std::string& profile, std::span<const TradingInformation> trades,
           int* code) {
  int added = 0;
  for (size_t at = 0; at < trades.size(); at += kMostAtOnce) {
    std::vector<std::string> words;
    bool pending = false;
    context.ledger.InOneTransaction([&] {
      pending = !context.ledger.Pending(profile).empty();
      if (pending) return;
      for (const TradingInformation& information :
           trades.subspan(at, std::min(kMostAtOnce, trades.size() - at))) {
        const absl::Status sound = CheckInformation(information);
        const Listed listed = sound.ok()
                                  ? context.ledger.AddKnown(profile, information, SystemNow())
                                  : Listed::kKnown;
        if (listed == Listed::kAdded) ++added;
        const char* why = listed == Listed::kElsewhere ? "the ledger has it as another shop's"
                          : listed == Listed::kOther
                              ? "the ledger has another order of this shop under this id"
                              : nullptr;
        if (!sound.ok() || why != nullptr) {
          words.push_back(absl::StrCat(Printable(profile), ": ",
                                       information.contents.trading_id.ToString(),
                                       " is left out: ", sound.ok() ? why : sound.message()));
        }
      }
    });
    // One of the list may be such an order.
    if (pending) {
      words.push_back(
          absl::StrCat(Printable(profile),
                       ": not rebuilt while orders there are without an answer; sync again"));
      *code = Worse(*code, kUnreachable);
    }
    for (const std::string& word : words) context.screen.Say(word);
    if (pending) break;
  }
  return added;
}

// Adds what the shops list and the ledger does not have: a lost ledger is rebuilt. A shop that
// cannot be asked does not keep the others; `code` gets the worst.
int Rebuild(Context& context, int* code) {
  int added = 0;
  for (const Profile& profile : context.ledger.Profiles()) {
    absl::StatusOr<Shop> shop = context.OpenShop(profile.name);
    const auto trades = shop.ok() ? shop->ListTrades()
                                  : absl::StatusOr<std::vector<TradingInformation>>(shop.status());
    if (!trades.ok()) {
      *code = Worse(*code, Report(context, trades.status()));
      continue;
    }
    added += TakeIn(context, profile.name, *trades, code);
  }
  return added;
}

int Sync(Context& context, bool all, bool rebuild) {
  SyncCounts counts;
  const PlacingResult resolved = ResolvePending(context);
  const ResentRequests requests = ResendRequests(context);
  int other_code = requests.code;
  const int rebuilt = rebuild ? Rebuild(context, &other_code) : 0;
  int code = other_code;
  bool doubted = false;
  Json changed = Json::array();
  CheckMany(context, ToAsk(context, all), [&](const CheckedTrade& trade) {
    code = Worse(code, ExitCodeOf(trade));
    doubted = doubted || IsDoubted(trade);
    ++counts.asked;
    if (HasEnded(trade.trade) && trade.trade.order->state == OrderState::kCompleted) {
      ++counts.completed;
    }
    if (!trade.warnings.empty()) ++counts.warned;
    if (!trade.unreachable.empty()) ++counts.partial;
    CountMissing(trade, counts);
    if (context.screen.json()) {
      if (!trade.warnings.empty() || !trade.unreachable.empty()) changed.push_back(ToJson(trade));
    } else if (!trade.warnings.empty()) {
      context.screen.Print(
          absl::StrCat(trade.trade.information->contents.trading_id.ToString(), "\n",
                       WarningText(context.screen, trade.warnings, trade.acknowledged)));
    }
  });
  if (context.screen.json()) {
    Json pending = Json::array();
    for (const LedgerTrade& trade : resolved.trades) pending.push_back(PendingJson(trade));
    context.screen.PrintJson(Json{{"asked", counts.asked},
                                  {"completed", counts.completed},
                                  {"warned", counts.warned},
                                  {"partial", counts.partial},
                                  {"missing", counts.silent},
                                  {"placed", resolved.placed},
                                  {"refused", resolved.refused},
                                  {"unknown", resolved.pending},
                                  {"pending", pending},
                                  {"requests_done", requests.done},
                                  {"requests_refused", requests.refused},
                                  {"requests_unknown", requests.pending},
                                  {"rebuilt", rebuilt},
                                  {"trades", changed}});
  } else {
    if (rebuild) context.screen.Print(absl::StrCat(rebuilt, " trades added to the ledger\n"));
    context.screen.Print(absl::StrCat(counts.asked, " trades asked, ", counts.completed,
                                      " completed, ", counts.warned, " with warnings, ",
                                      counts.partial, " with an answer missing\n"));
    for (const auto& [who, trades] : counts.missing) {
      context.screen.Say(
          absl::StrCat("no answer from ", who, " (", trades, trades == 1 ? " trade)" : " trades)"));
    }
  }
  if (!all && doubted) {
    context.screen.Say(
        "a service has lost or taken back what it had said: tally sync --all asks about all trades "
        "that have ended, too");
  }
  if (resolved.pending > 0) code = Worse(code, CodeOfPending(resolved.failure));
  return resolved.refused > 0 ? Worse(code, kFailed) : code;
}

}  // namespace

void AddSyncCommand(CLI::App& app, Action& chosen) {
  auto all = std::make_shared<bool>(false);
  CLI::App* sync = app.add_subcommand(
      "sync", "Ask about all open trades and compare; about those that have ended once a day");
  sync->add_flag("--all", *all,
                 "Also about all trades that have ended, whenever they were asked about last");
  auto rebuild = std::make_shared<bool>(false);
  sync->add_flag("--rebuild", *rebuild, "First add the trades that the shops list for you");
  sync->callback(
      [=, &chosen] { chosen = [=](Context& context) { return Sync(context, *all, *rebuild); }; });
}

}  // namespace tallystick
