#include "services/shopping/service/shopping_server.h"

#include "platform/postgres/migrations.h"
#include "platform/runtime/overloaded.h"
#include "services/shopping/migrations.h"
#include "services/shopping/service/instruction_senders.h"
#include "services/shopping/service/operations_service.h"
#include "services/shopping/service/report_intake.h"
#include "services/shopping/service/shopping_service.h"

namespace tallystick::shopping {
namespace {

v1::ServiceAddresses Advertised(const ShoppingSettings& settings) {
  v1::ServiceAddresses addresses;
  addresses.set_shopping(settings.advertised_shopping_address);
  addresses.set_payment(settings.advertised_payment_address);
  addresses.set_delivery(settings.advertised_delivery_address);
  return addresses;
}

ProductBatcher::Answers ListAll(CatalogueWorkflow& catalogue,
                                std::span<const ProductQuery> queries) {
  ProductBatcher::Answers answers;
  for (const ProductQuery& query : queries) {
    answers.push_back(catalogue.List(query.after_sku, query.page_size));
  }
  return answers;
}

CatalogueBatcher::Answers RunAll(CatalogueWorkflow& catalogue,
                                 std::span<const CatalogueTask> tasks) {
  CatalogueBatcher::Answers answers;
  for (const CatalogueTask& task : tasks) {
    const absl::Status status =
        std::visit(Overloaded{[&](const UpsertProductsTask& upsert) {
                                return catalogue.Upsert(upsert.products, task.subject);
                              },
                              [&](const AdjustStockTask& adjust) {
                                return catalogue.AdjustStock(adjust.request_id, adjust.adjustments,
                                                             task.subject);
                              }},
                   task.what);
    if (status.ok()) {
      answers.emplace_back(std::monostate{});
    } else {
      answers.emplace_back(status);
    }
  }
  return answers;
}

TradeBatcher::Answers ListTrades(TradeList& list, std::span<const TradeQuery> queries) {
  TradeBatcher::Answers answers;
  for (const TradeQuery& query : queries) {
    answers.push_back(list.List(query.buyer, query.after, query.page_size));
  }
  return answers;
}

std::string QueueName(int16_t queue) {
  switch (queue) {
    case kPaymentQueue: return "instructions to payment";
    case kDeliveryQueue: return "instructions to delivery";
    default: return absl::StrCat("queue ", queue);
  }
}

WaitingBatcher::Answers RunTasks(TradeList& list, std::span<const WaitingTask> tasks) {
  const auto waiting = [&](const WorkItem& after,
                           size_t limit) -> absl::StatusOr<std::vector<rpc::WaitingItem>> {
    const auto found = list.ListWaiting(after, limit);
    if (!found.ok()) return found.status();
    std::vector<rpc::WaitingItem> items;
    for (const WorkItem& item : *found) items.push_back({item, QueueName(item.queue), ""});
    return items;
  };
  return rpc::RunOperations<WaitingAnswer>(
      tasks,
      Overloaded{[&](const rpc::WaitingQuery& query) { return rpc::MakePage(query, waiting); },
                 [&](const WorkResolution& resolution) { return list.Resolve(resolution); }});
}

OrderOptions OptionsOf(const ShoppingSettings& settings, std::string trading_id_key) {
  return {settings.server.work_lease(),
          std::move(trading_id_key),
          {absl::Milliseconds(settings.return_period_ms),
           absl::Milliseconds(settings.net_30_period_ms)}};
}

std::vector<Retention> RefusalRetentions(const ShoppingSettings& settings) {
  const absl::Duration max_age = absl::Hours(settings.refusal_retention_hours);
  return {{"refusals", kOrdersTable, "create_time", "trading_id", "revision = 0", max_age},
          {"requests", "buyer_requests", "request_time", "trading_id, request_id", "", max_age}};
}

// The migration with that number.
constexpr int kBeginHistoryVersion = 7;

// Members are built top to bottom and torn down bottom to top: calls end first, then the batchers
// that serve them, then the workers.
class RunningServer final : public ShoppingServer {
 public:
  RunningServer(const ShoppingSettings& settings, std::string trading_id_key,
                std::unique_ptr<rpc::Gate> gate)
      : gate_(std::move(gate)),
        desk_(settings.server.desk_options(kOrdersTable, {ComposeOrder, HasAllReports, MergeOrder},
                                           std::nullopt, RefusalRetentions(settings)),
              settings.server.database(), SystemNow),
        workflow_(OptionsOf(settings, std::move(trading_id_key)), settings.server.database(),
                  SystemNow,
                  [this](const std::vector<WorkItem>& work, const std::vector<Uuid>& changed) {
                    AfterCommit(work, changed);
                  }),
        catalogue_reads_(settings.server.database(), SystemNow),
        catalogue_writes_(settings.server.database(), SystemNow),
        trade_list_(settings.server.database(), SystemNow),
        waiting_list_(settings.server.database(), SystemNow),
        to_payment_(settings.server.worker_options(kPaymentQueue, "to-payment"),
                    settings.server.database(),
                    PaymentInstructionSender(
                        settings.server.PeerAt("payment", settings.payment_internal_address))),
        to_delivery_(settings.server.worker_options(kDeliveryQueue, "to-delivery"),
                     settings.server.database(),
                     DeliveryInstructionSender(
                         settings.server.PeerAt("delivery", settings.delivery_internal_address))),
        buyer_lists_(
            settings.server.worker_options(kBuyerListQueue, "buyer-lists"),
            settings.server.database(),
            [this](std::span<const WorkItem> items) { return trade_list_.ListUnderBuyers(items); }),
        orders_(settings.server.batcher_options(),
                [this](const Batch<OrderDraft>& batch) { return workflow_.PlaceOrders(batch); }),
        requests_(
            settings.server.batcher_options(),
            [this](const Batch<BuyerRequest>& batch) { return workflow_.ApplyRequests(batch); }),
        reports_(settings.server.batcher_options(),
                 [this](std::span<const Report> batch) { return workflow_.ApplyReports(batch); }),
        products_(settings.server.single_options(),
                  [this](std::span<const ProductQuery> batch) {
                    return ListAll(catalogue_reads_, batch);
                  }),
        trades_(
            settings.server.single_options(),
            [this](std::span<const TradeQuery> batch) { return ListTrades(trade_list_, batch); }),
        catalogue_tasks_(settings.server.single_options(),
                         [this](std::span<const CatalogueTask> batch) {
                           return RunAll(catalogue_writes_, batch);
                         }),
        waiting_(
            settings.server.single_options(),
            [this](std::span<const WaitingTask> batch) { return RunTasks(waiting_list_, batch); }),
        shopping_service_(*gate_, Advertised(settings),
                          {desk_, orders_, requests_, products_, trades_}),
        operations_service_(*gate_, Advertised(settings), catalogue_tasks_, waiting_),
        report_intake_(*gate_, reports_) {}

