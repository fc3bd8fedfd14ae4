#include "services/payment/service/payment_server.h"

#include "platform/postgres/migrations.h"
#include "platform/rpc/report_sender.h"
#include "services/payment/migrations.h"
#include "services/payment/service/payment_service.h"
#include "services/payment/store/payment_store.h"
#include "services/payment/workflow/payment_workflow.h"

namespace tallystick::payment {
namespace {

QueueWorkerOptions WorkerOptions(const PaymentSettings& settings, int16_t queue, std::string name) {
  return {.queue = queue,
          .name = std::move(name),
          .poll_interval = settings.server.poll_interval(),
          .lease = settings.server.work_lease()};
}

// Members are built top to bottom and torn down bottom to top: calls end first, then the batchers
// that serve them, then the workers.
class RunningServer final : public PaymentServer {
 public:
  RunningServer(const PaymentSettings& settings, Gateway& gateway)
      : workflow_({settings.server.work_lease(), absl::Milliseconds(settings.gateway_pace_ms)},
                  settings.server.database_url, gateway, SystemNow,
                  [this](const std::vector<WorkItem>& work) { HandOver(work); }),
        reports_(WorkerOptions(settings, kReportQueue, "reports"), settings.server.database_url,
                 rpc::ReportSender(settings.shopping_internal_address)),
        gateway_steps_(
            WorkerOptions(settings, kGatewayQueue, "gateway"), settings.server.database_url,
            [this](std::span<const WorkItem> items) { return workflow_.RunGatewaySteps(items); }),
        reader_(settings.server.batcher_options(), kPaymentsTable, settings.server.database_url),
        instructions_(settings.server.batcher_options(),
                      [this](std::span<const PaymentInstruction> batch) {
                        return workflow_.ApplyInstructions(batch);
                      }),
        payment_service_(reader_),
        instruction_service_(instructions_) {}

  absl::Status Listen(const rpc::ServerOptions& options) {
    auto server =
        rpc::Server::Start(options, {{&payment_service_, v1::PaymentService::service_full_name()}},
                           {{&instruction_service_, v1::PaymentInstructions::service_full_name()}});
    if (!server.ok()) return server.status();
    server_ = *std::move(server);
    return absl::OkStatus();
  }

  void Drain() override { server_->Drain(); }

 private:
  void HandOver(const std::vector<WorkItem>& work) {
    reports_.HandOver(work);
    gateway_steps_.HandOver(work);
  }

  PaymentWorkflow workflow_;
  QueueWorker reports_;
  QueueWorker gateway_steps_;
  postgres::DocumentReader reader_;
  PaymentInstructionsImpl::InstructionBatcher instructions_;
  PaymentServiceImpl payment_service_;
  PaymentInstructionsImpl instruction_service_;
  std::unique_ptr<rpc::Server> server_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<PaymentServer>> PaymentServer::Start(const PaymentSettings& settings,
                                                                    Gateway& gateway) {
  const absl::Status migrated = postgres::Migrate(settings.server.database_url, kMigrations);
  if (!migrated.ok()) return migrated;
  auto server = std::make_unique<RunningServer>(settings, gateway);
  const absl::Status listening = server->Listen(settings.server.server_options());
  if (!listening.ok()) return listening;
  return server;
}

}  // namespace tallystick::payment
