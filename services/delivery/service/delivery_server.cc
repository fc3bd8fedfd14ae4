#include "services/delivery/service/delivery_server.h"

#include "platform/calls/report_sender.h"
#include "platform/postgres/change_table.h"
#include "platform/relay/recovery_workflow.h"
#include "platform/service/offer_recovery.h"
#include "platform/wire/state_names.h"
#include "services/delivery/migrations.h"
#include "services/delivery/service/delivery_calls.h"
#include "services/delivery/service/operations_calls.h"
#include "services/delivery/store/delivery_store.h"
#include "services/delivery/workflow/counted_carrier.h"
#include "services/delivery/workflow/delivery_decisions.h"
#include "services/delivery/workflow/delivery_workflow.h"
#include "tallystick/record/v1/delivery_record.pb.h"

namespace tallystick::delivery {
namespace {

using DeliveryRecovery = RecoveryWorkflow<DeliveryCodec, Recovery>;

Operations OperationsOf(DeliveryWorkflow& workflow) {
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

absl::Status Migrate(const DeliverySettings& settings) {
  const postgres::Schema schema = Schema();
  return postgres::Migrate(settings.server.database, schema.migrations, schema.steps);
}

absl::StatusOr<std::unique_ptr<rpc::TradeServer>> Start(const DeliverySettings& settings,
                                                        Carrier& carrier) {
  auto created = rpc::TradeServer::Create(
      settings.server, {.documents = kDeliveriesTable,
                        .past = LatestEntry(),
                        .report_queue = kReportQueue.number,
                        .queues = kQueues,
                        .states = wire::StateNames(*v1::DeliveryState_descriptor()),
                        .fill_change = rpc::FillChangeWith<record::v1::DeliveryRecord>(
                            [](record::v1::DeliveryRecord record, v1::Change& change) {
                              change.mutable_delivery()->Swap(record.mutable_status());
                            })});
  if (!created.ok()) return created;
  rpc::TradeServer& server = **created;
  CommitterOptions committing = server.CommitterFor(kDeliveriesTable);
  committing.is_known_database = &kIsKnownDatabase;
  auto& workflow = server.Make<DeliveryWorkflow>(
      committing, server.Make<CountedCarrier>(carrier, server.metrics()), settings.carrier_pace);

  server.AddQueue(kReportQueue,
                  rpc::ReportSender(server.PeerAt("shopping", settings.shopping_internal_address)));
  server.AddQueue(kCarrierQueue, [&workflow](std::span<const WorkItem> items) {
    return workflow.RunCarrierSteps(items);
  });

  auto& instructions = server.MakeBatcher<DeliveryInstruction, ApplyAnswer>(
      "instructions", [&workflow](std::span<const DeliveryInstruction> batch) {
        return workflow.ApplyInstructions(batch);
      });
  server.Offer(BuyerCalls(server.desk()));
  server.Offer(OperationsCalls(server.tasks(), OperationsOf(workflow)));
  server.OfferPeers(InstructionCalls(instructions));
  rpc::OfferRecovery(server, server.Make<DeliveryRecovery>(
                                 server.CommitterFor(kDeliveriesTable),
                                 [pace = settings.carrier_pace](auto& unit, Change change,
                                                                const RevisionMark& previous) {
                                   DeliveryDecisions(unit, pace).Put(std::move(change), previous);
                                 },
                                 TrustDatabase));
  const absl::Status listening = server.Listen();
  if (!listening.ok()) return listening;
  return created;
}

}  // namespace tallystick::delivery