  absl::Status Listen(const rpc::ServerOptions& options) {
    auto server =
        rpc::Server::Start(options,
                           {{&shopping_service_, v1::ShoppingService::service_full_name()},
                            {&operations_service_, v1::ShoppingOperations::service_full_name()}},
                           {{&report_intake_, v1::ReportIntake::service_full_name()}});
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
    to_payment_.HandOver(work);
    to_delivery_.HandOver(work);
    buyer_lists_.HandOver(work);
    desk_.Changed(changed);
  }

  const std::unique_ptr<rpc::Gate> gate_;
  StatusDesk desk_;
  OrderWorkflow workflow_;
  CatalogueWorkflow catalogue_reads_;
  CatalogueWorkflow catalogue_writes_;
  TradeList trade_list_;
  TradeList waiting_list_;
  QueueWorker to_payment_;
  QueueWorker to_delivery_;
  QueueWorker buyer_lists_;
  OrderBatcher orders_;
  RequestBatcher requests_;
  ReportBatcher reports_;
  ProductBatcher products_;
  TradeBatcher trades_;
  CatalogueBatcher catalogue_tasks_;
  WaitingBatcher waiting_;
  ShoppingServiceImpl shopping_service_;
  OperationsServiceImpl operations_service_;
  ReportIntakeImpl report_intake_;
  std::unique_ptr<rpc::Server> server_;
};

}  // namespace

absl::Status ShoppingServer::Migrate(const ShoppingSettings& settings) {
  return postgres::Migrate(settings.server.database(), kMigrations,
                           {{kBeginHistoryVersion, BeginHistory}});
}

absl::StatusOr<std::unique_ptr<ShoppingServer>> ShoppingServer::Start(
    const ShoppingSettings& settings) {
  absl::StatusOr<std::string> key = LoadTradingIdKey(settings.server.database());
  if (!key.ok()) return key.status();
  absl::StatusOr<std::unique_ptr<rpc::Gate>> gate = settings.server.OpenGate();
  if (!gate.ok()) return gate.status();
  auto server = std::make_unique<RunningServer>(settings, *std::move(key), *std::move(gate));
  const absl::Status listening = server->Listen(settings.server.server_options());
  if (!listening.ok()) return listening;
  return server;
}

}  // namespace tallystick::shopping
