// What the shop's decisions need of the transaction that they decide in, and what they share.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "platform/batch/batcher.h"
#include "platform/relay/trade_unit.h"
#include "services/shopping/domain/catalogue.h"
#include "services/shopping/store/order_store.h"
#include "services/shopping/store/reconcile_progress.h"
#include "services/shopping/store/refusal_store.h"

namespace tallystick::shopping {

// The contracts of what a TradeUnit does not have are OrderUnit's.
template <typename U>
concept ShopUnit = TradeUnit<U> &&
    requires(U& unit, const std::set<std::string>& skus, const Uuid& id, const std::string& buyer,
             const Refusal& refusal, const std::vector<StockAdjustment>& adjustments,
             std::span<const RequestKey> keys, std::span<const DecidedRequest> decided,
             const std::vector<WorkItem>& items) {
  {
    unit.NumbersOf(int16_t{}, std::span(&id, 1))
    } -> std::same_as<std::map<Uuid, std::set<int64_t>>>;
  unit.Park(items);
  { unit.ReasonsOf(items, int32_t{}) } -> std::same_as<std::vector<std::string>>;
  { unit.LoadCatalogue(skus) } -> std::same_as<Catalogue>;
  { unit.AddToStock(adjustments) } -> std::same_as<bool>;
  { unit.TakeWhatIsLeft(adjustments) } -> std::same_as<std::map<std::string, int64_t>>;
  { unit.Refusals() } -> std::same_as<std::map<Uuid, Refusal>>;
  unit.Refuse(id, buyer, refusal);
  { unit.LoadRefusedRequests(keys) } -> std::same_as<std::map<RequestKey, Refusal>>;
  unit.RecordDecidedRequests(decided);
  unit.RefuseAfterAll(decided);
};

// Writes a change and the instructions that it causes; gives the new state.
template <ShopUnit Unit>
const Order* PutChange(Unit& unit, Change change) {
  AppendInstructions(change, unit.work());
  const Uuid id = change.order.contents.trading_id;
  return unit.Put(id, std::move(change.order));
}

// What each trade is on a person's list for since it was looked at; empty: it is not.
template <ShopUnit Unit>
std::vector<std::string> ReasonsForPerson(Unit& unit, std::span<const Uuid> ids) {
  std::vector<WorkItem> items;
  for (const Uuid& id : ids) items.push_back(ForPersonItem(id, ""));
  return unit.ReasonsOf(items, kParkedAttempts);
}

// The work of looking at the trades that were noticed, but for those on a person's list: their
// messages will not fit until that person has done something.
template <ShopUnit Unit>
std::vector<WorkItem> NoticedOf(Unit& unit, std::span<const Uuid> ids, absl::Duration patience) {
  const std::vector<std::string> reasons = ReasonsForPerson(unit, ids);
  std::vector<WorkItem> noticed;
  for (size_t i = 0; i < ids.size(); ++i) {
    if (reasons[i].empty()) noticed.push_back(NoticedItem(ids[i], patience));
  }
  return noticed;
}

// Why nothing may be decided of a trade now: the three have to meet again first, or a person has to
// see to it that they do.
enum class Standstill { kNone, kForNow, kForPerson };

template <ShopUnit Unit>
std::map<Uuid, Standstill> StandstillsOf(Unit& unit, std::span<const Uuid> ids) {
  std::map<Uuid, Standstill> standstills;
  std::vector<WorkItem> rows;
  for (const auto& [id, numbers] : unit.NumbersOf(kReconcileQueue.number, ids)) {
    for (const int64_t number : {kFound, kSeeInStep, kForPerson}) {
      if (numbers.contains(number)) rows.push_back({id, kReconcileQueue.number, number});
    }
  }
  const std::vector<std::string> reasons = unit.ReasonsOf(rows, kTriedOften);
  for (size_t i = 0; i < rows.size(); ++i) {
    Standstill& of_trade = standstills[rows[i].trading_id];
    if (!reasons[i].empty()) {
      of_trade = Standstill::kForPerson;
    } else if (rows[i].number != kSeeInStep) {
      // (What is only seen to has been taken over.)
      of_trade = std::max(of_trade, Standstill::kForNow);
    }
  }
  return standstills;
}

// What a batch does to the stock, summed up by product.
inline std::vector<StockAdjustment> Summed(const std::map<std::string, int64_t>& deltas) {
  std::vector<StockAdjustment> adjustments;
  adjustments.reserve(deltas.size());
  for (const auto& [sku, delta] : deltas) adjustments.push_back({sku, delta});
  return adjustments;
}

// Its caller gets no answer any more, so that what it asked for must not happen.
inline absl::Status NobodyWaits() {
  return absl::DeadlineExceededError("the deadline passed before the request was decided");
}

template <typename Request>
bool AllWait(const Batch<Request>& batch, std::span<const size_t> indices) {
  return std::ranges::all_of(indices, [&](size_t i) { return batch.Waits(i); });
}

}  // namespace tallystick::shopping
