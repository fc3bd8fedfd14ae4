// tally track --at TIME: the statuses at a time. The services keep the request and take the
// snapshot, whether or not this command still runs then.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "client-cli/commands/check/track_text.h"
#include "client-cli/input/arguments.h"
#include "platform/time/clock.h"

namespace tallystick {
namespace {

constexpr absl::Duration kLeaveRequest = absl::Seconds(1);
constexpr absl::Duration kCountdown = absl::Seconds(1);

// The time that was meant: a request of the same words that was not answered yet goes on.
absl::StatusOr<absl::Time> TimeOf(Context& context, const LedgerTrade& trade,
                                  const std::string& when) {
  if (const auto known = context.ledger.FindSnapshotRequest(trade.key, when)) {
    context.screen.Say(
        absl::StrCat("going on with the request for ", TimeText(known->receive_time)));
    return known->receive_time;
  }
  return ParseTime(when, SystemNow());
}

std::vector<TradeView> AskAt(Context& context, const LedgerTrade& trade, absl::Time time,
                             absl::Duration timeout, RetryBudget& budget) {
  absl::StatusOr<Shop> shop = context.OpenShop(trade.profile, timeout);
  if (!shop.ok()) {
    Report(context, shop.status());
    return {};
  }
  return shop->Ask(std::span(&trade, 1), time, budget);
}

// The services that did not say that they keep the request.
std::vector<std::string> NotKeptBy(const TradeView& view) {
  std::vector<std::string> names;
  const auto check = [&](Side side, const auto& answer) {
    if (answer.get() == nullptr && answer.reason != "NOT_YET") names.push_back(ServiceOf(side));
  };
  ForEachSide(check, view);
  return names;
}

// What the services have refused for good: asking again would not help.
absl::Status RefusalOf(const TradeView& view) {
  absl::Status refusal;
  const auto check = [&](Side, const auto& answer) {
    if (!refusal.ok()) return;
    if (answer.reason == "INVALID_FIELD" || answer.reason == "TOO_MANY_SNAPSHOTS") {
      refusal = absl::InvalidArgumentError(answer.error);
    } else if (answer.not_allowed) {
      refusal = absl::PermissionDeniedError(answer.error);
    }
  };
  ForEachSide(check, view);
  return refusal;
}

// Reports a refusal and forgets the request.
int Refused(Context& context, const LedgerTrade& trade, const std::string& when,
            const absl::Status& refusal) {
  context.ledger.RemoveSnapshotRequest(trade.key, when);
  return Report(context, refusal);
}

void WaitUntilTime(Context& context, absl::Time time) {
  while (true) {
    const absl::Duration left = time - absl::Now();
    if (left <= absl::ZeroDuration()) break;
    context.screen.Progress(
        absl::StrCat("waiting for ", absl::FormatTime("%H:%M:%S", time, absl::LocalTimeZone()),
                     ", ", absl::FormatDuration(absl::Ceil(left, absl::Seconds(1))), " to go"),
        false);
    absl::SleepFor(std::min(left, kCountdown));
  }
  context.screen.Progress("", false);
}

// A snapshot belongs to a time that is past: it is compared in itself, and does not become the
// latest that the ledger holds.
CheckedTrade JudgeSnapshot(Context& context, const LedgerTrade& trade, TradeView view,
                           absl::Time time) {
  ForEachSide([time](Side, auto& answer) { answer.ask_time = time; }, view);
  view.shops_word.ask_time = time;
  CheckedTrade checked = Judge(context, trade, std::move(view), false, time);
  checked.trade = trade;
  const auto take = [&](Side side, const auto& answer, auto& to) {
    to.reset();
    if (answer.get() != nullptr) {
      to = answer.status;
      return;
    }
    checked.complete = false;
    checked.notes[side] = "no answer";
    checked.unreachable.push_back(absl::StrCat(ServiceOf(side), ": ", answer.error));
    checked.not_allowed = checked.not_allowed || answer.not_allowed;
  };
  ForEachSide(take, checked.view, checked.trade);
  const std::vector<KeptWarning> kept = context.ledger.UnresolvedWarnings(trade.key);
  for (const Warning& warning : checked.warnings) {
    checked.acknowledged.push_back(
        std::any_of(kept.begin(), kept.end(), [&](const KeptWarning& known) {
          return known.acknowledge_time && IsSame(known.warning, warning);
        }));
  }
  return checked;
}

void Show(Context& context, const CheckedTrade& checked, absl::Time time, bool explain) {
  if (context.screen.json()) {
    Json json = ToJson(checked);
    json["receive_time"] = TimeText(time);
    context.screen.PrintJson(json);
    return;
  }
  context.screen.Print(
      absl::StrCat("As of ", absl::FormatTime("%Y-%m-%d %H:%M:%S", time, absl::LocalTimeZone()),
                   "\n", TrackText(context, checked, explain)));
}

}  // namespace

int TrackAt(Context& context, std::vector<LedgerTrade> trades, const std::string& when,
            bool explain) {
  std::vector<CheckedTrade> all;
  std::vector<absl::Time> times;
  RetryBudget leaving(absl::Milliseconds(context.options.retry_budget_ms));
  RetryBudget asking(absl::Milliseconds(context.options.retry_budget_ms));
  for (const LedgerTrade& trade : trades) {
    const absl::StatusOr<absl::Time> time = TimeOf(context, trade, when);
    if (!time.ok()) {
      Report(context, time.status());
      return kUsage;
    }
    times.push_back(*time);
    context.ledger.AddSnapshotRequest(trade.key, {when, *time});
    // The request is left with the services first; then there is time.
    if (*time > absl::Now() + kLeaveRequest) {
      const std::vector<TradeView> views = AskAt(context, trade, *time, kLeaveRequest, leaving);
      const absl::Status refusal = views.empty() ? absl::OkStatus() : RefusalOf(views[0]);
      if (!refusal.ok()) return Refused(context, trade, when, refusal);
      const auto missing = views.empty() ? std::vector<std::string>() : NotKeptBy(views[0]);
      if (!missing.empty()) {
        context.screen.Say(absl::StrCat("the request may not have reached ",
                                        absl::StrJoin(missing, ", "),
                                        "; it is made once more at the time"));
      }
    }
  }
  for (size_t i = 0; i < trades.size(); ++i) {
    WaitUntilTime(context, times[i]);
    const absl::Duration timeout = absl::Milliseconds(context.options.timeout_ms);
    const std::vector<TradeView> views = AskAt(context, trades[i], times[i], timeout, asking);
    if (views.empty()) {
      return Report(context, context.ledger.FindProfile(trades[i].profile).status());
    }
    const absl::Status refusal = RefusalOf(views[0]);
    if (!refusal.ok()) return Refused(context, trades[i], when, refusal);
    all.push_back(JudgeSnapshot(context, trades[i], views[0], times[i]));
    Show(context, all.back(), times[i], explain);
    if (all.back().complete) context.ledger.RemoveSnapshotRequest(trades[i].key, when);
  }
  return ExitCodeOf(all);
}

}  // namespace tallystick
