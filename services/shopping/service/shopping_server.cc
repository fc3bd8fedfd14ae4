#include "services/shopping/service/shopping_server.h"

#include "platform/postgres/change_table.h"
#include "platform/wire/state_names.h"
#include "services/shopping/migrations.h"
#include "services/shopping/service/buyer_calls.h"
#include "services/shopping/service/instruction_senders.h"
#include "services/shopping/service/operations_calls.h"
#include "services/shopping/service/other_half.h"
#include "services/shopping/service/report_calls.h"
#include "services/shopping/workflow/lookout.h"
#include "tallystick/record/v1/order_record.pb.h"

namespace tallystick::shopping {
namespace {

v1::ServiceAddresses Advertised(const ShoppingSettings& settings) {
  v1::ServiceAddresses addresses;
  addresses.set_shopping(settings.advertised_shopping_address);
  addresses.set_payment(settings.advertised_payment_address);
  addresses.set_delivery(settings.advertised_delivery_address);
  return addresses;
}

rpc::TradeTables TablesOf(const ShoppingSettings& settings) {
  const absl::Duration max_age = settings.refusal_retention;
  rpc::TradeTables tables;
  tables.documents = kOrdersTable;
  tables.past = {ComposeOrder, HasAllReports, MergeOrder};
  tables.queues = kQueues;
  tables.states = wire::StateNames(*v1::OrderState_descriptor());
  tables.fill_change = rpc::FillChangeWith<record::v1::OrderChange>(
      [](record::v1::OrderChange entry, v1::Change& change) {
        change.mutable_order()->Swap(entry.mutable_order());
      });
  tables.retentions = {
      {"refusals", kOrdersTable, "create_time", "trading_id", "refused", max_age},
      {"requests", "buyer_requests", "request_time", "trading_id, request_id", "", max_age}};
  return tables;
}

Operations OperationsOf(CatalogueWorkflow& catalogue, TradeList& list) {
  return {[&catalogue](const UpsertProductsTask& task) {
            return catalogue.Upsert(task.products, task.subject);
          },
          [&catalogue](const AdjustStockTask& task) {
            return catalogue.AdjustStock(task.request_id, task.adjustments, task.subject);
          },
          {kQueues,
           [&list](const WorkItem& after, size_t limit) { return list.ListWaiting(after, limit); },
           [&list](const WorkResolution& resolution) { return list.Resolve(resolution); }}};
}

void AddQueues(rpc::TradeServer& server, const ShoppingSettings& settings, const std::string& key,
               TradeList& list) {
  const rpc::Peer payment = server.PeerAt("payment", settings.payment_internal_address);
  const rpc::Peer delivery = server.PeerAt("delivery", settings.delivery_internal_address);
  auto& noticing =
      server.Make<Noticing>(server.CommitterFor(kOrdersTable), settings.reconcile_patience);
  const OutOfStep out_of_step = [&noticing](std::span<const WorkItem> items) {
    return noticing.Notice(items);
  };
  auto& reconciliation = server.Make<Reconciliation>(
      server.CommitterFor(kOrdersTable), ReconciliationOptions{key, settings.compare_interval},
      OtherHalfAt(payment), OtherHalfAt(delivery));
  server.Make<Lookout>(server.CommitterFor(kOrdersTable), OtherHalfAt(payment),
                       OtherHalfAt(delivery), settings.database_look_interval);
  server.AddQueue(kPaymentQueue, PaymentInstructionSender(payment, out_of_step));
  server.AddQueue(kDeliveryQueue, DeliveryInstructionSender(delivery, out_of_step));
  server.AddQueue(kBuyerListQueue,
                  [&list](std::span<const WorkItem> items) { return list.ListUnderBuyers(items); });
  server.AddQueue(kReconcileQueue, [&reconciliation](std::span<const WorkItem> items) {
    return reconciliation.Work(items);
  });
}

BuyerDesks DesksOf(rpc::TradeServer& server, OrderWorkflow& workflow) {
  auto& catalogue = server.Make<CatalogueWorkflow>(server.database(), SystemNow);
  auto& list = server.Make<TradeList>(server.database(), SystemNow);
  return {
      server.desk(),
      server.MakeBatcher<OrderDraft, Placed>(
          "orders",
          [&workflow](const Batch<OrderDraft>& batch) { return workflow.PlaceOrders(batch); }),
      server.MakeBatcher<BuyerRequest, Requested>(
          "buyers' requests",
          [&workflow](const Batch<BuyerRequest>& batch) { return workflow.ApplyRequests(batch); }),
      server.MakeSingle<ProductQuery, ProductPage>("products",
                                                   [&catalogue](const ProductQuery& query) {
                                                     return catalogue.List(query.after_sku,
                                                                           query.page_size);
                                                   }),
      server.MakeSingle<TradeQuery, TradePage>("buyers' lists", [&list](const TradeQuery& query) {
        return list.List(query.buyer, query.after, query.page_size, rpc::kMaxAnswerBytes);
      })};
}

// The migration with that number.
constexpr int kBeginHistoryVersion = 7;

}  // namespace

postgres::Schema Schema() {
  return {kMigrations,
          {{kBeginHistoryVersion, BeginHistory},
           {postgres::kAtEachStart, postgres::KeepChangesInOrder(kMigrations)}}};
}

absl::Status Migrate(const ShoppingSettings& settings) {
  const postgres::Schema schema = Schema();
  return postgres::Migrate(settings.server.database, schema.migrations, schema.steps);
}

absl::StatusOr<std::unique_ptr<rpc::TradeServer>> Start(const ShoppingSettings& settings) {
  const absl::StatusOr<std::string> key = LoadTradingIdKey(settings.server.database);
  if (!key.ok()) return key.status();
  auto created = rpc::TradeServer::Create(settings.server, TablesOf(settings));
  if (!created.ok()) return created;
  rpc::TradeServer& server = **created;
  auto& workflow =
      server.Make<OrderWorkflow>(server.CommitterFor(kOrdersTable),
                                 OrderOptions{*key, settings.policy, settings.reconcile_patience});
  // Of the task desk's thread; the list's queue has a session of its own.
  auto& catalogue = server.Make<CatalogueWorkflow>(server.database(), SystemNow);
  auto& list = server.Make<TradeList>(server.database(), SystemNow);
  AddQueues(server, settings, *key, list);

  const v1::ServiceAddresses addresses = Advertised(settings);
  auto& reports = server.MakeBatcher<StatusReport, ApplyAnswer>(
      "reports",
      [&workflow](std::span<const StatusReport> batch) { return workflow.ApplyReports(batch); });
  server.Offer(BuyerCalls(addresses, DesksOf(server, workflow)));
  server.Offer(OperationsCalls(addresses, server.tasks(), OperationsOf(catalogue, list)));
  server.OfferPeers(ReportCalls(reports));
  const absl::Status listening = server.Listen();
  if (!listening.ok()) return listening;
  return created;
}

}  // namespace tallystick::shopping
