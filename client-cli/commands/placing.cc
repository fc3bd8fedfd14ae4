#include "client-cli/commands/placing.h"

#include <algorithm>
#include <span>

#include "absl/strings/str_cat.h"
#include "platform/error/error.h"
#include "platform/runtime/clock.h"

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
                                            trade.create_time, context.match_settings(), now);
  if (!taken.ok()) return taken;
  trade.placement = Placement::kPlaced;
  trade.place_time = now;
  trade.information = *answer;
  return absl::OkStatus();
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
    context_.ledger.RecordPlacements({batch.begin(), batch.end()});
  }

  // Sends orders that the ledger has, once more. What another run had an answer to meanwhile is
  // then as that run wrote it.
  void SendAgain(std::span<LedgerTrade> trades) {
    if (stopped_) return;
    std::vector<LedgerTrade> batch(trades.begin(), trades.end());
    const absl::Status begun = context_.ledger.BeginSending(shop_.profile(), batch);
    if (!begun.ok()) return Stop(begun);
    Send(batch);
    auto sent = batch.begin();
    for (LedgerTrade& trade : trades) {
      if (sent != batch.end() && sent->key == trade.key) {
        trade = std::move(*sent++);
      } else if (absl::StatusOr<LedgerTrade> known = context_.ledger.FindByKey(trade.key);
                 known.ok()) {
        trade = *std::move(known);
      }
    }
  }

 private:
  // The shop could not be asked: whatever is left would fare the same.
  void Stop(const absl::Status& failure) {
    stopped_ = true;
    failure_ = failure;
  }

  void SendHalves(std::span<LedgerTrade> batch, bool reached) {
    Send(batch.first(batch.size() / 2), reached);
    Send(batch.subspan(batch.size() / 2), reached);
  }

  void Undelivered(std::span<LedgerTrade> batch, bool reached) {
    if (reached) return;
    context_.ledger.NoteUndelivered(batch);
    for (LedgerTrade& trade : batch) --trade.sendings;
  }

  void Take(const absl::StatusOr<TradingInformation>& answer, bool reached, LedgerTrade& trade) {
    // That it is too large now says nothing of an earlier sending.
    const bool earlier_is_open =
        (reached || trade.sendings > 1) && GetErrorDetail(answer.status()).reason == kOrderTooLarge;
    const absl::Status taken =
        earlier_is_open ? answer.status() : TakeAnswer(context_, answer, trade);
    if (taken.ok()) return;
    // Whoever is not let in any more would not be with the rest.
    if (IsNotAllowed(taken)) return Stop(taken);
    if (!stopped_) failure_ = taken;
  }

  Context& context_;
  Shop& shop_;
  absl::Status& failure_;
  bool stopped_ = false;
};

// The trade that an earlier run left pending and that this request repeats, if there is one.
const LedgerTrade* FindRepeated(const PlacingResult& earlier, const OrderRequest& request) {
  for (const LedgerTrade& trade : earlier.trades) {
    if (trade.placement == Placement::kRefused || trade.placement == Placement::kDropped) continue;
    // The total that was expected may be another one by now; the order is the same.
    OrderRequest earlier_request = trade.request;
    earlier_request.expected_total = request.expected_total;
    if (earlier_request == request) return &trade;
  }
  return nullptr;
}

// The order that has the reference of `request`, if it has one. FAILED_PRECONDITION when that is
// another order.
absl::StatusOr<std::optional<LedgerTrade>> FindKnown(Context& context, const Shop& shop,
                                                     const OrderRequest& request) {
  if (request.reference.empty()) return std::nullopt;
  std::optional<LedgerTrade> known =
      context.ledger.FindByReference(shop.profile().name, request.reference);
  if (known && known->request != request) {
    return absl::FailedPreconditionError(
        absl::StrCat("reference '", request.reference,
                     "' was used for another order; give this one another reference"));
  }
  return known;
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
    result.trades.push_back(std::move(trade));
  }
}

}  // namespace

PlacingResult SendPending(Context& context, Shop& shop) {
  PlacingResult result;
  std::vector<LedgerTrade> pending = context.ledger.Pending(shop.profile().name);
  Sender sender(context, shop, result.failure);
  SendAllAgain(sender, pending);
  Add(std::move(pending), result.placed, result);
  return result;
}

absl::StatusOr<PlacingResult> PlaceAll(Context& context, Shop& shop,
                                       std::vector<OrderRequest> requests, size_t batch_size) {
  const PlacingResult earlier = SendPending(context, shop);
  if (!earlier.trades.empty()) {
    context.screen.Say(absl::StrCat("of ", earlier.trades.size(),
                                    " orders whose outcome was unknown, ", earlier.placed,
                                    " are placed now, ", earlier.refused, " refused"));
  }
  PlacingResult result;
  std::vector<LedgerTrade> placed_before;
  std::vector<LedgerTrade> pending;
  const auto take_known = [&](LedgerTrade known) {
    (known.placement == Placement::kPending ? pending : placed_before).push_back(std::move(known));
  };
  std::vector<OrderRequest> fresh;
  for (OrderRequest& request : requests) {
    absl::StatusOr<std::optional<LedgerTrade>> known = FindKnown(context, shop, request);
    if (!known.ok()) return known.status();
    if (!*known && request.reference.empty()) {
      // "Run the command again" orders nothing twice.
      if (const LedgerTrade* repeated = FindRepeated(earlier, request)) *known = *repeated;
    }
    if (*known) {
      take_known(**std::move(known));
    } else {
      fresh.push_back(std::move(request));
    }
  }
  if (!pending.empty()) result.failure = earlier.failure;
  Sender sender(context, shop, result.failure);
  for (size_t at = 0; at < fresh.size() && result.failure.ok(); at += batch_size) {
    const size_t end = std::min(fresh.size(), at + batch_size);
    std::vector<LedgerTrade> batch;
    for (size_t i = at; i < end; ++i) {
      LedgerTrade trade;
      trade.profile = shop.profile().name;
      trade.create_time = SystemNow();
      trade.request_id = NewUuidV7(trade.create_time);
      trade.request = fresh[i];
      batch.push_back(std::move(trade));
    }
    std::vector<LedgerTrade> begun = batch;
    const absl::Status may = context.ledger.BeginSending(shop.profile(), begun);
    if (!may.ok()) {
      result.failure = may;
      break;
    }
    // Another run, of the same file perhaps, was faster with the others.
    for (const LedgerTrade& trade : batch) {
      if (std::any_of(begun.begin(), begun.end(),
                      [&](const LedgerTrade& one) { return one.request_id == trade.request_id; })) {
        continue;
      }
      absl::StatusOr<std::optional<LedgerTrade>> known = FindKnown(context, shop, trade.request);
      if (!known.ok()) return known.status();
      if (*known) take_known(**std::move(known));
    }
    sender.Send(begun);
    Add(std::move(begun), result.placed, result);
    if (fresh.size() > batch_size) {
      context.screen.Progress(absl::StrCat(end, " of ", fresh.size(), " orders sent"),
                              end == fresh.size() || !result.failure.ok());
    }
  }
  // What another run is sending at this moment.
  if (result.failure.ok()) SendAllAgain(sender, pending);
  Add(std::move(pending), result.placed_before, result);
  Add(std::move(placed_before), result.placed_before, result);
  return result;
}

}  // namespace tallystick
