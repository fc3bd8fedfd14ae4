#include "client-cli/commands/orders/placing.h"

#include <algorithm>
#include <span>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client-cli/match/placement.h"
#include "client-cli/output/trade_text.h"
#include "platform/error/error.h"
#include "platform/time/clock.h"

namespace tallystick {
namespace {

// The shop's answer as the ledger will keep it. An answer that is not about what was ordered is a
// refusal to take it in: the trade stays pending.
absl::Status TakeAnswer(const Context& context, const absl::StatusOr<TradingInformation>& answer,
                        LedgerTrade& trade) {
  if (!answer.ok()) {
    if (!IsFinal(answer.status())) return answer.status();
    trade.placement = Placement::kRefused;
    trade.refusal = std::string(answer.status().message());
    return absl::OkStatus();
  }
  const absl::Time now = SystemNow();
  const absl::Status taken = CheckPlacement(*answer, trade.request, trade.request_id,
                                            trade.create_time, context.options.check, now);
  if (!taken.ok()) return taken;
  trade.placement = Placement::kPlaced;
  trade.place_time = now;
  trade.information = *answer;
  return absl::OkStatus();
}

// Writes down what became of what was sent; a failure is not to look as if nothing had been.
template <typename Recording>
auto Record(Recording recording) {
  try {
    return recording();
  } catch (const std::exception& error) {
    throw OutcomeUnknown(error.what());
  }
}

// Sends orders whose sending the ledger knows to have begun, and records what came back.
class Sender {
 public:
  // `failure` gets why orders stay pending.
  Sender(Context& context, Shop& shop, absl::Status& failure)
      : context_(context), shop_(shop), failure_(failure) {}

  // What is more than one message takes goes out in halves. `reached`: the shop may have read them
  // already in this sending.
  void Send(std::span<LedgerTrade> batch, bool reached = false) {
    if (batch.empty()) return;
    if (stopped_) return Undelivered(batch, reached);
    size_t bytes = 0;
    for (const LedgerTrade& trade : batch) bytes += Shop::OrderBytes(trade);
    if (batch.size() > 1 && bytes > kMaxOrderBytesPerCall) return SendHalves(batch, reached);
    const auto answers = shop_.PlaceOrders(batch);
    const absl::Status& failed = answers.status();
    // Nor does one order that the shop cannot even read hold up the others; nor an answer that is
    // too large here: then they may be placed.
    const bool in_parts = absl::IsInvalidArgument(failed) || IsTooLarge(failed);
    if (in_parts && batch.size() > 1) {
      const bool unread = GetErrorDetail(failed).reason == kOrderTooLarge;
      return SendHalves(batch, reached || !unread);
    }
    if (!failed.ok() && !in_parts) {
      Stop(failed);
      if (IsUndelivered(failed)) Undelivered(batch, reached);
      return;
    }
    for (size_t i = 0; i < batch.size(); ++i) {
      Take(answers.ok() ? (*answers)[i] : absl::StatusOr<TradingInformation>(failed), reached,
           batch[i]);
    }
    const absl::Status kept = Record([&] { return context_.ledger.RecordPlacements(batch); });
    if (!kept.ok() && !stopped_) failure_ = kept;
  }

  // Sends orders that the ledger has, once more. What another run had an answer to meanwhile is
  // then as that run wrote it.
  void SendAgain(std::span<LedgerTrade> trades) {
    if (stopped_) return;
    std::vector<LedgerTrade> batch(trades.begin(), trades.end());
    const absl::StatusOr<std::vector<LedgerTrade>> others =
        context_.ledger.BeginSending(shop_.profile(), batch);
    if (!others.ok()) return Stop(others.status());
    Send(batch);
    for (LedgerTrade& trade : trades) {
      for (const std::vector<LedgerTrade>* now : {&std::as_const(batch), &*others}) {
        const auto found = std::find_if(now->begin(), now->end(), [&](const LedgerTrade& one) {
          return one.request_id == trade.request_id;
        });
        if (found == now->end()) continue;
        trade = *found;
        break;
      }
    }
  }

  // The shop could not be asked: whatever is left would fare the same.
  void Stop(const absl::Status& failure) {
    stopped_ = true;
    failure_ = failure;
  }
  bool stopped() const { return stopped_; }

 private:
  void SendHalves(std::span<LedgerTrade> batch, bool reached) {
    Send(batch.first(batch.size() / 2), reached);
    Send(batch.subspan(batch.size() / 2), reached);
  }

  void Undelivered(std::span<LedgerTrade> batch, bool reached) {
    if (reached) return;
    Record([&] { context_.ledger.NoteUndelivered(batch); });
    for (LedgerTrade& trade : batch) --trade.sendings;
  }

