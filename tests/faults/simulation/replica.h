// What the replicas of all three services share: transactions whose work is handed over, queues,
// messages to peers and from them, and the answers about statuses.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "platform/batch/gather.h"
#include "platform/calls/message_batch.h"
#include "platform/error/error.h"
#include "platform/relay/apply_numbered.h"
#include "platform/trade/sequence.h"
#include "platform/wire/convert.h"
#include "tallystick/v1/shopping.pb.h"
#include "tests/faults/simulation/cluster.h"
#include "tests/faults/simulation/inbox.h"
#include "tests/faults/simulation/steps.h"
#include "tests/faults/simulation/worker.h"

namespace tallystick::simulation {

// A server's own unit of work on the simulated tables; each step is looked at.
template <typename Aggregate, typename Codec>
class ObservedUnit : public UnitOfWork<Aggregate, Codec, SimulatedTables> {
  using Base = UnitOfWork<Aggregate, Codec, SimulatedTables>;

 public:
  ObservedUnit(Transaction& transaction, std::vector<Uuid> ids, absl::Time now)
      : Base(SimulatedTables{transaction}, std::move(ids), now) {}

  const Aggregate* Put(const Uuid& id, Aggregate value) {
    CheckStep(this->tables().transaction.process.world(), this->Find(id), value);
    return Base::Put(id, std::move(value));
  }
};

// The rules of a sequence, as somebody would have them who forgets to look at the number, or at
// what was refused.
template <SequenceRules Rules>
struct Unchecked : Rules {
  static int64_t LastApplied(const typename Rules::Aggregate*,
                             const typename Rules::Message& message) {
    return Rules::Number(message) - 1;
  }
};
template <SequenceRules Rules>
struct Forgetful : Rules {
  static std::string RefusalOf(const typename Rules::Aggregate&, const typename Rules::Message&) {
    return "";
  }
};

class Replica : public Process {
 public:
  struct Place {
    Cluster& cluster;
    Node& node;
    absl::Duration clock_error;
  };

  void Drain() {
    for (const auto& queue : queues_) queue->Drain();
  }

  // Decides and commits; what it causes is handed to the queues. `done` gets why it did not.
  void Commit(const char* what, Session::Begin begin,
              std::function<void(const absl::Status&)> done) {
    Commit(what, Session::On{}, std::move(begin), std::move(done));
  }
  // The same, on a database that the shop has compared.
  void CommitKnown(const char* what, Session::Begin begin,
                   std::function<void(const absl::Status&)> done) {
    Commit(what, Session::On{.known = true}, std::move(begin), std::move(done));
  }

  // Takes messages from peers into `inbox`; `read` says what they are, or why they are none.
  template <typename Request, typename Response, typename Message, typename Read>
  Method Receiver(Inbox<Message, ApplyAnswer>& inbox, Read read);

 protected:
  Replica(const Place& place, Database& database, const Settings& settings);

  Cluster& cluster() { return cluster_; }
  Database& database() { return database_; }
  const Settings& settings() const { return settings_; }

  void AddQueue(const Queue& queue, Worker::Handle handle);
  void Serve(const std::string& method, Method handle) {
    node_.methods[method] = std::move(handle);
  }
  // As many as there may be waiting: few under overload.
  size_t most_waiting() const { return world().plan.overload ? 6 : 1000; }

  // The queue that carries messages to one of `service`.
  template <typename Request, typename Response, typename Message>
  Worker::Handle Sender(Database& service, std::string method,
                        std::function<Message*(Request&)> add);

  // Answers what a trade is, or was at a revision: `fill(Record)` gives the status.
  template <typename Record, typename Fill>
  Method Teller(std::function<std::string(std::span<const postgres::HistoryEntry>)> compose,
                Fill fill);

  // The revisions after one that a watcher has had.
  Method Watched();

 private:
  void Commit(const char* what, Session::On on, Session::Begin begin,
              std::function<void(const absl::Status&)> done);
  absl::StatusOr<std::string> Document(
      const Uuid& id, int64_t revision,
      const std::function<std::string(std::span<const postgres::HistoryEntry>)>& compose);

  Cluster& cluster_;
  Node& node_;
  Database& database_;
  const Settings settings_;
  Session session_;
  std::vector<std::unique_ptr<Worker>> queues_;
};

template <typename Request, typename Response, typename Message>
Worker::Handle Replica::Sender(Database& service, std::string method,
                               std::function<Message*(Request&)> add) {
  return [this, &service, method = std::move(method), add = std::move(add)](
             std::span<const WorkItem> items, std::function<void(Verdicts)> done) {
    using Sent = rpc::MessageBatch<Request, Message>;
    Request request;
    const auto batch = std::make_shared<Sent>(items, add, request);
    if (batch->empty()) return done(std::move(*batch).Verdicts());
    const auto take = [this, batch, done](absl::StatusOr<std::string> bytes) {
      if (!bytes.ok()) return done(bytes.status());
      Response response;
      response.ParseFromString(*bytes);
      if (world().Has(Defect::kNotYetTakenForDone)) {
        for (v1::ApplyResult& result : *response.mutable_results()) {
          if (result.outcome() == v1::APPLY_OUTCOME_NOT_YET) {
            result.set_outcome(v1::APPLY_OUTCOME_APPLIED);
          }
        }
      }
      done(std::move(*batch).Verdicts(response));
    };
    cluster_.network().Call(node_, cluster_.OneOf(service), method, request.SerializeAsString(),
                            absl::Seconds(4), take);
  };
}

template <typename Request, typename Response, typename Message, typename Read>
Method Replica::Receiver(Inbox<Message, ApplyAnswer>& inbox, Read read) {
  return [this, &inbox, read](const std::string& bytes, SteadyTime deadline, Respond respond) {
    Request request;
    request.ParseFromString(bytes);
    Forget(version(), request);
    const auto& messages = read.all(request);
    auto dones = Gather<ApplyAnswer>(static_cast<size_t>(messages.size()),
                                     [respond](std::vector<absl::StatusOr<ApplyAnswer>> answers) {
                                       Response response;
                                       for (const auto& answer : answers)
                                         *response.add_results() = wire::ToProto(answer);
                                       respond(response.SerializeAsString());
                                     });
    for (int i = 0; i < messages.size(); ++i) {
      absl::StatusOr<Message> message = read.one(messages[i]);
      auto& done = dones[static_cast<size_t>(i)];
      if (message.ok()) {
        inbox.Submit(*std::move(message), deadline, std::move(done));
      } else {
        done(message.status());
      }
    }
  };
}

template <typename Record, typename Fill>
Method Replica::Teller(std::function<std::string(std::span<const postgres::HistoryEntry>)> compose,
                       Fill fill) {
  return [this, compose, fill](const std::string& bytes, SteadyTime, Respond respond) {
    After(world().dice.Between(absl::Microseconds(100), absl::Milliseconds(3)),
          [this, compose, fill, bytes, respond] {
            v1::GetOrderStatusRequest question;
            question.ParseFromString(bytes);
            const absl::StatusOr<std::string> document = Document(
                ParseUuid(question.trading_id()).value_or(Uuid{}), question.revision(), compose);
            if (!document.ok()) return respond(document.status());
            Record record;
            if (document->empty() || !record.ParseFromString(*document)) {
              return respond(absl::InternalError("what is stored cannot be read"));
            }
            respond(fill(record).SerializeAsString());
          });
  };
}

}  // namespace tallystick::simulation
