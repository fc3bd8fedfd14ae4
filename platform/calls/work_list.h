// The back office's calls about what waits for a person: the same in all three services but for the
// words.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "platform/calls/ask.h"
#include "platform/calls/page.h"
#include "platform/relay/resolve_work.h"
#include "platform/relay/waiting_list.h"
#include "platform/wire/convert.h"
#include "tallystick/v1/trade.pb.h"

namespace tallystick::rpc {

struct WaitingQuery {
  WorkItem after;
  int page_size = 0;
};

// What a service knows and does about such work; called by the thread of the task desk.
struct WaitingWork {
  std::span<const Queue> queues;
  // Those after an item, at most so many.
  std::function<absl::StatusOr<std::vector<WaitingItem>>(const WorkItem&, size_t)> list;
  std::function<absl::StatusOr<ResolvedWork>(const WorkResolution&)> resolve;
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
void WriteWaiting(const WaitingItem& waiting, std::span<const Queue> queues, Response& response) {
  v1::WaitingWork* work = response.add_work();
  work->set_trading_id(waiting.item.trading_id.ToString());
  work->set_queue(NameOf(queues, waiting.item.queue));
  work->set_number(waiting.item.number);
  work->set_parked(waiting.item.attempts >= kParkedAttempts);
  work->set_attempts(work->parked() ? 0 : waiting.item.attempts);
  work->set_description(waiting.description);
  work->set_reason(waiting.item.reason);
  work->set_refused(waiting.item.attempts == kRefusedAttempts);
}

// One page, whose last item's place is the token of the next.
template <typename Response>
absl::StatusOr<Response> ListPage(const WaitingWork& work, const WaitingQuery& query) {
  const auto page_size = static_cast<size_t>(query.page_size);
  const auto items = work.list(query.after, page_size + 1);
  if (!items.ok()) return items.status();
  Response response;
  for (size_t i = 0; i < items->size() && i < page_size; ++i) {
    WriteWaiting((*items)[i], work.queues, response);
  }
  if (items->size() > page_size) {
    const WorkItem& last = (*items)[page_size - 1].item;
    response.set_next_page_token(
        absl::StrCat(last.trading_id.ToString(), "/", last.queue, "/", last.number));
  }
  return response;
}

// The methods ListWork and ResolveWork.
template <typename ListRequest, typename ListResponse, typename ResolveRequest,
          typename ResolveResponse>
void AddWork(ServiceTable& table, TaskDesk& tasks, const WaitingWork& work) {
  AddTask<ListRequest, ListResponse>(
      table, "ListWork", ForOperators(), tasks,
      [](Call& call, const ListRequest& request) -> absl::StatusOr<WaitingQuery> {
        absl::StatusOr<WaitingQuery> query = ReadWaitingQuery(request);
        if (!query.ok()) return query;
        const absl::Status counted = call.CountRequests(static_cast<size_t>(query->page_size));
        if (!counted.ok()) return counted;
        return query;
      },
      [work](const WaitingQuery& query) { return ListPage<ListResponse>(work, query); });
  AddTask<ResolveRequest, ResolveResponse>(
      table, "ResolveWork", ForOperators(), tasks,
      [](Call& call, const ResolveRequest& request) -> absl::StatusOr<WorkResolution> {
        const absl::StatusOr<Uuid> id = wire::ReadTradingId("trading_id", request.trading_id());
        if (!id.ok()) return id.status();
        const bool drop = request.resolution() == v1::WORK_RESOLUTION_DROP;
        if (!drop && request.resolution() != v1::WORK_RESOLUTION_RETRY) {
          return InvalidField("resolution", "give RETRY or DROP");
        }
        return WorkResolution{*id, drop, call.subject()};
      },
      [work](const WorkResolution& resolution) -> absl::StatusOr<ResolveResponse> {
        const absl::StatusOr<ResolvedWork> resolved = work.resolve(resolution);
        if (!resolved.ok()) return resolved.status();
        ResolveResponse response;
        response.set_count(resolved->count);
        return response;
      });
}

}  // namespace tallystick::rpc
