#include "services/delivery/service/delivery_server.h"

#include "platform/postgres/migrations.h"
#include "platform/rpc/report_sender.h"
#include "services/delivery/migrations.h"
#include "services/delivery/service/delivery_service.h"
#include "services/delivery/service/operations_service.h"
#include "services/delivery/store/delivery_store.h"
#include "services/delivery/workflow/delivery_workflow.h"

namespace tallystick::delivery {
namespace {

// Each entry of the history is a document already.
std::string LatestOf(std::span<const postgres::HistoryEntry> history) {
  return history.back().entry;
}

// Members are built top to bottom and torn down bottom to top: calls end first, then the batchers
// that serve them, then the workers.
class RunningServer final : public DeliveryServer {
 public:
  RunningServer(const DeliverySettings& settings, Carrier& carrier, std::unique_ptr<rpc::Gate> gate)
      : gate_(std::move(gate)),
        desk_(settings.server.desk_options(kDeliveriesTable, {LatestOf, nullptr, nullptr},
                                           kReportQueue),
              settings.server.database(), SystemNow),
        workflow_({settings.server.work_lease(), absl::Milliseconds(settings.carrier_pace_ms)},
                  settings.server.database(), carrier, SystemNow,
                  [this](const std::vector<WorkItem>& work, const std::vector<Uuid>& changed) {
                    AfterCommit(work, changed);
                  }),
        reports_(settings.server.worker_options(kReportQueue, "reports"),
                 settings.server.database(),
                 rpc::ReportSender(
                     settings.server.PeerAt("shopping", settings.shopping_internal_address))),
        carrier_steps_(
            settings.server.worker_options(kCarrierQueue, "carrier"), settings.server.database(),
            [this](std::span<const WorkItem> items) { return workflow_.RunCarrierSteps(items); }),
        instructions_(settings.server.batcher_options(),
                      [this](std::span<const DeliveryInstruction> batch) {
                        return workflow_.ApplyInstructions(batch);
                      }),
        tasks_(
            settings.server.single_options(),
            [this](std::span<const OperationsTask> batch) { return RunTasks(workflow_, batch); }),
        delivery_service_(*gate_, desk_),
        operations_service_(*gate_, tasks_),
        instruction_service_(*gate_, instructions_) {}

  absl::Status Listen(const rpc::ServerOptions& options) {
    auto server = rpc::Server::Start(
        options,
        {{&delivery_service_, v1::DeliveryService::service_full_name()},
         {&operations_service_, v1::DeliveryOperations::service_full_name()}},
        {{&instruction_service_, v1::DeliveryInstructions::service_full_name()}});
    if (!server.ok()) return server.status();
    server_ = *std::move(server);
    return absl::OkStatus();
  }

  void Drain() override {
    desk_.Stop();
    server_->Drain();
  }
  const rpc::Gate& gate() const override { return *gate_; }

 private:
  void AfterCommit(const std::vector<WorkItem>& work, const std::vector<Uuid>& changed) {
    reports_.HandOver(work);
    carrier_steps_.HandOver(work);
    desk_.Changed(changed);
  }

  const std::unique_ptr<rpc::Gate> gate_;
  StatusDesk desk_;
  DeliveryWorkflow workflow_;
  QueueWorker reports_;
  QueueWorker carrier_steps_;
  DeliveryInstructionsImpl::InstructionBatcher instructions_;
  OperationsBatcher tasks_;
  DeliveryServiceImpl delivery_service_;
  OperationsServiceImpl operations_service_;
  DeliveryInstructionsImpl instruction_service_;
  std::unique_ptr<rpc::Server> server_;
};

}  // namespace

absl::Status DeliveryServer::Migrate(const DeliverySettings& settings) {
  return postgres::Migrate(settings.server.database(), kMigrations);
}

absl::StatusOr<std::unique_ptr<DeliveryServer>> DeliveryServer::Start(
    const DeliverySettings& settings, Carrier& carrier) {
  absl::StatusOr<std::unique_ptr<rpc::Gate>> gate = settings.server.OpenGate();
  if (!gate.ok()) return gate.status();
  auto server = std::make_unique<RunningServer>(settings, carrier, *std::move(gate));
  const absl::Status listening = server->Listen(settings.server.server_options());
  if (!listening.ok()) return listening;
  return server;
}

}  // namespace tallystick::delivery
