// The back office's list of what waits for a person: the same in all three services but for the
// words.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "platform/relay/resolve_work.h"
#include "platform/rpc/call.h"
#include "platform/wire/convert.h"
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
    work->set_reason(waiting.item.reason);
    work->set_refused(waiting.item.attempts == kRefusedAttempts);
  }
  if (!page.more) return;
  const WorkItem& last = page.items.back().item;
  response->set_next_page_token(
      absl::StrCat(last.trading_id.ToString(), "/", last.queue, "/", last.number));
}

// The page that follows from one item more than it takes; `list` gives those after an item, at most
// so many.
inline absl::StatusOr<WaitingPage> MakePage(
    const WaitingQuery& query,
    absl::FunctionRef<absl::StatusOr<std::vector<WaitingItem>>(const WorkItem&, size_t)> list) {
  auto items = list(query.after, static_cast<size_t>(query.page_size) + 1);
  if (!items.ok()) return items.status();
  WaitingPage page;
  page.more = static_cast<int>(items->size()) > query.page_size;
  if (page.more) items->pop_back();
  page.items = *std::move(items);
  return page;
}

// The call itself: `tasks` takes the query among others, and answers with a page among others.
template <typename Task, typename Answer, typename Request, typename Response>
grpc::ServerUnaryReactor* ListWorkCall(grpc::CallbackServerContext* context, Gate& gate,
                                       Batcher<Task, Answer>& tasks, const Request& request,
                                       Response* response) {
  absl::StatusOr<Admission> call = gate.AdmitOperator(*context);
  if (!call.ok()) return Finish(context, call.status());
  const absl::StatusOr<WaitingQuery> query = ReadWaitingQuery(request);
  if (!query.ok()) return Finish(context, query.status());
  const absl::Status counted = call->CountRequests(static_cast<size_t>(query->page_size));
  if (!counted.ok()) return Finish(context, counted);
  return Hand(context, *std::move(call), tasks, Task(*query), [response](const Answer& answer) {
    WriteWaiting(std::get<WaitingPage>(answer), response);
  });
}

// The call that decides about waiting work: `tasks` takes a WorkResolution among others, and
// answers with a ResolvedWork among others.
template <typename Task, typename Answer, typename Request, typename Response>
grpc::ServerUnaryReactor* ResolveWorkCall(grpc::CallbackServerContext* context, Gate& gate,
                                          Batcher<Task, Answer>& tasks, const Request& request,
                                          Response* response) {
  absl::StatusOr<Admission> call = gate.AdmitOperator(*context);
  if (!call.ok()) return Finish(context, call.status());
  const absl::StatusOr<Uuid> id = wire::ReadTradingId("trading_id", request.trading_id());
  if (!id.ok()) return Finish(context, id.status());
  const bool drop = request.resolution() == v1::WORK_RESOLUTION_DROP;
  if (!drop && request.resolution() != v1::WORK_RESOLUTION_RETRY) {
    return Finish(context, InvalidField("resolution", "give RETRY or DROP"));
  }
  WorkResolution resolution{*id, drop, call->subject()};
  return Hand(context, *std::move(call), tasks, Task(std::move(resolution)),
              [response](const Answer& answer) {
                response->set_count(std::get<ResolvedWork>(answer).count);
              });
}

// The tasks of a back office, one at a time: `run` gives the answer to one of each kind.
template <typename Answer, typename Task, typename Run>
std::vector<absl::StatusOr<Answer>> RunOperations(std::span<const Task> tasks, Run run) {
  std::vector<absl::StatusOr<Answer>> answers;
  for (const Task& task : tasks) {
    answers.push_back(std::visit(
        [&](const auto& one) -> absl::StatusOr<Answer> {
          auto answer = run(one);
          if (!answer.ok()) return answer.status();
          return *std::move(answer);
        },
        task));
  }
  return answers;
}

}  // namespace tallystick::rpc
