#include "services/payment/service/payment_server.h"

#include "platform/calls/report_sender.h"
#include "platform/postgres/change_table.h"
#include "platform/relay/recovery_workflow.h"
#include "platform/service/offer_recovery.h"
#include "platform/wire/state_names.h"
#include "services/payment/migrations.h"
#include "services/payment/service/operations_calls.h"
#include "services/payment/service/payment_calls.h"
#include "services/payment/store/payment_store.h"
#include "services/payment/workflow/counted_gateway.h"
#include "services/payment/workflow/payment_workflow.h"
#include "tallystick/record/v1/payment_record.pb.h"

namespace tallystick::payment {
namespace {

using PaymentRecovery = RecoveryWorkflow<PaymentCodec, Recovery>;

Operations OperationsOf(PaymentWorkflow& workflow) {
  return {[&workflow](const ByHand& by_hand) { return workflow.Record(by_hand); },
          {kQueues,
           [&workflow](const WorkItem& after, size_t limit) {
             return workflow.ListWaiting(after, limit);
           },
           [&workflow](const WorkResolution& resolution) { return workflow.Resolve(resolution); }}};
}

}  // namespace

postgres::Schema Schema() {
  return {kMigrations, {{postgres::kAtEachStart, postgres::KeepChangesInOrder(kMigrations)}}};
}

absl::Status Migrate(const PaymentSettings& settings) {
  const postgres::Schema schema = Schema();
  return postgres::Migrate(settings.server.database, schema.migrations, schema.steps);
}

absl::StatusOr<std::unique_ptr<rpc::TradeServer>> Start(const PaymentSettings& settings,
                                                        Gateway& gateway) {
  auto created = rpc::TradeServer::Create(
      settings.server, {.documents = kPaymentsTable,
                        .past = LatestEntry(),
                        .report_queue = kReportQueue.number,
                        .queues = kQueues,
                        .states = wire::StateNames(*v1::PaymentState_descriptor()),
                        .fill_change = rpc::FillChangeWith<record::v1::PaymentRecord>(
                            [](record::v1::PaymentRecord record, v1::Change& change) {
                              change.mutable_payment()->Swap(record.mutable_status());
                            })});
  if (!created.ok()) return created;
  rpc::TradeServer& server = **created;
  CommitterOptions committing = server.CommitterFor(kPaymentsTable);
  committing.is_known_database = &kIsKnownDatabase;
  auto& workflow = server.Make<PaymentWorkflow>(
      committing, server.Make<CountedGateway>(gateway, server.metrics()), settings.gateway);

  server.AddQueue(kReportQueue,
                  rpc::ReportSender(server.PeerAt("shopping", settings.shopping_internal_address)));
  if (!settings.hold_gateway) {
    server.AddQueue(kGatewayQueue, [&workflow](std::span<const WorkItem> items) {
      return workflow.RunGatewaySteps(items);
    });
    server.AddQueue(kPlannedQueue, [&workflow](std::span<const WorkItem> items) {
      return workflow.BeginPlannedCaptures(items);
    });
  }

  auto& instructions = server.MakeBatcher<PaymentInstruction, ApplyAnswer>(
      "instructions", [&workflow](std::span<const PaymentInstruction> batch) {
        return workflow.ApplyInstructions(batch);
      });
  server.Offer(BuyerCalls(server.desk()));
  server.Offer(OperationsCalls(server.tasks(), OperationsOf(workflow)));
  server.OfferPeers(InstructionCalls(instructions));
  rpc::OfferRecovery(server, server.Make<PaymentRecovery>(
                                 server.CommitterFor(kPaymentsTable),
                                 [pace = settings.gateway.pace](auto& unit, Change change,
                                                                const RevisionMark& previous) {
                                   PaymentDecisions(unit, pace).Put(std::move(change), previous);
                                 },
                                 TrustDatabase));
  const absl::Status listening = server.Listen();
  if (!listening.ok()) return listening;
  return created;
}

}  // namespace tallystick::payment
