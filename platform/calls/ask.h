// The bridge from a handler on gRPC's threads to the batcher that does its work: what a service
// adds for a method is how its request is read and how its answer is written.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "platform/batch/batcher.h"
#include "platform/batch/gather.h"
#include "platform/calls/method.h"
#include "platform/error/error.h"
#include "platform/transport/status.h"

namespace tallystick::rpc {

// The most elements that a batch call may carry.
inline constexpr int kMaxBatchCall = 500;

// The most that a batch call answers, in bytes; results beyond that say to be asked for again. Also
// the most that a page holds.
inline constexpr size_t kMaxAnswerBytes = 2 * 1024 * 1024;

// INVALID_ARGUMENT unless 1 <= count <= kMaxBatchCall.
inline absl::Status CheckBatchSize(absl::string_view field, int count) {
  if (count >= 1 && count <= kMaxBatchCall) return absl::OkStatus();
  return InvalidField(field, absl::StrCat("give 1 to ", kMaxBatchCall, ", not ", count));
}

// Takes results out of a batch's answer that is larger than that, until it is not; the first stays.
// The results have the `error` that stands in their place then.
template <typename Response>
void FitAnswer(Response& response) {
  size_t bytes = 0;
  for (auto& result : *response.mutable_results()) {
    const size_t size = result.ByteSizeLong();
    if (bytes == 0 || bytes + size <= kMaxAnswerBytes) {
      bytes += size;
      continue;
    }
    result.Clear();
    *result.mutable_error() = ToProto(MakeError(
        absl::StatusCode::kResourceExhausted, "ANSWER_FULL",
        "the answer holds no more; ask for this one again, with the same request id if it has one",
        {{"retry_after_ms", "0"}}));
  }
}

// Bounds the answers of a method whose response has `results`.
template <typename Response>
void BoundAnswer(Method& method) {
  method.most_bytes = kMaxAnswerBytes;
  method.fit = [](Method::Message& response) { FitAnswer(static_cast<Response&>(response)); };
}

// A method whose requests go to `batcher`, one each. `read(Call&, const Request&)` gives what the
// batcher takes, or why not; `write(Answer, Response&)` takes what it answers.
template <typename Request, typename Response, typename Task, typename Answer, typename Read,
          typename Write>
void AddAsk(ServiceTable& table, std::string name, Access access, Batcher<Task, Answer>& batcher,
            Read read, Write write) {
  Method& method = table.Add<Request, Response>(
      std::move(name), std::move(access),
      [&batcher, read = std::move(read), write = std::move(write)](
          Call& call, const Request& request, Response& response, Done done) {
        absl::StatusOr<Task> task = read(call, request);
        if (!task.ok()) return done(task.status());
        batcher.Submit(
            *std::move(task), call.patience(),
            [&response, write, done = std::move(done)](absl::StatusOr<Answer> answer) mutable {
              const absl::Status status = answer.status();
              if (status.ok()) write(*std::move(answer), response);
              done(status);
            });
      });
  method.has_room = [&batcher](const Patience& patience) { return batcher.HasRoom(patience); };
}

// A method that carries many requests, `count(request)` of them, which fill the response's
// `results`. `read(Call&, const Request&, int i)` gives the i-th; `write(StatusOr<Answer>, result)`
// or `write(const Request&, int i, StatusOr<Answer>, result)` its answer. The call itself succeeds,
// unless it carries more than its caller may have under way. `field` is their name in the request.
template <typename Request, typename Response, typename Task, typename Answer, typename Count,
          typename Read, typename Write>
void AddAskAll(ServiceTable& table, std::string name, Access access, absl::string_view field,
               Batcher<Task, Answer>& batcher, Count count, Read read, Write write) {
  const auto handle = [&batcher, field = std::string(field), count, read, write](
                          Call& call, const Request& request, Response& response, Done done) {
    const int size = count(request);
    absl::Status allowed = CheckBatchSize(field, size);
    if (allowed.ok()) allowed = call.CountRequests(static_cast<size_t>(size));
    if (!allowed.ok()) return done(allowed);
    auto gathered = [&call, &request, &response, write,
                     done = std::move(done)](std::vector<absl::StatusOr<Answer>> answers) mutable {
      for (auto& answer : answers) {
        call.CountItem(answer.status());
        if constexpr (requires { write(std::move(answer), response.add_results()); }) {
          write(std::move(answer), response.add_results());
        } else {
          const int i = response.results_size();
          write(request, i, std::move(answer), response.add_results());
        }
      }
      done(absl::OkStatus());
    };
    auto dones = Gather<Answer>(static_cast<size_t>(size), std::move(gathered));
    // When the last is answered the call is over, and request and call are gone.
    const Patience patience = call.patience();
    std::vector<absl::StatusOr<Task>> tasks;
    tasks.reserve(static_cast<size_t>(size));
    for (int i = 0; i < size; ++i) tasks.push_back(read(call, request, i));
    for (size_t i = 0; i < tasks.size(); ++i) {
      if (tasks[i].ok()) {
        batcher.Submit(*std::move(tasks[i]), patience, std::move(dones[i]));
      } else {
        dones[i](tasks[i].status());
      }
    }
  };
  Method& method = table.Add<Request, Response>(std::move(name), std::move(access), handle);
  method.has_items = true;
  method.has_room = [&batcher](const Patience& patience) { return batcher.HasRoom(patience); };
  if constexpr (requires(Response & response) { response.add_results()->mutable_error(); }) {
    BoundAnswer<Response>(method);
  }
}

// What is done one at a time, off the hot path, and may block. Its result is a message.
using TaskResult = absl::StatusOr<std::shared_ptr<google::protobuf::Message>>;
using TaskDesk = Batcher<std::function<TaskResult()>, std::shared_ptr<google::protobuf::Message>>;

// `BatcherOptions` are those of the desk; its batches have one task each.
inline TaskDesk::Answers RunTask(std::span<const std::function<TaskResult()>> tasks) {
  TaskDesk::Answers answers;
  for (const auto& task : tasks) answers.push_back(task());
  return answers;
}

// A method whose requests become tasks of `tasks`: `read(Call&, const Request&)` is what the task
// needs to know, or why there is none; `run(What) → StatusOr<Response>` is the task.
template <typename Request, typename Response, typename Read, typename Run>
void AddTask(ServiceTable& table, std::string name, Access access, TaskDesk& tasks, Read read,
             Run run) {
  AddAsk<Request, Response>(
      table, std::move(name), std::move(access), tasks,
      [read = std::move(read), run = std::move(run)](
          Call& call, const Request& request) -> absl::StatusOr<std::function<TaskResult()>> {
        auto what = read(call, request);
        if (!what.ok()) return what.status();
        return [run, what = *std::move(what)]() -> TaskResult {
          absl::StatusOr<Response> response = run(what);
          if (!response.ok()) return response.status();
          return std::make_shared<Response>(*std::move(response));
        };
      },
      [](const std::shared_ptr<google::protobuf::Message>& answer, Response& response) {
        response.Swap(static_cast<Response*>(answer.get()));
      });
}

}  // namespace tallystick::rpc
