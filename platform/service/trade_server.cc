#include "platform/service/trade_server.h"

namespace tallystick::rpc {

absl::StatusOr<std::unique_ptr<TradeServer>> TradeServer::Create(const ServerSettings& settings,
                                                                 TradeTables tables) {
  absl::StatusOr<std::unique_ptr<Gate>> gate = settings.OpenGate();
  if (!gate.ok()) return gate.status();
  return std::unique_ptr<TradeServer>(
      new TradeServer(settings, std::move(tables), *std::move(gate)));
}

TradeServer::TradeServer(const ServerSettings& settings, TradeTables tables,
                         std::unique_ptr<Gate> gate)
    : settings_(settings),
      gate_(std::move(gate)),
      desk_(std::make_unique<StatusDesk>(
          settings_.DeskFor(std::move(tables.documents), std::move(tables.past),
                            tables.report_queue, std::move(tables.retentions)),
          settings_.database, SystemNow)),
      tasks_(std::make_unique<TaskDesk>(
          settings_.one_by_one(),
          [](std::span<const std::function<TaskResult()>> tasks) { return RunTask(tasks); })) {}

TradeServer::~TradeServer() {
  server_.reset();
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
  MutexLock lock(queues_mutex_);
  queues_.push_back(std::make_unique<QueueWorker>(options, settings_.database, std::move(handle)));
}

absl::Status TradeServer::Listen() {
  auto server = Server::Start(settings_.ports, *gate_, settings_.database,
                              std::move(public_tables_), std::move(internal_tables_));
  if (!server.ok()) return server.status();
  server_ = *std::move(server);
  return absl::OkStatus();
}

void TradeServer::Drain() {
  desk_->Stop();
  server_->Drain();
}

}  // namespace tallystick::rpc