  void Take(const absl::StatusOr<TradingInformation>& answer, bool reached, LedgerTrade& trade) {
    // That it is too large now says nothing of an earlier sending.
    const bool earlier_is_open =
        (reached || trade.sendings > 1) && GetErrorDetail(answer.status()).reason == kOrderTooLarge;
    const absl::Status taken =
        earlier_is_open ? answer.status() : TakeAnswer(context_, answer, trade);
    if (taken.ok()) return;
    // Whoever is not let in any more would not be with the rest; nor is there room for it.
    if (IsNotAllowed(taken) || RetryAfter(taken)) return Stop(taken);
    if (!stopped_) failure_ = taken;
  }

  Context& context_;
  Shop& shop_;
  absl::Status& failure_;
  bool stopped_ = false;
};

// What has become of `unreported` since, and those that have come to be so.
void AddUnreported(Context& context, const Shop& shop, absl::Time since,
                   std::vector<LedgerTrade>& unreported) {
  for (LedgerTrade& trade : unreported) {
    trade = context.ledger.FindByRequestId(trade.request_id).value_or(trade);
  }
  for (LedgerTrade& trade : context.ledger.Unreported(shop.profile().name, since)) {
    const bool known =
        std::any_of(unreported.begin(), unreported.end(),
                    [&](const LedgerTrade& one) { return one.request_id == trade.request_id; });
    if (!known) unreported.push_back(std::move(trade));
  }
  // What was refused, or given up, may be ordered anew.
  std::erase_if(unreported, [](const LedgerTrade& trade) {
    return trade.placement == Placement::kRefused || trade.placement == Placement::kDropped;
  });
}

void SayWrittenByAnother(const Context& context) {
  context.screen.Say(
      "another command orders the same at this moment, and it is not ordered twice. To order the "
      "same once more: the same command again, or another --reference");
}

// An order that is to be written down.
LedgerTrade NewTrade(const Shop& shop, OrderRequest request) {
  LedgerTrade trade;
  trade.profile = shop.profile().name;
  trade.create_time = SystemNow();
  trade.request_id = NewUuidV7(trade.create_time);
  trade.request = std::move(request);
  return trade;
}

// Sends orders that the ledger has, in calls of at most kMaxPerCall.
void SendAllAgain(Sender& sender, std::span<LedgerTrade> trades) {
  for (size_t at = 0; at < trades.size(); at += kMaxPerCall) {
    sender.SendAgain(trades.subspan(at, std::min(kMaxPerCall, trades.size() - at)));
  }
}

// Adds `trades` to the result; those that are placed count as `placed`.
void Add(std::vector<LedgerTrade> trades, int& placed, PlacingResult& result) {
  for (LedgerTrade& trade : trades) {
    if (trade.placement == Placement::kPlaced) ++placed;
    if (trade.placement == Placement::kRefused) ++result.refused;
    if (trade.placement == Placement::kPending) ++result.pending;
    if (trade.placement == Placement::kDropped) ++result.not_placed;
    result.trades.push_back(std::move(trade));
  }
}

}  // namespace

std::optional<LedgerTrade> TakeRepeated(std::vector<LedgerTrade>& unreported,
                                        const OrderRequest& request) {
  for (auto trade = unreported.begin(); trade != unreported.end(); ++trade) {
    if (!IsSameOrder(trade->request, request)) continue;
    LedgerTrade repeated = std::move(*trade);
    unreported.erase(trade);
    return repeated;
  }
  return std::nullopt;
}

absl::Status CheckIsSame(const LedgerTrade& known, OrderRequest request) {
  // Of what came from a shop's list, nobody knows how it was to be paid.
  const bool listed = known.request.payment_method.empty();
  if (listed) request.payment_method.clear();
  // Whoever expects no total takes the order at the one that it was sent with.
  if (listed || !request.expected_total) request.expected_total = known.request.expected_total;
  if (known.request == request) return absl::OkStatus();
  return MakeError(absl::StatusCode::kFailedPrecondition, "REFERENCE_USED",
                   absl::StrCat("reference '", Printable(request.reference),
                                "' was used for another order; give this one another reference"),
                   {{"reference", request.reference}});
}

PlacingResult SendPending(Context& context, Shop& shop) {
  PlacingResult result;
  std::vector<LedgerTrade> pending = context.ledger.Pending(shop.profile().name);
  Sender sender(context, shop, result.failure);
  SendAllAgain(sender, pending);
  Add(std::move(pending), result.placed, result);
  return result;
}

absl::StatusOr<PlacingResult> PlaceAll(Context& context, Shop& shop,
                                       std::vector<OrderRequest> requests, size_t batch_size,
                                       const MayWrite& may_write) {
  // What this command may repeat is what nobody had told of when it was typed: another run may tell
  // its user while the next lines wait for the shop.
  const absl::Time begin = SystemNow();
  KnownOrders known_orders{context.ledger.LastKey(), {}};
  std::vector<LedgerTrade> unreported =
      context.ledger.Unreported(shop.profile().name, begin - Ledger::kUnreported);
  const PlacingResult earlier = SendPending(context, shop);
  if (!earlier.trades.empty()) {
    context.screen.Say(absl::StrCat("of ", earlier.trades.size(),
                                    " orders whose outcome was unknown, ", earlier.placed,
                                    " are placed now, ", earlier.refused, " refused"));
  }
  SayRefused(context, earlier.trades);
  AddUnreported(context, shop, begin - Ledger::kUnreported, unreported);
  for (const LedgerTrade& trade : unreported) known_orders.request_ids.insert(trade.request_id);
  PlacingResult result;
  std::vector<LedgerTrade> placed_before;
  std::vector<LedgerTrade> pending;         // sent again above, without an answer
  std::vector<LedgerTrade> sent_by_others;  // at this moment
  const auto take_known = [&](LedgerTrade known) {
    const bool sent_again =
        std::any_of(earlier.trades.begin(), earlier.trades.end(),
                    [&](const LedgerTrade& trade) { return trade.request_id == known.request_id; });
    (known.placement != Placement::kPending ? placed_before
     : sent_again                           ? pending
                                            : sent_by_others)
        .push_back(std::move(known));
  };
  std::vector<OrderRequest> fresh;
  for (OrderRequest& request : requests) {
    std::optional<LedgerTrade> known;
    if (!request.reference.empty()) {
      known = context.ledger.FindByReference(shop.profile().name, request.reference);
      const absl::Status same = known ? CheckIsSame(*known, request) : absl::OkStatus();
      if (!same.ok()) return same;
    } else if ((known = TakeRepeated(unreported, request)) &&
               known->placement == Placement::kPlaced) {
      // "Run the command again" orders nothing twice.
      context.screen.Say(
          absl::StrCat("an earlier command had no answer to this order; it was placed by a later "
                       "try, at ",
                       LocalTime(known->place_time),
                       ", and is not ordered again. To order the same once more: the same command "
                       "again, or another --reference"));
    }
    if (known) {
      take_known(*std::move(known));
    } else {
      fresh.push_back(std::move(request));
    }
  }
  if (!pending.empty()) result.failure = earlier.failure;
  Sender sender(context, shop, result.failure);
  size_t at = 0;
  while (at < fresh.size() && !sender.stopped()) {
    const size_t end = std::min(fresh.size(), at + batch_size);
    std::vector<LedgerTrade> batch;
    for (size_t i = at; i < end; ++i) batch.push_back(NewTrade(shop, fresh[i]));
    absl::StatusOr<std::vector<LedgerTrade>> others =
        context.ledger.BeginSending(shop.profile(), batch, &known_orders, may_write);
    if (!others.ok()) {
      sender.Stop(others.status());
      break;
    }
    sender.Send(batch);
    Add(std::move(batch), result.placed, result);
    // Another run, of the same file perhaps, was faster with these.
    for (LedgerTrade& other : *others) {
      if (other.request.reference.empty()) {
        SayWrittenByAnother(context);
        take_known(std::move(other));
        continue;
      }
      const auto mine = std::find_if(fresh.begin() + static_cast<std::ptrdiff_t>(at), fresh.end(),
                                     [&](const OrderRequest& request) {
                                       return request.reference == other.request.reference;
                                     });
      const absl::Status same = mine == fresh.end() ? absl::OkStatus() : CheckIsSame(other, *mine);
      if (same.ok()) {
        take_known(std::move(other));
      } else {
        context.screen.Say(absl::StrCat("not placed: ", same.message()));
        ++result.not_placed;
      }
    }
    at = end;
    if (fresh.size() > batch_size) {
      context.screen.Progress(absl::StrCat(end, " of ", fresh.size(), " orders sent"),
                              end == fresh.size() || sender.stopped());
    }
  }
  result.not_sent = static_cast<int>(fresh.size() - at);
  SendAllAgain(sender, sent_by_others);
  Add(std::move(sent_by_others), result.placed_before, result);
  Add(std::move(pending), result.placed_before, result);
  Add(std::move(placed_before), result.placed_before, result);
  return result;
}

}  // namespace tallystick
