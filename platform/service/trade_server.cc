#include "platform/service/trade_server.h"

#include "platform/process/version.h"
#include "platform/service/reflection.h"
#include "platform/service/server_calls.h"

namespace tallystick::rpc {
namespace {

// All sessions with this database are counted.
ServerSettings Counted(ServerSettings settings, metrics::Metrics& metrics) {
  settings.database.meters = postgres::DatabaseMetersOf(metrics);
  return settings;
}

BatcherOptions Counted(BatcherOptions options, metrics::Metrics& metrics, absl::string_view name) {
  options.meters = BatchMetersOf(metrics, name);
  return options;
}

}  // namespace

absl::StatusOr<std::unique_ptr<TradeServer>> TradeServer::Create(const ServerSettings& settings,
                                                                 TradeTables tables) {
  absl::StatusOr<std::unique_ptr<Gate>> gate = settings.OpenGate();
  if (!gate.ok()) return gate.status();
  return std::unique_ptr<TradeServer>(
      new TradeServer(settings, std::move(tables), *std::move(gate)));
}

TradeServer::TradeServer(const ServerSettings& settings, TradeTables tables,
                         std::unique_ptr<Gate> gate)
    : metrics_(std::make_unique<metrics::Metrics>(!settings.ports.metrics_listen.empty())),
      settings_(Counted(settings, *metrics_)),
      all_queues_(tables.queues),
      states_(*metrics_, tables.states),
      gate_(std::move(gate)),
      fill_change_(std::move(tables.fill_change)),
      change_source_{tables.documents, static_cast<int64_t>(kMaxAnswerBytes)},
      desk_(std::make_unique<StatusDesk>(DeskOptions(std::move(tables)), settings_.database,
                                         SystemNow)),
      change_hub_(std::make_unique<ChangeHub>(
          ChangeHubOptions{change_source_, settings_.statuses.watches.look_interval,
                           settings_.statuses.watches.max_age},
          settings_.database)),
      tasks_(std::make_unique<TaskDesk>(
          Counted(settings_.one_by_one(), *metrics_, "tasks"),
          [](std::span<const std::function<TaskResult()>> tasks) { return RunTask(tasks); })) {}

StatusDeskOptions TradeServer::DeskOptions(TradeTables tables) {
  StatusDeskOptions options = settings_.DeskFor(std::move(tables.documents), std::move(tables.past),
                                                tables.report_queue, std::move(tables.retentions));
  options.present_meters = BatchMetersOf(*metrics_, "statuses");
  options.snapshots.batcher.meters = BatchMetersOf(*metrics_, "statuses at a time");
  options.work.meters = QueueMetersOf(*metrics_, kSnapshotQueue.name);
  return options;
}

TradeServer::~TradeServer() {
  server_.reset();
  survey_.reset();
  tasks_.reset();
  while (!batchers_.empty()) batchers_.pop_back();
  // Each may hand work over to any other until it has stopped.
  for (const auto& queue : queues_) queue->Stop();
  queues_.clear();
  while (!parts_.empty()) parts_.pop_back();
}

CommitterOptions TradeServer::CommitterFor(std::string table) {
  CommitterOptions options;
  options.table = std::move(table);
  options.database = settings_.database;
  options.work_lease = settings_.work.lease;
  options.states = states_;
  options.after_commit = [this](const std::vector<WorkItem>& work, const std::vector<Uuid>& changed,
                                SteadyTime since) { HandOver(work, changed, since); };
  return options;
}

void TradeServer::HandOver(const std::vector<WorkItem>& work, const std::vector<Uuid>& changed,
                           SteadyTime since) {
  if (!work.empty()) {
    MutexLock lock(queues_mutex_);
    for (const auto& queue : queues_) queue->HandOver(work, since);
  }
  desk_->Changed(changed);
}

void TradeServer::AddQueue(const Queue& queue, QueueWorker::Handle handle) {
  QueueWorkerOptions options = settings_.work;
  options.queue = queue;
  options.meters = QueueMetersOf(*metrics_, queue.name);
  MutexLock lock(queues_mutex_);
  queues_.push_back(std::make_unique<QueueWorker>(options, settings_.database, std::move(handle)));
}

Peer TradeServer::PeerAt(const std::string& service, const std::string& addresses) {
  Peer peer = settings_.PeerAt(service, addresses);
  peers_.push_back({service, peer.channel});
  return peer;
}

ServiceTable TradeServer::ChangeCallsOfAll() {
  auto& session = Make<postgres::Session>(
      postgres::SessionOptions{.database = settings_.database, .durable = false});
  auto& batcher = MakeSingle<ChangeQuery, ChangePage>(
      "changes", [&session, source = change_source_](const ChangeQuery& query) {
        return ReadChanges(session, source, query);
      });
  return ChangeCalls(batcher, *change_hub_, fill_change_);
}

absl::Status TradeServer::Listen() {
  const ServerOptions& ports = settings_.ports;
  metrics_->MakeGauge(metrics::kBuildInfo, {ports.service, kVersion}).Set(1);
  const auto readiness =
      std::make_shared<Readiness>(metrics_->MakeGauge(metrics::kReady), std::move(peers_));
  const std::vector<NamedCertificate> certificates =
      CertificatesOf(ports.public_tls, ports.internal_tls);
  Offer(ServerCalls(*tasks_, {ports.service, readiness, certificates,
                              std::make_shared<WorkCounter>(settings_.database, all_queues_)}));
  Offer(ChangeCallsOfAll());
  if (ports.reflection) Offer(ReflectionCalls(public_tables_));
  auto server = Server::Start(ports, *gate_, settings_.database, std::move(public_tables_),
                              std::move(internal_tables_), *metrics_, readiness);
  if (!server.ok()) return server.status();
  server_ = *std::move(server);
  if (metrics_->on()) {
    survey_ = std::make_unique<Survey>(settings_.database, all_queues_, certificates,
                                       gate_->tokens(), *metrics_);
  }
  return absl::OkStatus();
}

void TradeServer::Drain() {
  desk_->Stop();
  change_hub_->Stop();
  server_->Drain();
}

}  // namespace tallystick::rpc
