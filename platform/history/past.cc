#include "platform/history/past.h"

#include <algorithm>

namespace tallystick {
namespace {

// So many revisions of each trade are read at a time.
constexpr int64_t kPage = 4;

}  // namespace

PastStatus LatestEntry() {
  return {[](std::span<const postgres::HistoryEntry> history) { return history.back().entry; },
          nullptr, nullptr};
}

PastEntries LoadPast(postgres::Transaction& transaction, const PastStatus& past,
                     std::span<const postgres::Position> positions) {
  const int64_t page = past.is_enough ? kPage : 1;
  PastEntries found;
  // Where the next page of each position ends.
  std::map<std::pair<Uuid, int64_t>, postgres::Position> open;
  for (const postgres::Position& place : positions) {
    if (place.revision > 0) open[{place.trading_id, place.revision}] = place;
  }
  while (!open.empty()) {
    std::vector<postgres::Position> ends;
    ends.reserve(open.size());
    for (const auto& [key, end] : open) ends.push_back(end);
    std::map<Uuid, std::vector<postgres::HistoryEntry>> pages;
    for (postgres::HistoryEntry& entry : postgres::LoadHistoryUntil(transaction, ends, page)) {
      pages[entry.trading_id].push_back(std::move(entry));
    }
    for (auto at = open.begin(); at != open.end();) {
      const auto& [key, end] = *at;
      std::vector<postgres::HistoryEntry>& entries = found[key];
      std::vector<postgres::HistoryEntry> earlier;
      for (const postgres::HistoryEntry& entry : pages[key.first]) {
        const bool is_new = earlier.empty() || earlier.back().revision < entry.revision;
        if (is_new && entry.revision <= end.revision && entry.revision > end.revision - page) {
          earlier.push_back(entry);
        }
      }
      const bool is_last = static_cast<int64_t>(earlier.size()) < page;
      entries.insert(entries.begin(), std::make_move_iterator(earlier.begin()),
                     std::make_move_iterator(earlier.end()));
      const bool is_there = !entries.empty() && entries.back().revision == key.second;
      const bool is_enough = is_there && (!past.is_enough || past.is_enough(entries));
      if (is_enough || is_last || !is_there) {
        if (!is_enough) found.erase(key);
        at = open.erase(at);
      } else {
        at->second.revision -= page;
        ++at;
      }
    }
  }
  return found;
}

}  // namespace tallystick
