// What waits for a person, without what is over in the meantime.
#pragma once

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "platform/relay/work_queue.h"

namespace tallystick {

// What comes after `after`: `limit` of it, or all that there is. `look`, of some items, in their
// order, std::vector<std::optional<Shown>>, says what is shown of each; nothing for what needs
// nobody any more, which is taken out of the table and takes no place in the list. So many are
// looked at together that a long row of those does not outlast the transaction.
template <typename Shown, typename Look>
std::vector<Shown> ListWaiting(postgres::Transaction& transaction, const WorkTable& work,
                               const WorkItem& after, size_t limit, Look look) {
  constexpr size_t kTogether = 500;
  std::vector<Shown> waiting;
  std::vector<WorkItem> over;
  for (WorkItem last = after; waiting.size() < limit;) {
    const auto items = WorkTable::ListWaiting(transaction, last, std::max(limit, kTogether));
    if (items.empty()) break;
    last = items.back();
    std::vector<std::optional<Shown>> shown = look(items);
    for (size_t i = 0; i < items.size(); ++i) {
      if (!shown[i]) {
        over.push_back(items[i]);
      } else if (waiting.size() < limit) {
        waiting.push_back(*std::move(shown[i]));
      }
    }
  }
  work.Delete(transaction, over);
  return waiting;
}

}  // namespace tallystick
