#include "services/shopping/workflow/trade_list.h"

#include <algorithm>
#include <map>

namespace tallystick::shopping {

absl::StatusOr<TradePage> TradeList::List(const std::string& buyer, const ListedTrade& after,
                                          int page_size, size_t max_bytes) {
  constexpr size_t kTogether = 50;
  return session_.Run([&](postgres::Transaction& transaction) {
    TradePage page;
    std::vector<ListedTrade> listed = TradesOf(transaction, buyer, after, page_size + 1);
    page.more = static_cast<int>(listed.size()) > page_size;
    if (page.more) listed.pop_back();
    // A few at a time, until the page holds enough.
    while (!listed.empty() && page.bytes < max_bytes) {
      const auto next = listed.begin() + static_cast<ptrdiff_t>(std::min(kTogether, listed.size()));
      Append(transaction, {listed.begin(), next}, max_bytes, page);
      listed.erase(listed.begin(), next);
    }
    page.more = page.more || !listed.empty();
    return page;
  });
}

void TradeList::Append(postgres::Transaction& transaction, std::span<const ListedTrade> trades,
                       size_t max_bytes, TradePage& page) const {
  std::vector<Uuid> ids;
  for (const ListedTrade& trade : trades) ids.push_back(trade.trading_id);
  std::map<Uuid, std::string> documents;
  for (postgres::DocumentRow& row : table_.Load(transaction, ids)) {
    documents[row.trading_id] = std::move(row.document);
  }
  for (const ListedTrade& trade : trades) {
    std::string& document = documents[trade.trading_id];
    if (!page.documents.empty() && page.bytes + document.size() > max_bytes) {
      page.more = true;
      page.bytes = max_bytes;
      return;
    }
    page.bytes += document.size();
    page.documents.push_back(std::move(document));
    page.last = trade;
  }
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

absl::StatusOr<std::vector<WaitingItem>> TradeList::ListWaiting(const WorkItem& after,
                                                                size_t limit) {
  return session_.Run([&](postgres::Transaction& transaction) {
    std::vector<WaitingItem> waiting;
    for (WorkItem& item : WorkTable::ListWaiting(transaction, after, limit)) {
      waiting.push_back({std::move(item), ""});
    }
    return waiting;
  });
}

absl::StatusOr<ResolvedWork> TradeList::Resolve(const WorkResolution& resolution) {
  constexpr Queue kMessages[] = {kPaymentQueue, kDeliveryQueue, kReconcileQueue};
  return ResolveWork(session_, resolution, clock_(), "ShoppingOperations/ResolveWork", kMessages);
}

}  // namespace tallystick::shopping
