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

QueueWorkerOptions WorkerOptions(const ShoppingSettings& settings, int16_t queue,
                                 std::string name) {
  return {.queue = queue,
          .name = std::move(name),
          .poll_interval = settings.server.poll_interval(),
          .lease = settings.server.work_lease()};
}

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
    const absl::Status status = std::visit(
        Overloaded{[&](const std::vector<Product>& products) { return catalogue.Upsert(products); },
                   [&](const AdjustStockTask& adjust) {
                     return catalogue.AdjustStock(adjust.request_id, adjust.adjustments);
                   }},
        task);
    if (status.ok()) {
      answers.emplace_back(std::monostate{});
    } else {
      answers.emplace_back(status);
    }
  }
  return answers;
}

// Members are built top to bottom and torn down bottom to top: calls end first, then the batchers
// that serve them, then the workers.
class RunningServer final : public ShoppingServer {
 public:
  RunningServer(const ShoppingSettings& settings, std::string trading_id_key)
      : workflow_(settings.server.work_lease(), settings.server.database_url,
                  std::move(trading_id_key), SystemNow,
                  [this](const std::vector<WorkItem>& work) { HandOver(work); }),
        catalogue_reads_(settings.server.database_url, SystemNow),
        catalogue_writes_(settings.server.database_url, SystemNow),
        to_payment_(WorkerOptions(settings, kPaymentQueue, "to-payment"),
                    settings.server.database_url,
                    PaymentInstructionSender(settings.payment_internal_address)),
        to_delivery_(WorkerOptions(settings, kDeliveryQueue, "to-delivery"),
                     settings.server.database_url,
                     DeliveryInstructionSender(settings.delivery_internal_address)),
        reader_(settings.server.batcher_options(), kOrdersTable, settings.server.database_url),
        orders_(settings.server.batcher_options(),
                [this](std::span<const OrderDraft> batch) { return workflow_.PlaceOrders(batch); }),
        reports_(settings.server.batcher_options(),
                 [this](std::span<const Report> batch) { return workflow_.ApplyReports(batch); }),
        products_(settings.server.batcher_options(),
                  [this](std::span<const ProductQuery> batch) {
                    return ListAll(catalogue_reads_, batch);
                  }),
        catalogue_tasks_(settings.server.batcher_options(),
                         [this](std::span<const CatalogueTask> batch) {
                           return RunAll(catalogue_writes_, batch);
                         }),
        shopping_service_(Advertised(settings), orders_, reader_, products_),
        operations_service_(catalogue_tasks_),
        report_intake_(reports_) {}

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

  void Drain() override { server_->Drain(); }

 private:
  void HandOver(const std::vector<WorkItem>& work) {
    to_payment_.HandOver(work);
    to_delivery_.HandOver(work);
  }

  OrderWorkflow workflow_;
  CatalogueWorkflow catalogue_reads_;
  CatalogueWorkflow catalogue_writes_;
  QueueWorker to_payment_;
  QueueWorker to_delivery_;
  postgres::DocumentReader reader_;
  OrderBatcher orders_;
  ReportBatcher reports_;
  ProductBatcher products_;
  CatalogueBatcher catalogue_tasks_;
  ShoppingServiceImpl shopping_service_;
  OperationsServiceImpl operations_service_;
  ReportIntakeImpl report_intake_;
  std::unique_ptr<rpc::Server> server_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ShoppingServer>> ShoppingServer::Start(
    const ShoppingSettings& settings) {
  const absl::Status migrated = postgres::Migrate(settings.server.database_url, kMigrations);
  if (!migrated.ok()) return migrated;
  absl::StatusOr<std::string> key = LoadTradingIdKey(settings.server.database_url);
  if (!key.ok()) return key.status();
  auto server = std::make_unique<RunningServer>(settings, *std::move(key));
  const absl::Status listening = server->Listen(settings.server.server_options());
  if (!listening.ok()) return listening;
  return server;
}

}  // namespace tallystick::shopping
