#include "client-cli/commands/check/check.h"

#include <algorithm>
#include <future>
#include <iterator>
#include <map>
#include <memory>
#include <span>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client-cli/output/trade_text.h"
#include "client-cli/remote/failure_words.h"
#include "platform/time/clock.h"

namespace tallystick {
namespace {

// What could not be had is missing, and why is said.
template <typename Status>
void Note(const std::string& who, const Answer<Status>& answer, CheckedTrade& checked) {
  if (answer.get() == nullptr) checked.complete = false;
  if (!answer.unreachable()) return;
  checked.unreachable.push_back(absl::StrCat(who, ": ", answer.error));
  checked.not_allowed = checked.not_allowed || answer.not_allowed;
}

// Why a row shows `latest`, which came at `seen`, or nothing; empty when it shows the answer. What
// a service is held to stays in its row, also when it says something else now.
template <typename Status>
std::string RowNote(const Answer<Status>& answer, const std::optional<Status>& latest,
                    absl::Time seen) {
  const std::string as_of = latest ? absl::StrCat("; as of ", LocalTime(seen)) : "";
  if (answer.not_found()) return absl::StrCat("does not know the trade", as_of);
  if (answer.get() == nullptr) return absl::StrCat("no answer", as_of);
  // (Another tally may have had a later answer meanwhile.)
  if (!latest || answer.ask_time < seen) return "";
  if (answer.status.revision < latest->revision) {
    return absl::StrCat("went back to ", ToString(answer.status.state), as_of);
  }
  if (answer.status.revision > latest->revision || answer.status == *latest) return "";
  return absl::StrCat("says something else now", as_of);
}

// The answer becomes what its service is held to if it is of a higher revision.
template <typename Status>
void Take(const Answer<Status>& answer, absl::Time now, std::optional<Status>& latest,
          absl::Time& seen) {
  if (answer.get() == nullptr) return;
  if (latest && answer.status.revision <= latest->revision) return;
  latest = answer.status;
  seen = now;
}

// Another run may have added a later one since the trade was read. Where the service is held to
// nothing any more (the buyer has taken note that it went back), its answer is a new beginning.
template <typename Status>
void TakeKept(const Past<Status>& past, const Answer<Status>& answer, std::optional<Status>& latest,
              absl::Time& seen) {
  if (!past.highest) {
    if (answer.get() != nullptr) latest.reset();
    return;
  }
  if (latest && past.highest->status.revision <= latest->revision) return;
  latest = past.highest->status;
  seen = past.highest->observe_time;
}

// Adds what an earlier check found, this one did not, and is still open.
void AddUnresolved(Context& context, CheckedTrade& checked) {
  const size_t found = checked.warnings.size();
  for (KeptWarning& kept : context.ledger.UnresolvedWarnings(checked.trade.key)) {
    const bool known = std::any_of(
        checked.warnings.begin(), checked.warnings.begin() + static_cast<std::ptrdiff_t>(found),
        [&](const Warning& warning) { return IsSame(warning, kept.warning); });
    if (known) continue;
    checked.warnings.push_back(std::move(kept.warning));
    checked.acknowledged.push_back(kept.acknowledge_time.has_value());
  }
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

CheckedTrade Judge(Context& context, const LedgerTrade& trade, TradeView view, bool with_past,
                   absl::Time now) {
  std::vector<Warning> said;
  TradeView own = Admit(std::move(view), said);
  context.ledger.Recall(trade, context.options.twice_window, own);
  if (!with_past) {
    own.past = {};
  }
  Matched matched = MatchAdmitted(std::move(own), std::move(said), context.options.check, now);
  CheckedTrade checked;
  checked.view = std::move(matched.view);
  checked.warnings = std::move(matched.warnings);
  checked.lags = std::move(matched.lags);
  checked.in_step = matched.in_step;
  return checked;
}

CheckedTrade JudgeAndKeep(Context& context, LedgerTrade trade, TradeView view, bool partial,
                          absl::Time now) {
  CheckedTrade checked = Judge(context, trade, std::move(view), true, now);
  const TradeView& own = checked.view;
  const auto note = [&](Side side, const auto& past, const auto& answer, auto& latest) {
    TakeKept(past, answer, latest, trade.seen[side]);
    checked.notes[side] = RowNote(answer, latest, trade.seen[side]);
    Note(ServiceOf(side), answer, checked);
  };
  ForEachSide(note, own.past, own, trade);
  Note("shopping (its account of all three)", own.shops_word, checked);
  // What could not be had of the questions that followed is missing, too.
  const auto note_then = [&](Side side, const auto& then) {
    if (!then.unreachable()) return;
    Note(absl::StrCat(ServiceOf(side), " (at an earlier revision)"), then, checked);
  };
  ForEachSide(note_then, own.then);
  checked.acknowledged =
      context.ledger.Observe(own, trade.key, checked.warnings, partial || !checked.complete, now);
  const auto take = [&](Side side, const auto& answer, auto& latest) {
    Take(answer, now, latest, trade.seen[side]);
  };
  ForEachSide(take, own, trade);
  if (checked.complete && !partial) trade.check_time = now;
  const bool ended = HasEnded(trade);
  if (ended != trade.ended || (ended && trade.check_time == now)) {
    context.ledger.NoteEnded(trade.key, ended, trade.check_time);
    trade.ended = ended;
  }
  checked.trade = std::move(trade);
  AddUnresolved(context, checked);
  return checked;
}

std::string LagWords(const Lag& lag, absl::Time now) {
  const std::string steps = absl::StrCat(lag.steps, lag.steps == 1 ? " step" : " steps");
  const std::string since =
      absl::StrCat("since ", std::max<int64_t>(0, absl::ToInt64Seconds(now - lag.since)), " s");
  return lag.kind == Lag::kAheadOfShop
             ? absl::StrCat(lag.service, " is ", steps, " ahead of the shop's account, ", since)
             : absl::StrCat(lag.service, " has ", steps, " of the shop's instructions to go, ",
                            since);
}

std::string NoAnswerWords(const CheckedTrade& checked, const std::string& unreachable) {
  const std::pair<std::string, std::string> parts =
      absl::StrSplit(unreachable, absl::MaxSplits(": ", 1));
  const std::optional<Side> side = SideOfService(parts.first.substr(0, parts.first.find(' ')));
  const std::string cause = CauseWords(parts.second);
  return Printable(absl::StrCat(
      parts.first, side ? absl::StrCat(" at ", checked.trade.information->services[*side]) : "",
      ": ", cause.empty() ? parts.second : cause));
}

bool HasNewWarning(const CheckedTrade& checked) {
  for (size_t i = 0; i < checked.warnings.size(); ++i) {
    if (i >= checked.acknowledged.size() || !checked.acknowledged[i]) return true;
  }
  return false;
}

namespace {

// Trades of one shop, on their way to their answers.
class Part {
 public:
  // The asking goes on beside the caller, who must not use `shop` until it is over.
  Part(absl::StatusOr<Shop>& shop, std::vector<LedgerTrade> trades)
      : trades_(std::move(trades)), views_(std::async(std::launch::async, [this, &shop] {
          return shop.ok() ? shop->Ask(trades_)
                           : NobodyToAsk(trades_, std::string(shop.status().message()));
        })) {}
  Part(const Part&) = delete;

  void Wait() const { views_.wait(); }

  std::vector<CheckedTrade> JudgeAndKeepAll(Context& context) {
    std::vector<TradeView> views = views_.get();
    std::vector<CheckedTrade> checked;
    checked.reserve(trades_.size());
    const absl::Time now = SystemNow();
    context.ledger.InOneTransaction([&] {
      for (size_t i = 0; i < trades_.size(); ++i) {
        checked.push_back(
            JudgeAndKeep(context, std::move(trades_[i]), std::move(views[i]), false, now));
      }
    });
    return checked;
  }

 private:
  std::vector<LedgerTrade> trades_;
  std::future<std::vector<TradeView>> views_;
};

template <typename Trade>
std::map<std::string, std::vector<Trade>> ByShop(std::vector<Trade> trades) {
  std::map<std::string, std::vector<Trade>> by_profile;
  for (Trade& trade : trades) by_profile[trade.profile].push_back(std::move(trade));
  return by_profile;
}

}  // namespace

std::vector<CheckedTrade> CheckTrades(Context& context, std::vector<LedgerTrade> trades) {
  std::vector<CheckedTrade> all;
  for (auto& [profile, mine] : ByShop(std::move(trades))) {
    absl::StatusOr<Shop> shop = context.OpenShop(profile);
    for (auto at = mine.begin(); at != mine.end();) {
      const auto end = at + std::min<ptrdiff_t>(kMaxPerCall, mine.end() - at);
      Part part(shop, {std::make_move_iterator(at), std::make_move_iterator(end)});
      std::ranges::move(part.JudgeAndKeepAll(context), std::back_inserter(all));
      at = end;
    }
  }
  return all;
}

void CheckMany(Context& context, std::vector<PlacedTrade> trades,
               absl::FunctionRef<void(CheckedTrade)> visit) {
  const size_t count = trades.size();
  size_t checked = 0;
  const auto finish = [&](std::unique_ptr<Part> part) {
    if (part == nullptr) return;
    for (CheckedTrade& trade : part->JudgeAndKeepAll(context)) {
      visit(std::move(trade));
      ++checked;
    }
    if (count > kMaxPerCall) {
      context.screen.Progress(absl::StrCat(checked, " of ", count, " trades asked"),
                              checked == count);
    }
  };
  for (const auto& [profile, mine] : ByShop(std::move(trades))) {
    absl::StatusOr<Shop> shop = context.OpenShop(profile);
    std::unique_ptr<Part> asked;
    for (size_t at = 0; at < mine.size(); at += kMaxPerCall) {
      std::vector<LedgerTrade> next;
      for (const PlacedTrade& placed :
           std::span(mine).subspan(at, std::min(kMaxPerCall, mine.size() - at))) {
        absl::StatusOr<LedgerTrade> trade = context.ledger.FindByKey(placed.key);
        if (trade.ok()) next.push_back(*std::move(trade));
      }
      if (asked != nullptr) asked->Wait();
      auto asking = std::make_unique<Part>(shop, std::move(next));
      finish(std::exchange(asked, std::move(asking)));
    }
    finish(std::move(asked));
  }
}

int ExitCodeOf(const CheckedTrade& checked) {
  if (HasNewWarning(checked)) return kWarned;
  if (checked.not_allowed) return kNotAllowed;
  return checked.unreachable.empty() ? kAllWell : kUnreachable;
}

int ExitCodeOf(const std::vector<CheckedTrade>& checked) {
  int code = kAllWell;
  for (const CheckedTrade& trade : checked) code = Worse(code, ExitCodeOf(trade));
  return code;
}

Json ToJson(const CheckedTrade& checked) {
  const LedgerTrade& trade = checked.trade;
  Json warnings = Json::array();
  for (size_t i = 0; i < checked.warnings.size(); ++i) {
    warnings.push_back(ToJson(checked.warnings[i]));
    warnings.back()["acknowledged"] = i < checked.acknowledged.size() && checked.acknowledged[i];
  }
  Json on_the_way = Json::array();
  for (const Lag& lag : checked.lags) {
    on_the_way.push_back({{"service", lag.service},
                          {"kind", lag.kind == Lag::kAheadOfShop ? "ahead_of_shop" : "behind_shop"},
                          {"steps", lag.steps},
                          {"since", TimeText(lag.since)}});
  }
  PerSide<bool> remembered;
  for (const Side side : kSides) remembered[side] = !checked.notes[side].empty();
  Json json{{"trading_id", trade.information->contents.trading_id.ToString()},
            {"shop", trade.profile},
            {"reference", trade.information->contents.buyer_reference}};
  PutStatuses(trade, json);
  const OrderContents& contents = trade.information->contents;
  json["total"] = ToJson(Money{contents.currency, contents.total});
  json["owed"] = ToJson(Money{contents.currency, OwedOn(trade)});
  json["delivered"] = IsDelivered(trade);
  json["settled"] = IsPaid(trade);
  json["remembered"] = NamesJson(remembered);
  json["warnings"] = warnings;
  json["in_step"] = checked.in_step;
  json["on_the_way"] = on_the_way;
  json["unreachable"] = checked.unreachable;
  return json;
}

}  // namespace tallystick
