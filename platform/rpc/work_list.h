// The back office's list of what waits for a person: the same in all three services but for the
// words.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "platform/relay/work_queue.h"
#include "platform/rpc/call.h"
#include "tallystick/v1/trade.pb.h"

namespace tallystick::rpc {

inline constexpr int kDefaultPageSize = 100;
inline constexpr int kMaxPageSize = 1000;

// INVALID_FIELD unless 1 to kMaxPageSize; 0 is the default.
inline absl::StatusOr<int> ReadPageSize(int page_size) {
  if (page_size == 0) return kDefaultPageSize;
  if (page_size >= 1 && page_size <= kMaxPageSize) return page_size;
  return InvalidField("page_size",
                      absl::StrCat("give 1 to ", kMaxPageSize, ", or 0 for ", kDefaultPageSize));
}

// One waiting item with the words for it.
struct WaitingItem {
  WorkItem item;
  std::string queue;
  std::string description;
};

struct WaitingPage {
  std::vector<WaitingItem> items;
  bool more = false;
};

struct WaitingQuery {
  WorkItem after;
  int page_size = 0;
};

// INVALID_FIELD for a page size or token that makes no sense.
template <typename Request>
absl::StatusOr<WaitingQuery> ReadWaitingQuery(const Request& request) {
  WaitingQuery query;
  const absl::StatusOr<int> page_size = ReadPageSize(request.page_size());
  if (!page_size.ok()) return page_size.status();
  query.page_size = *page_size;
  if (request.page_token().empty()) return query;
  const std::vector<std::string> parts = absl::StrSplit(request.page_token(), '/');
  const std::optional<Uuid> id = ParseUuid(parts[0]);
  int queue = 0;
  if (parts.size() != 3 || !id || !absl::SimpleAtoi(parts[1], &queue) || queue < 0 ||
      queue > INT16_MAX || !absl::SimpleAtoi(parts[2], &query.after.number)) {
    return InvalidField("page_token", "give the previous answer's next_page_token");
  }
  query.after.trading_id = *id;
  query.after.queue = static_cast<int16_t>(queue);
  return query;
}

template <typename Response>
void WriteWaiting(const WaitingPage& page, Response* response) {
  for (const WaitingItem& waiting : page.items) {
    v1::WaitingWork* work = response->add_work();
    work->set_trading_id(waiting.item.trading_id.ToString());
    work->set_queue(waiting.queue);
    work->set_number(waiting.item.number);
    work->set_parked(waiting.item.attempts >= kParkedAttempts);
    work->set_attempts(work->parked() ? 0 : waiting.item.attempts);
    work->set_description(waiting.description);
  }
  if (!page.more) return;
  const WorkItem& last = page.items.back().item;
  response->set_next_page_token(
      absl::StrCat(last.trading_id.ToString(), "/", last.queue, "/", last.number));
}

}  // namespace tallystick::rpc
