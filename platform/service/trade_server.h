// A server of trades, whatever its rules: the ports and their door, health, the ways in which
// statuses are read, the queues of due work, and the order in which all of it begins and ends. A
// service adds what is its own: its workflows and batchers, a line a queue, a table of methods.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "platform/admission/gate.h"
#include "platform/batch/batcher.h"
#include "platform/calls/ask.h"
#include "platform/calls/change_calls.h"
#include "platform/calls/method.h"
#include "platform/history/change_hub.h"
#include "platform/history/status_desk.h"
#include "platform/lang/mutex.h"
#include "platform/relay/committer.h"
#include "platform/relay/queue_worker.h"
#include "platform/service/server.h"
#include "platform/service/server_settings.h"
#include "platform/service/survey.h"

namespace tallystick::rpc {

// What the statuses of a service are read from.
struct TradeTables {
  std::string documents;  // the table that says whose a trade is
  PastStatus past;
  std::optional<int16_t> report_queue;          // see TrimmerOptions
  std::vector<postgres::Retention> retentions;  // besides those of history, snapshots and audit
  std::span<const Queue> queues;                // all of the table of work
  std::vector<std::string> states;              // names of a trade's states, by their numbers
  FillChange fill_change;                       // what an entry of the history tells
};

// Built by one thread, from Create to Listen; then thread-safe.
class TradeServer {
 public:
  // Knows whom it lets in, reads statuses, and listens to nobody yet. What TokenVerifier says when
  // there are no keys.
  static absl::StatusOr<std::unique_ptr<TradeServer>> Create(const ServerSettings& settings,
                                                             TradeTables tables);
  // Calls end first, then the batchers that serve them, then the queues, then what all of them use.
  ~TradeServer();
  TradeServer(const TradeServer&) = delete;

  const ServerSettings& settings() const { return settings_; }
  const postgres::Database& database() const { return settings_.database; }
  const Gate& gate() const { return *gate_; }
  StatusDesk& desk() { return *desk_; }
  // Of this process. What it counts is told at the port for whoever watches, if there is one.
  metrics::Metrics& metrics() { return *metrics_; }
  // For what is done one at a time.
  TaskDesk& tasks() { return *tasks_; }

  // For a workflow on the table of documents: what it commits is handed to its queues and told to
  // watchers.
  CommitterOptions CommitterFor(std::string table);

  // Another server that this one calls; see ServerSettings.
  Peer PeerAt(const std::string& service, const std::string& addresses);

  // A part of the service, such as a workflow; outlives batchers and queues.
  template <typename Part, typename... Args>
  Part& Make(Args&&... args) {
    auto part = std::make_shared<Part>(std::forward<Args>(args)...);
    parts_.push_back(part);
    return *part;
  }

  // Requests that are written together; `name`: what metrics call them.
  template <typename Request, typename Answer>
  Batcher<Request, Answer>& MakeBatcher(absl::string_view name,
                                        typename Batcher<Request, Answer>::Process process) {
    return MakeBatcher<Request, Answer>(name, settings_.batching, std::move(process));
  }
  // Requests that have a transaction each: one answer at a time.
  template <typename Request, typename Answer>
  Batcher<Request, Answer>& MakeSingle(absl::string_view name,
                                       std::function<absl::StatusOr<Answer>(const Request&)> one) {
    return MakeBatcher<Request, Answer>(name, settings_.one_by_one(),
                                        [one = std::move(one)](std::span<const Request> requests) {
                                          std::vector<absl::StatusOr<Answer>> answers;
                                          for (const Request& request : requests)
                                            answers.push_back(one(request));
                                          return answers;
                                        });
  }

  // Work of this queue is done by `handle`, from now on.
  void AddQueue(const Queue& queue, QueueWorker::Handle handle);

  // The methods of a service for buyers and back office; of one for peers.
  void Offer(ServiceTable table) { public_tables_.push_back(std::move(table)); }
  void OfferPeers(ServiceTable table) { internal_tables_.push_back(std::move(table)); }

  // Opens the ports. Once, last.
  absl::Status Listen();

  // Stops taking calls, finishes those under way and the work at hand.
  void Drain();

 private:
  TradeServer(const ServerSettings& settings, TradeTables tables, std::unique_ptr<Gate> gate);
  StatusDeskOptions DeskOptions(TradeTables tables);
  ServiceTable ChangeCallsOfAll();
  void HandOver(const std::vector<WorkItem>& work, const std::vector<Uuid>& changed,
                SteadyTime since) ABSL_LOCKS_EXCLUDED(queues_mutex_);

  template <typename Request, typename Answer>
  Batcher<Request, Answer>& MakeBatcher(absl::string_view name, BatcherOptions options,
                                        typename Batcher<Request, Answer>::Process process) {
    options.meters = BatchMetersOf(*metrics_, name);
    auto batcher = std::make_shared<Batcher<Request, Answer>>(options, std::move(process));
    batchers_.push_back(batcher);
    return *batcher;
  }

  const std::unique_ptr<metrics::Metrics> metrics_;  // first: what counts goes before it
  const ServerSettings settings_;
  const std::span<const Queue> all_queues_;
  const StateMeters states_;
  const std::unique_ptr<Gate> gate_;
  const FillChange fill_change_;
  const ChangeSource change_source_;
  std::unique_ptr<StatusDesk> desk_;
  std::unique_ptr<ChangeHub> change_hub_;
  std::vector<std::shared_ptr<void>> parts_;
  // The first queues commit while others are added. Held for moments only: to hand over is to put
  // into memory.
  Mutex queues_mutex_;
  std::vector<std::unique_ptr<QueueWorker>> queues_ ABSL_GUARDED_BY(queues_mutex_);
  std::vector<std::shared_ptr<void>> batchers_;
  std::unique_ptr<TaskDesk> tasks_;
  std::vector<ServiceTable> public_tables_;
  std::vector<ServiceTable> internal_tables_;
  std::vector<NamedPeer> peers_;
  std::unique_ptr<Survey> survey_;
  std::unique_ptr<Server> server_;
};

}  // namespace tallystick::rpc
