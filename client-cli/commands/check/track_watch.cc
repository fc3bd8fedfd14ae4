// tally track --watch: every change at all three services, as it happens.
#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client-cli/commands/check/track_text.h"
#include "client-cli/remote/watch.h"
#include "platform/time/clock.h"

namespace tallystick {
namespace {

// How often broken streams are shown anew and the ledger's shops are asked about a trade that seems
// to have ended.
constexpr absl::Duration kLook = absl::Seconds(1);

// What the services have said so far about one trade.
struct Followed {
  CheckedTrade checked;
  TradeView view;
  absl::Time watched_since;
};

// Takes a change into the view and the ledger, and judges what is known then. The shop's account of
// the others is not part of a watch; the check at the end asks for it.
void Take(Context& context, const WatchEvent& event, Followed& followed) {
  const absl::Time now = SystemNow();
  TradeView& view = followed.view;
  // (A stream tells of every revision, also of those that another tally has seen meanwhile.)
  const auto take = [&](Side, auto& answer) {
    const auto* status = std::get_if<std::decay_t<decltype(answer.status)>>(&event.status);
    if (status == nullptr) return;
    answer.Set(*status);
    answer.ask_time = followed.watched_since;
  };
  ForEachSide(take, view);
  context.ledger.InOneTransaction([&] {
    followed.checked = JudgeAndKeep(context, std::move(followed.checked.trade), view, true, now);
  });
  // No answer is missing: the services speak when they have something to say.
  followed.checked.complete = false;
}

Json ChangeJson(const WatchEvent& event, const CheckedTrade& checked) {
  Json json = ToJson(checked);
  json["change"] = {
      {"service", ServiceOf(event.side)},
      {"revision",
       std::visit([](const StatusHeader& status) { return status.revision; }, event.status)}};
  return json;
}

// One change as a line, for what is not redrawn in place.
std::string ChangeLine(const WatchEvent& event, const CheckedTrade& checked) {
  const OrderContents& contents = checked.trade.information->contents;
  const std::string name = contents.buyer_reference.empty() ? absl::StrCat("#", checked.trade.key)
                                                            : Printable(contents.buyer_reference);
  std::string line;
  const auto put = [&](Side side, const auto& status) {
    if (side != event.side || !status) return;
    line = absl::StrCat(PreciseTime(status->update_time), "  ", name, "  ", ServiceOf(side), "  ",
                        ToString(status->state), "  revision ", status->revision);
  };
  ForEachSide(put, checked.trade);
  for (const Warning& warning : checked.warnings) absl::StrAppend(&line, "  ! ", warning.rule);
  return line + "\n";
}

std::vector<CheckedTrade> AllOf(const std::vector<Followed>& followed) {
  std::vector<CheckedTrade> all;
  all.reserve(followed.size());
  for (const Followed& trade : followed) all.push_back(trade.checked);
  return all;
}

}  // namespace

int TrackWatch(Context& context, std::vector<LedgerTrade> trades, bool explain) {
  std::map<std::string, Shop> shops;
  for (const LedgerTrade& trade : trades) {
    if (shops.contains(trade.profile)) continue;
    absl::StatusOr<Shop> shop = context.OpenShop(trade.profile);
    if (!shop.ok()) return Report(context, shop.status());
    shops.emplace(trade.profile, *std::move(shop));
  }
  // What is known before the first change: shown once, then changed in place.
  const absl::Time watched_since = SystemNow();
  std::vector<CheckedTrade> now = CheckTrades(context, trades);
  std::vector<Followed> followed(now.size());
  TradeWatch watch;
  for (size_t i = 0; i < now.size(); ++i) {
    watch.Add(shops.at(now[i].trade.profile), now[i].trade);
    followed[i].watched_since = watched_since;
    followed[i].view = now[i].view;
    // What the shop said of the others then, and what they were then, does not move with them.
    followed[i].view.shops_word = {};
    followed[i].view.then = {};
    followed[i].checked = std::move(now[i]);
  }
  if (context.screen.json()) {
    for (const Followed& trade : followed) context.screen.PrintJson(ToJson(trade.checked));
  }
  int drawn = context.screen.json() ? 0 : Draw(context, AllOf(followed), explain, 0);
  // What is taller than the window cannot be redrawn in it.
  const int height = TerminalHeight();
  const bool in_place = context.screen.live() && (height == 0 || drawn < height);
  while (true) {
    const bool all_ended = std::all_of(followed.begin(), followed.end(), [](const Followed& trade) {
      return HasEnded(trade.checked.trade);
    });
    if (all_ended || watch.not_allowed()) break;
    const std::optional<WatchEvent> event = watch.Next(absl::Now() + kLook);
    if (!event) {
      const std::vector<std::string> broken = watch.Broken();
      if (!broken.empty() && context.screen.live()) {
        context.screen.Progress(absl::StrCat("no stream from ", Printable(broken.front())), false);
      }
      continue;
    }
    Followed& trade = followed[event->trade];
    Take(context, *event, trade);
    if (context.screen.json()) {
      context.screen.PrintJson(ChangeJson(*event, trade.checked));
    } else if (in_place) {
      drawn = Draw(context, AllOf(followed), explain, drawn);
    } else {
      context.screen.Print(ChangeLine(*event, trade.checked));
    }
  }
  // Once more all together, the shop's account included: this is what the exit code says.
  trades.clear();
  for (Followed& trade : followed) trades.push_back(std::move(trade.checked.trade));
  const std::vector<CheckedTrade> last = CheckTrades(context, std::move(trades));
  if (context.screen.json()) {
    for (const CheckedTrade& trade : last) {
      if (!trade.warnings.empty() || !trade.unreachable.empty()) {
        context.screen.PrintJson(ToJson(trade));
      }
    }
  } else {
    Draw(context, last, explain, in_place ? drawn : 0);
  }
  return ExitCodeOf(last);
}

}  // namespace tallystick
