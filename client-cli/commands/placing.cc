#include "client-cli/commands/placing.h"

#include <algorithm>
#include <span>

#include "absl/strings/str_cat.h"
#include "platform/runtime/clock.h"

namespace tallystick {
absl::Status CheckInformation(const TradingInformation& information) {
  const OrderContents& contents = information.contents;
  if (contents.trading_id.IsNil()) {
    return absl::InternalError("the shop answered without a trading id");
  }
  if (ContentsDigest(contents) != information.contents_digest) {
    return absl::InternalError("the shop's contents digest is not that of the contents it sent");
  }
  if (!IsCurrencyCode(contents.currency)) {
    return absl::InternalError("the shop's answer is in no currency");
  }
  int64_t goods = 0;
  int64_t tax = 0;
  bool sound = contents.delivery_fee >= 0;
  const auto add = [&sound](int64_t& sum, int64_t amount) {
    const auto more = CheckedAdd(sum, amount);
    sound = sound && more && amount >= 0;
    sum = more.value_or(0);
  };
  for (const ContentsLine& line : contents.lines) {
    sound = sound && line.quantity > 0 &&
            CheckedMultiply(line.unit_price, line.quantity).value_or(-1) == line.goods_amount;
    add(goods, line.goods_amount);
    add(tax, line.tax_amount);
  }
  int64_t total = contents.delivery_fee;
  add(total, goods);
  add(total, tax);
  if (!sound || goods != contents.goods_total || tax != contents.tax_total ||
      total != contents.total) {
    return absl::InternalError("the shop's total is not the sum of what it is made of");
  }
  return absl::OkStatus();
}

namespace {

// The shop's answer as the ledger will keep it. An answer that is not about what was ordered is a
// refusal to take it in: the trade stays pending.
absl::Status TakeAnswer(const absl::StatusOr<TradingInformation>& answer, LedgerTrade& trade) {
  if (!answer.ok()) {
    if (!IsRefusal(answer.status())) return answer.status();
    trade.placement = Placement::kRefused;
    trade.refusal = std::string(answer.status().message());
    return absl::OkStatus();
  }
  const absl::Status sound = CheckInformation(*answer);
  if (!sound.ok()) return sound;
  std::vector<GoodsQuantity> confirmed;
  for (const ContentsLine& line : answer->contents.lines) {
    confirmed.push_back({line.sku, line.quantity});
  }
  if (confirmed != trade.request.items || answer->contents.ship_to != trade.request.ship_to) {
    return absl::InternalError("the shop confirmed other goods or another address than ordered");
  }
  if (answer->contents.terms != trade.request.terms) {
    return absl::InternalError("the shop confirmed other terms than ordered");
  }
  if (answer->contents.delivery_option != trade.request.delivery_option ||
      answer->contents.buyer_reference != trade.request.reference) {
    return absl::InternalError("the shop confirmed another delivery option or reference");
  }
  const auto& expected = trade.request.expected_total;
  if (expected && *expected != Money{answer->contents.currency, answer->contents.total}) {
    return absl::InternalError("the shop confirmed another total than the one that was agreed to");
  }
  trade.placement = Placement::kPlaced;
  trade.place_time = SystemNow();
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
    const absl::Status taken =
        answers.ok() ? TakeAnswer((*answers)[i], batch[i]) : TakeAnswer(answers.status(), batch[i]);
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
