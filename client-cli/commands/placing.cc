#include "client-cli/commands/placing.h"

#include <algorithm>
#include <span>

#include "absl/strings/str_cat.h"
#include "platform/runtime/clock.h"

namespace tallystick {
namespace {

// The shop's answer as the ledger will keep it. An answer that is not about what was ordered is a
// refusal to take it in: the trade stays pending.
absl::Status TakeAnswer(const Context& context, const absl::StatusOr<TradingInformation>& answer,
                        LedgerTrade& trade) {
  if (!answer.ok()) {
    if (!IsRefusal(answer.status())) return answer.status();
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

// Sends one batch and records what came back.
void Send(Context& context, Shop& shop, std::span<LedgerTrade> batch, PlacingResult& result) {
  const auto answers = shop.PlaceOrders(batch);
  if (absl::IsInvalidArgument(answers.status()) && batch.size() > 1) {
    // One order that the shop cannot even read must not hold up the others.
    for (size_t i = 0; i < batch.size(); ++i) Send(context, shop, batch.subspan(i, 1), result);
    return;
  }
  if (!answers.ok() && !absl::IsInvalidArgument(answers.status())) {
    result.pending += static_cast<int>(batch.size());
    result.failure = answers.status();
    return;
  }
  for (size_t i = 0; i < batch.size(); ++i) {
    const absl::Status taken = answers.ok() ? TakeAnswer(context, (*answers)[i], batch[i])
                                            : TakeAnswer(context, answers.status(), batch[i]);
    if (!taken.ok()) {
      ++result.pending;
      result.failure = taken;
    } else if (batch[i].placement == Placement::kPlaced) {
      ++result.placed;
    } else {
      ++result.refused;
    }
  }
  context.ledger.RecordPlacements({batch.begin(), batch.end()});
}

// The trade that an earlier run left pending and that this request repeats, if there is one.
const LedgerTrade* FindRepeated(const PlacingResult& earlier, const OrderRequest& request) {
  for (const LedgerTrade& trade : earlier.trades) {
    if (trade.placement == Placement::kRefused) continue;
    // The total that was expected may be another one by now; the order is the same.
    OrderRequest earlier_request = trade.request;
    earlier_request.expected_total = request.expected_total;
    if (earlier_request == request) return &trade;
  }
  return nullptr;
}

bool StopsPlacing(const PlacingResult& result) { return !result.failure.ok(); }

}  // namespace

PlacingResult SendPending(Context& context, Shop& shop) {
  PlacingResult result;
  result.trades = context.ledger.Pending(shop.profile().name);
  for (size_t at = 0; at < result.trades.size(); at += kMaxPerCall) {
    const size_t count = std::min(kMaxPerCall, result.trades.size() - at);
    Send(context, shop, std::span(result.trades).subspan(at, count), result);
  }
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
  std::vector<OrderRequest> fresh;
  for (OrderRequest& request : requests) {
    std::optional<LedgerTrade> known;
    if (!request.reference.empty()) {
      known = context.ledger.FindByReference(shop.profile().name, request.reference);
      if (known && known->request != request) {
        return absl::FailedPreconditionError(
            absl::StrCat("reference '", request.reference,
                         "' was used for another order; give this one another reference"));
      }
    } else if (const LedgerTrade* repeated = FindRepeated(earlier, request)) {
      known = *repeated;  // "run the command again" orders nothing twice
    }
    if (known) {
      known->placement == Placement::kPlaced ? ++result.placed_before : ++result.pending;
      result.trades.push_back(*std::move(known));
      continue;
    }
    fresh.push_back(std::move(request));
  }
  if (result.pending > 0) result.failure = earlier.failure;

  for (size_t at = 0; at < fresh.size() && !StopsPlacing(result); at += batch_size) {
    std::vector<LedgerTrade> batch;
    for (size_t i = at; i < std::min(fresh.size(), at + batch_size); ++i) {
      LedgerTrade trade;
      trade.profile = shop.profile().name;
      trade.create_time = SystemNow();
      trade.request_id = NewUuidV7(trade.create_time);
      trade.request = std::move(fresh[i]);
      batch.push_back(std::move(trade));
    }
    context.ledger.AddPending(batch);
    Send(context, shop, batch, result);
    for (LedgerTrade& trade : batch) result.trades.push_back(std::move(trade));
    if (fresh.size() > batch_size) {
      const size_t done = std::min(fresh.size(), at + batch_size);
      context.screen.Progress(absl::StrCat(done, " of ", fresh.size(), " orders sent"),
                              done == fresh.size() || StopsPlacing(result));
    }
  }
  return result;
}

}  // namespace tallystick
