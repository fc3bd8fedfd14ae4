#include "services/shopping/workflow/trade_list.h"

#include <map>

namespace tallystick::shopping {

absl::StatusOr<TradePage> TradeList::List(const std::string& buyer, const ListedTrade& after,
                                          int page_size) {
  return session_.Run([&](postgres::Transaction& transaction) {
    TradePage page;
    std::vector<ListedTrade> listed = TradesOf(transaction, buyer, after, page_size + 1);
    page.more = static_cast<int>(listed.size()) > page_size;
    if (page.more) listed.pop_back();
    if (listed.empty()) return page;
    page.last = listed.back();
    std::vector<Uuid> ids;
    for (const ListedTrade& trade : listed) ids.push_back(trade.trading_id);
    std::map<Uuid, std::string> documents;
    for (postgres::DocumentRow& row : table_.Load(transaction, ids)) {
      documents[row.trading_id] = std::move(row.document);
    }
    for (const Uuid& id : ids) page.documents.push_back(std::move(documents[id]));
    return page;
  });
}

absl::StatusOr<std::vector<WorkVerdict>> TradeList::ListUnderBuyers(
    std::span<const WorkItem> items) {
  std::vector<Uuid> ids;
  for (const WorkItem& item : items) ids.push_back(item.trading_id);
  const auto listed = worker_session_.Run([&](postgres::Transaction& transaction) {
    shopping::ListUnderBuyers(transaction, ids);
    return true;
  });
  if (!listed.ok()) return listed.status();
  return std::vector<WorkVerdict>(items.size());
}

absl::StatusOr<std::vector<WorkItem>> TradeList::ListWaiting(const WorkItem& after, size_t limit) {
  return session_.Run([&](postgres::Transaction& transaction) {
    return WorkTable::ListWaiting(transaction, after, limit);
  });
}

absl::StatusOr<ResolvedWork> TradeList::Resolve(const WorkResolution& resolution) {
  constexpr int16_t kMessages[] = {kPaymentQueue, kDeliveryQueue};
  return ResolveWork(session_, resolution, clock_(), "ShoppingOperations/ResolveWork", kMessages);
}

}  // namespace tallystick::shopping
