// What the worker of kReconcileQueue makes of what it was told: which trades of a page the three do
// not speak of alike, and what becomes of one that was looked at. Pure.
#pragma once

#include <optional>
#include <vector>

#include "platform/relay/batch_in_hand.h"
#include "platform/trade/report.h"
#include "services/shopping/store/order_store.h"
#include "services/shopping/workflow/reconciling.h"

namespace tallystick::shopping {

struct Compared {
  int64_t trades = 0;
  std::vector<Uuid> different;
  std::optional<Uuid> end;  // the last that was compared; unset: there are no more
};

// The pages of the three after one trade, each of `limit` at most.
Compared ComparePages(std::vector<TradePosition> of_payment, std::vector<TradePosition> of_delivery,
                      const std::vector<postgres::DocumentRow>& orders, int limit);

// Whether work of kReconcileQueue is about one trade, and not a comparison of all.
bool IsOfTrade(const WorkItem& item);

// `given_back`: whether what the shop remembers has reached the others.
WorkVerdict VerdictOf(const Reconciled& trade, const absl::Status& given_back);

// An item's, by its trade's. What was given back and is on its way, and what a person has to look
// at, goes on as the work that is appended to `next`; the latter is parked (ForPersonItem).
WorkVerdict VerdictOf(const WorkItem& item, const WorkVerdict& of_trade,
                      std::vector<WorkItem>& next);

}  // namespace tallystick::shopping
