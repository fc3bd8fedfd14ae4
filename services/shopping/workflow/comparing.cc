#include "services/shopping/workflow/comparing.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace tallystick::shopping {
namespace {

// Where payment and delivery stand with a trade, as far as the shop knows.
struct Known {
  TradePosition payment;
  TradePosition delivery;
};

Known KnownOf(const Order& order) {
  const OrderStatus& status = order.status.order;
  const Uuid& id = order.contents.trading_id;
  return {
      {id, HeardOf(order.status.payment), status.payment_instructions, status.contents_digest},
      {id, HeardOf(order.status.delivery), status.delivery_instructions, status.contents_digest}};
}

bool AgreesWith(const TradePosition& known, const TradePosition* theirs) {
  return theirs != nullptr && theirs->at == known.at &&
         theirs->instructions_applied == known.instructions_applied &&
         theirs->contents_digest == known.contents_digest;
}

// A page of one of the three, by trade.
template <typename Row>
struct Page {
  std::map<Uuid, Row> rows;
  bool is_last = false;

  const Row* Find(const Uuid& id) const {
    const auto found = rows.find(id);
    return found == rows.end() ? nullptr : &found->second;
  }
};

Page<TradePosition> PageOf(std::vector<TradePosition> positions, int limit) {
  Page<TradePosition> page;
  page.is_last = static_cast<int>(positions.size()) < limit;
  for (TradePosition& position : positions) {
    const Uuid id = position.trading_id;
    page.rows.emplace(id, std::move(position));
  }
  return page;
}

// An order that cannot be read is different from whatever the others say.
Page<Known> ReadPage(const std::vector<postgres::DocumentRow>& rows, int limit) {
  Page<Known> page;
  page.is_last = static_cast<int>(rows.size()) < limit;
  for (const postgres::DocumentRow& row : rows) {
    try {
      page.rows.emplace(row.trading_id, KnownOf(OrderCodec::Decode(row)));
    } catch (const postgres::Unreadable&) {
      page.rows.emplace(row.trading_id, Known{});
    }
  }
  return page;
}

// What is told again takes about so long to come back as a report.
constexpr absl::Duration kOnTheWay = absl::Milliseconds(100);

}  // namespace

bool IsOfTrade(const WorkItem& item) {
  return item.number != kCompareAll && item.number != kCompareChanged;
}

Compared ComparePages(std::vector<TradePosition> of_payment, std::vector<TradePosition> of_delivery,
                      const std::vector<postgres::DocumentRow>& orders, int limit) {
  const Page<TradePosition> payment = PageOf(std::move(of_payment), limit);
  const Page<TradePosition> delivery = PageOf(std::move(of_delivery), limit);
  const Page<Known> ours = ReadPage(orders, limit);
  Compared compared;
  // As far as all three pages reach.
  std::set<Uuid> ids;
  const auto take = [&](const auto& page) {
    for (const auto& [id, row] : page.rows) ids.insert(id);
    if (page.is_last || page.rows.empty()) return;
    const Uuid& last = page.rows.rbegin()->first;
    compared.end = compared.end ? std::min(*compared.end, last) : last;
  };
  take(payment);
  take(delivery);
  take(ours);
  for (const Uuid& id : ids) {
    if (compared.end && *compared.end < id) break;
    ++compared.trades;
    const Known* known = ours.Find(id);
    if (known != nullptr && AgreesWith(known->payment, payment.Find(id)) &&
        AgreesWith(known->delivery, delivery.Find(id))) {
      continue;
    }
    compared.different.push_back(id);
  }
  return compared;
}

WorkVerdict VerdictOf(const Reconciled& trade, const absl::Status& given_back) {
  // Found out once, and not when it is looked at again.
  if (!trade.trouble.empty()) return {WorkVerdict::kParked, {}, trade.trouble};
  if (!given_back.ok()) return {WorkVerdict::kRetry, {}, std::string(given_back.message())};
  if (trade.in_step) return {WorkVerdict::kDone};
  if (trade.has_more) return {WorkVerdict::kAgain};
  // It may be on its way; if it never comes, somebody has to look at it.
  return {WorkVerdict::kStuck, {}, trade.difference};
}

WorkVerdict VerdictOf(const WorkItem& item, const WorkVerdict& of_trade,
                      std::vector<WorkItem>& next) {
  if (of_trade.kind == WorkVerdict::kParked && item.number != kForPerson) {
    next.push_back(ForPersonItem(item.trading_id, of_trade.reason));
    return {WorkVerdict::kDone};
  }
  if (of_trade.kind == WorkVerdict::kStuck && item.number != kSeeInStep) {
    next.push_back({item.trading_id, kReconcileQueue.number, kSeeInStep, kOnTheWay, item.payload});
    return {WorkVerdict::kDone};
  }
  return of_trade;
}

}  // namespace tallystick::shopping
