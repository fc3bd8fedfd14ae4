// What waits for a person, without what is over in the meantime.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "platform/relay/committer.h"
#include "platform/relay/work_queue.h"

namespace tallystick {

// One waiting item with the words for it.
struct WaitingItem {
  WorkItem item;
  std::string description;
};

// What comes after `after`: `limit` of it, or all that there is. `describe(const Aggregate*, const
// WorkItem&)`, with the trade or null, gives the words for an item; nullopt for what needs nobody
// any more, which is taken out of the table and takes no place in the list. So many are looked at
// together that a long row of those does not outlast the transaction.
template <typename Aggregate, typename Codec, typename Describe>
absl::StatusOr<std::vector<WaitingItem>> ListWaiting(Committer<Aggregate, Codec>& committer,
                                                     const WorkItem& after, size_t limit,
                                                     Describe describe) {
  constexpr size_t kTogether = 500;
  return committer.session().Run([&](postgres::Transaction& transaction) {
    std::vector<WaitingItem> waiting;
    std::vector<WorkItem> over;
    for (WorkItem last = after; waiting.size() < limit;) {
      const auto items = WorkTable::ListWaiting(transaction, last, std::max(limit, kTogether));
      if (items.empty()) break;
      last = items.back();
      const postgres::WorkingSet<Aggregate, Codec> trades({committer.table(), transaction},
                                                          TradesOf(items));
      for (const WorkItem& item : items) {
        std::optional<std::string> words = describe(trades.Find(item.trading_id), item);
        if (!words) {
          over.push_back(item);
        } else if (waiting.size() < limit) {
          waiting.push_back({item, *std::move(words)});
        }
      }
    }
    committer.work().Delete(transaction, over);
    return waiting;
  });
}

}  // namespace tallystick
