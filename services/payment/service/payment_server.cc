#include "services/payment/service/payment_server.h"

#include "platform/postgres/migrations.h"
#include "platform/rpc/report_sender.h"
#include "services/payment/migrations.h"
#include "services/payment/service/operations_service.h"
#include "services/payment/service/payment_service.h"
#include "services/payment/store/payment_store.h"
#include "services/payment/workflow/payment_workflow.h"

namespace tallystick::payment {
namespace {

// Each entry of the history is a document already.
std::string LatestOf(std::span<const postgres::HistoryEntry> history) {
  return history.back().entry;
}

// Members are built top to bottom and torn down bottom to top: calls end first, then the batchers
// that serve them, then the workers.
class RunningServer final : public PaymentServer {
 public:
  RunningServer(const PaymentSettings& settings, Gateway& gateway, std::unique_ptr<rpc::Gate> gate)
      : gate_(std::move(gate)),
        desk_(settings.server.desk_options(kPaymentsTable, {LatestOf, nullptr, nullptr},
                                           kReportQueue),
              settings.server.database(), SystemNow),
        workflow_({settings.server.work_lease(), absl::Milliseconds(settings.gateway_pace_ms)},
                  settings.server.database(), gateway, SystemNow,
                  [this](const std::vector<WorkItem>& work, const std::vector<Uuid>& changed) {
                    AfterCommit(work, changed);
                  }),
        reports_(settings.server.worker_options(kReportQueue, "reports"),
                 settings.server.database(),
                 rpc::ReportSender(
                     settings.server.PeerAt("shopping", settings.shopping_internal_address))),
        gateway_steps_(
            settings.server.worker_options(kGatewayQueue, "gateway"), settings.server.database(),
            [this](std::span<const WorkItem> items) { return workflow_.RunGatewaySteps(items); }),
        planned_captures_(settings.server.worker_options(kPlannedQueue, "planned-captures"),
                          settings.server.database(),
                          [this](std::span<const WorkItem> items) {
                            return workflow_.BeginPlannedCaptures(items);
                          }),
        instructions_(settings.server.batcher_options(),
                      [this](std::span<const PaymentInstruction> batch) {
                        return workflow_.ApplyInstructions(batch);
                      }),
        tasks_(
            settings.server.single_options(),
            [this](std::span<const OperationsTask> batch) { return RunTasks(workflow_, batch); }),
        payment_service_(*gate_, desk_),
        operations_service_(*gate_, tasks_),
        instruction_service_(*gate_, instructions_) {}

  absl::Status Listen(const rpc::ServerOptions& options) {
    auto server =
        rpc::Server::Start(options,
                           {{&payment_service_, v1::PaymentService::service_full_name()},
                            {&operations_service_, v1::PaymentOperations::service_full_name()}},
                           {{&instruction_service_, v1::PaymentInstructions::service_full_name()}});
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
    gateway_steps_.HandOver(work);
    desk_.Changed(changed);
  }

  const std::unique_ptr<rpc::Gate> gate_;
  StatusDesk desk_;
  PaymentWorkflow workflow_;
  QueueWorker reports_;
  QueueWorker gateway_steps_;
  QueueWorker planned_captures_;
  PaymentInstructionsImpl::InstructionBatcher instructions_;
  OperationsBatcher tasks_;
  PaymentServiceImpl payment_service_;
  OperationsServiceImpl operations_service_;
  PaymentInstructionsImpl instruction_service_;
  std::unique_ptr<rpc::Server> server_;
};

}  // namespace

absl::Status PaymentServer::Migrate(const PaymentSettings& settings) {
  return postgres::Migrate(settings.server.database(), kMigrations);
}

absl::StatusOr<std::unique_ptr<PaymentServer>> PaymentServer::Start(const PaymentSettings& settings,
                                                                    Gateway& gateway) {
  absl::StatusOr<std::unique_ptr<rpc::Gate>> gate = settings.server.OpenGate();
  if (!gate.ok()) return gate.status();
  auto server = std::make_unique<RunningServer>(settings, gateway, *std::move(gate));
  const absl::Status listening = server->Listen(settings.server.server_options());
  if (!listening.ok()) return listening;
  return server;
}

}  // namespace tallystick::payment
