#include "tests/faults/simulation/replica.h"

#include "absl/strings/str_join.h"

namespace tallystick::simulation {

Replica::Replica(const Place& place, Database& database, const Settings& settings)
    : Process(place.cluster.world(), place.node.name, place.clock_error),
      cluster_(place.cluster),
      node_(place.node),
      database_(database),
      settings_(settings),
      session_(*this, database, settings.work.lease) {
  set_version(settings.version);
}

void Replica::AddQueue(const Queue& queue, Worker::Handle handle) {
  QueueWorkerOptions options = settings_.work;
  options.queue = queue;
  queues_.push_back(std::make_unique<Worker>(*this, database_, options, std::move(handle)));
}

void Replica::Commit(const char* what, Session::On on, Session::Begin begin,
                     std::function<void(const absl::Status&)> done) {
  session_.Run(what, on, std::move(begin),
               [this, since = now(), done = std::move(done)](const absl::Status& status,
                                                             const std::vector<WorkItem>& work) {
                 if (!work.empty()) {
                   for (const auto& queue : queues_) queue->HandOver(work, since);
                 }
                 done(status);
               });
}

// As platform/postgres/document_reader.h.
absl::StatusOr<std::string> Replica::Document(
    const Uuid& id, int64_t revision,
    const std::function<std::string(std::span<const postgres::HistoryEntry>)>& compose) {
  if (database_.down()) return absl::UnavailableError("the database cannot be reached");
  const auto row = database_.documents.find(id);
  if (row == database_.documents.end() || row->second.revision == 0 ||
      row->second.buyer != kBuyer) {
    return TradeNotFound();
  }
  if (revision == 0) return row->second.document;
  const auto& entries = database_.history[id];
  const auto entry = entries.find(revision);
  if (entry == entries.end()) {
    return MakeError(absl::StatusCode::kNotFound, "REVISION_NOT_FOUND", "no such revision");
  }
  return compose(std::span(&entry->second, 1));
}

Method Replica::Watched() {
  return [this](const std::string& bytes, SteadyTime, Respond respond) {
    v1::GetOrderStatusRequest question;
    question.ParseFromString(bytes);
    if (database_.down()) return respond(absl::UnavailableError("the database cannot be reached"));
    constexpr size_t kMost = 20;
    std::vector<int64_t> revisions;
    const auto& entries = database_.history[ParseUuid(question.trading_id()).value_or(Uuid{})];
    for (auto at = entries.upper_bound(question.revision());
         at != entries.end() && revisions.size() < kMost; ++at) {
      revisions.push_back(at->first);
    }
    respond(absl::StrJoin(revisions, ","));
  };
}

}  // namespace tallystick::simulation
