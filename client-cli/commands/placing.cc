#include "client-cli/commands/placing.h"

#include <algorithm>
#include <span>

#include "absl/strings/str_cat.h"
#include "platform/runtime/clock.h"

namespace tallystick {
namespace {

// The shop's answer as the ledger will keep it. An answer that is not about what was ordered is a
// refusal to take it in: the trade stays pending.
absl::Status TakeAnswer(const absl::StatusOr<TradingInformation>& answer, LedgerTrade& trade) {
  if (!answer.ok()) {
    if (IsUnreachable(answer.status())) return answer.status();
    trade.placement = Placement::kRefused;
    trade.refusal = std::string(answer.status().message());
    return absl::OkStatus();
  }
  if (answer->contents.trading_id.IsNil()) {
    return absl::InternalError("the shop answered without a trading id");
  }
  if (ContentsDigest(answer->contents) != answer->contents_digest) {
    return absl::InternalError("the shop's contents digest is not that of the contents it sent");
  }
  std::vector<GoodsQuantity> confirmed;
  for (const ContentsLine& line : answer->contents.lines) {
    confirmed.push_back({line.sku, line.quantity});
  }
  if (confirmed != trade.request.items || answer->contents.ship_to != trade.request.ship_to) {
    return absl::InternalError("the shop confirmed other goods or another address than ordered");
  }
  trade.placement = Placement::kPlaced;
  trade.information = *answer;
  return absl::OkStatus();
}

// Sends one batch and records what came back.
void Send(Context& context, Shop& shop, std::span<LedgerTrade> batch, PlacingResult& result) {
  const auto answers = shop.PlaceOrders(batch);
  if (!answers.ok()) {
    result.pending += static_cast<int>(batch.size());
    result.failure = answers.status();
    return;
  }
  for (size_t i = 0; i < batch.size(); ++i) {
    const absl::Status taken = TakeAnswer((*answers)[i], batch[i]);
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
    if (!request.reference.empty()) {
      const auto known = context.ledger.FindByReference(shop.profile().name, request.reference);
      if (known) {
        if (known->request != request) {
          return absl::FailedPreconditionError(
              absl::StrCat("reference '", request.reference,
                           "' was used for another order; give this one another reference"));
        }
        known->placement == Placement::kPlaced    ? ++result.placed_before
        : known->placement == Placement::kRefused ? ++result.refused
                                                  : ++result.pending;
        result.trades.push_back(*known);
        continue;
      }
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
