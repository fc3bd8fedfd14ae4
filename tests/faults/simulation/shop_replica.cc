#include "tests/faults/simulation/shop_replica.h"

#include "services/shopping/service/information.h"
#include "services/shopping/service/read_calls.h"
#include "services/shopping/workflow/placing.h"
#include "services/shopping/workflow/reporting.h"
#include "services/shopping/workflow/requesting.h"
#include "tallystick/record/v1/order_record.pb.h"
#include "tallystick/v1/delivery.pb.h"
#include "tallystick/v1/payment.pb.h"

namespace tallystick::simulation {
namespace {

// (Of no chance: it is in messages and documents.)
constexpr char kTraceparent[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

using record::v1::OrderRecord;
using shopping::BuyerRequest;
using shopping::OrderDraft;
using shopping::Placed;
using shopping::Requested;

struct ReadReports {
  static const auto& all(const v1::ApplyReportsRequest& request) { return request.reports(); }
  static absl::StatusOr<StatusReport> one(const v1::Report& report) {
    return wire::ReadReport("reports", report);
  }
};

// As somebody would have them who looks at the number of a report alone.
struct Unchained : shopping::ReportRules {
  static int64_t LastApplied(const shopping::Order* order, const StatusReport& report) {
    if (order == nullptr) return ReportRules::LastApplied(order, report);
    const TradingStatus& status = order->status;
    return report.payment() != nullptr ? HeardOf(status.payment).revision
                                       : HeardOf(status.delivery).revision;
  }
  static bool IsOutOfStep(const shopping::Order* order, const StatusReport&) {
    return order == nullptr;
  }
};

v1::ServiceAddresses Addresses() {
  v1::ServiceAddresses addresses;
  addresses.set_shopping("shopping:1");
  addresses.set_payment("payment:1");
  addresses.set_delivery("delivery:1");
  return addresses;
}

// As a call about an order reads it.
template <typename What>
absl::StatusOr<BuyerRequest> ReadRequest(const std::string& trading_id,
                                         const std::string& request_id, What what) {
  what.request_id = ParseUuid(request_id).value_or(Uuid{});
  const absl::Status checked = shopping::CheckRequest(what);
  if (!checked.ok()) return checked;
  return BuyerRequest{ParseUuid(trading_id).value_or(Uuid{}), kBuyer, std::move(what)};
}

}  // namespace

const shopping::Order* SimulatedOrderUnit::Put(const Uuid& id, shopping::Order order) {
  if (Has(Defect::kUnheardForgotten)) {
    order.unheard_payment.clear();
    order.unheard_delivery.clear();
  }
  return ObservedUnit::Put(id, std::move(order));
}

shopping::Catalogue SimulatedOrderUnit::LoadCatalogue(const std::set<std::string>& skus) {
  shopping::Catalogue catalogue;
  for (const auto& [sku, product] : transaction().database.products) {
    if (skus.contains(sku)) catalogue.products.emplace(sku, product);
  }
  catalogue.options = transaction().database.options;
  return catalogue;
}

bool SimulatedOrderUnit::AddToStock(const std::vector<shopping::StockAdjustment>& adjustments) {
  for (const shopping::StockAdjustment& adjustment : adjustments) {
    const auto& products = transaction().database.products;
    const auto found = products.find(adjustment.sku);
    if (found == products.end()) return false;
    const bool enough = found->second.stock + adjustment.delta >= 0;
    if (!enough && !Has(Defect::kStockUnguarded)) return false;
    if (adjustment.delta > 0 && Has(Defect::kStockNotGivenBack)) continue;
    transaction().writes.stock.push_back(adjustment);
  }
  return true;
}

std::map<std::string, int64_t> SimulatedOrderUnit::TakeWhatIsLeft(
    const std::vector<shopping::StockAdjustment>& taken) {
  std::map<std::string, int64_t> missing;
  for (const shopping::StockAdjustment& one : taken) {
    const auto& products = transaction().database.products;
    const auto found = products.find(one.sku);
    if (found == products.end()) continue;
    const bool all = Has(Defect::kTakenBlindly);
    const int64_t taken = all ? one.delta : std::min(one.delta, found->second.stock);
    transaction().writes.stock.push_back({one.sku, -taken});
    if (taken < one.delta) missing[one.sku] = one.delta - taken;
  }
  return missing;
}

std::map<Uuid, shopping::Refusal> SimulatedOrderUnit::Refusals() {
  std::map<Uuid, shopping::Refusal> refusals;
  for (const postgres::DocumentRow& row : set().refused()) {
    refusals.emplace(row.trading_id, shopping::DecodeRefusal(row));
  }
  return refusals;
}

void SimulatedOrderUnit::Refuse(const Uuid& id, const std::string& buyer,
                                const shopping::Refusal& refusal) {
  set().Refuse(shopping::EncodeRefusal(id, buyer, refusal, now()));
}

std::map<shopping::RequestKey, shopping::Refusal> SimulatedOrderUnit::LoadRefusedRequests(
    std::span<const shopping::RequestKey> keys) {
  std::map<shopping::RequestKey, shopping::Refusal> refused;
  for (const shopping::RequestKey& key : keys) {
    const auto found = transaction().database.requests.find(key);
    if (found == transaction().database.requests.end() || found->second.empty()) continue;
    refused.emplace(key, shopping::DecodeRefusal({key.first, "", 0, found->second, {}}));
  }
  return refused;
}

void SimulatedOrderUnit::RecordDecidedRequests(std::span<const shopping::DecidedRequest> decided) {
  for (const shopping::DecidedRequest& one : decided) {
    if (transaction().database.requests.contains(one.key)) throw postgres::Conflict{};
    if (one.refusal && Has(Defect::kRequestRefusalForgotten)) continue;
    transaction().writes.requests[one.key] =
        one.refusal ? shopping::EncodeRefusal(one.key.first, kBuyer, *one.refusal, now()).document
                    : "";
  }
}

void SimulatedOrderUnit::RefuseAfterAll(std::span<const shopping::DecidedRequest> refused) {
  for (const shopping::DecidedRequest& one : refused) {
    if (!transaction().database.requests.contains(one.key)) continue;
    transaction().writes.refused[one.key] =
        shopping::EncodeRefusal(one.key.first, kBuyer, *one.refusal, now()).document;
  }
}

ShopReplica::ShopReplica(const Place& place, Database& database, const Settings& settings)
    : Replica(place, database, settings),
      orders_(*this, most_waiting(),
              [this](const auto& batch, auto done) { WriteOrders(batch, std::move(done)); }),
      requests_(*this, most_waiting(),
                [this](const auto& batch, auto done) { WriteRequests(batch, std::move(done)); }),
      reports_(*this, 1000,
               [this](const auto& batch, auto done) { WriteReports(batch, std::move(done)); }),
      reconciler_(*this, place, database),
      lookout_(*this, place, database) {
  AddQueues();
  ServeBuyers();
  Serve("ApplyReports",
        Receiver<v1::ApplyReportsRequest, v1::ApplyReportsResponse>(reports_, ReadReports()));
  // (In a run without a loss there is nothing to be seen.)
  if (world().plan.loss != Plan::Loss::kNone) lookout_.Begin();
}

void ShopReplica::AddQueues() {
  AddQueue(
      shopping::kPaymentQueue,
      Noticing(Sender<v1::PaymentInstructionsApplyInstructionsRequest,
                      v1::PaymentInstructionsApplyInstructionsResponse, v1::PaymentInstruction>(
          cluster().payment(), "ApplyInstructions",
          [](auto& request) { return request.add_instructions(); })));
  AddQueue(
      shopping::kDeliveryQueue,
      Noticing(Sender<v1::DeliveryInstructionsApplyInstructionsRequest,
                      v1::DeliveryInstructionsApplyInstructionsResponse, v1::DeliveryInstruction>(
          cluster().delivery(), "ApplyInstructions",
          [](auto& request) { return request.add_instructions(); })));
  if (version() >= kThisVersion) {
    AddQueue(shopping::kReconcileQueue, [this](std::span<const WorkItem> items, auto done) {
      reconciler_.Work(items, std::move(done));
    });
  }
  AddQueue(shopping::kBuyerListQueue,
           [this](std::span<const WorkItem> items, std::function<void(Verdicts)> done) {
             const auto begin = [items](Transaction& transaction) -> Session::Save {
               return [items, &database = transaction.database] {
                 for (const WorkItem& item : items) database.listed.insert(item.trading_id);
               };
             };
             Commit("listing", begin, [items, done](const absl::Status& status) {
               if (!status.ok()) return done(status);
               done(std::vector<WorkVerdict>(items.size()));
             });
           });
}

Worker::Handle ShopReplica::Noticing(Worker::Handle send) {
  return [this, send = std::move(send)](std::span<const WorkItem> items,
                                        std::function<void(Verdicts)> done) {
    send(items, [this, items, done](Verdicts verdicts) {
      if (verdicts.ok() && version() >= kThisVersion) {
        const std::vector<WorkItem> odd = OddItems(items, *verdicts);
        if (!odd.empty()) reconciler_.Notice(odd);
      }
      done(std::move(verdicts));
    });
  };
}

void ShopReplica::ServeBuyers() {
  Serve("PlaceOrder", [this](const std::string& bytes, SteadyTime deadline, Respond respond) {
    v1::PlaceOrderRequest request;
    request.ParseFromString(bytes);
    absl::StatusOr<OrderDraft> draft = shopping::ReadDraft(request, kBuyer, kTraceparent);
    if (!draft.ok()) return respond(draft.status());
    orders_.Submit(*std::move(draft), deadline, [this, respond](absl::StatusOr<Placed> placed) {
      if (absl::IsDeadlineExceeded(placed.status())) world().Count(Happening::kNobodyWaited);
      if (!placed.ok()) return respond(placed.status());
      respond(shopping::Information(*placed, Addresses()).SerializeAsString());
    });
  });
  const auto submit = [this](absl::StatusOr<BuyerRequest> request, SteadyTime deadline,
                             Respond respond) {
    if (!request.ok()) return respond(request.status());
    requests_.Submit(*std::move(request), deadline, [respond](absl::StatusOr<Requested> requested) {
      if (!requested.ok()) return respond(requested.status());
      v1::ReturnProductsResponse response;
      *response.mutable_status() = wire::ToProto(requested->status);
      response.set_return_id(requested->return_id);
      respond(response.SerializeAsString());
    });
  };
  Serve("Cancel", [submit](const std::string& bytes, SteadyTime deadline, Respond respond) {
    v1::CancelOrderRequest request;
    request.ParseFromString(bytes);
    submit(ReadRequest(request.trading_id(), request.request_id(),
                       shopping::CancelRequest{{}, request.reason()}),
           deadline, respond);
  });
  Serve("Return", [submit](const std::string& bytes, SteadyTime deadline, Respond respond) {
    v1::ReturnProductsRequest request;
    request.ParseFromString(bytes);
    submit(ReadRequest(
               request.trading_id(), request.request_id(),
               shopping::ReturnRequest{{}, wire::GoodsFrom(request.lines()), request.reason()}),
           deadline, respond);
  });
  Serve("GetOrder", Teller<OrderRecord>(shopping::ComposeOrder, [](const OrderRecord& record) {
          return record.status().order();
        }));
  Serve("GetWord", Teller<OrderRecord>(shopping::ComposeOrder,
                                       [](const OrderRecord& record) { return record.status(); }));
  Serve("Watch", Watched());
}

void ShopReplica::WriteOrders(const std::shared_ptr<Batch<OrderDraft>>& batch,
                              std::function<void(Orders::Answers)> done) {
  const auto keys =
      std::make_shared<shopping::DraftKeys>(batch->requests(), cluster().orders().trading_id_key);
  const auto answers = std::make_shared<Orders::Answers>();
  const auto begin = [this, batch, keys, answers](Transaction& transaction) -> Session::Save {
    const auto unit = std::make_shared<SimulatedOrderUnit>(transaction, keys->ids, WallNow());
    const auto placing = std::make_shared<shopping::Placing<SimulatedOrderUnit>>(
        *unit, cluster().orders(), *batch, *keys);
    *answers = placing->PlaceAll();
    return [unit, placing] { placing->Save(); };
  };
  Commit("orders", begin, [batch, answers, done](const absl::Status& status) {
    done(status.ok() ? std::move(*answers) : AllFailed<Placed>(batch->requests().size(), status));
  });
}

void ShopReplica::WriteRequests(const std::shared_ptr<Batch<BuyerRequest>>& batch,
                                std::function<void(Requests::Answers)> done) {
  const auto keys = std::make_shared<shopping::RequestKeys>(batch->requests());
  const auto answers = std::make_shared<Requests::Answers>();
  const auto begin = [this, batch, keys, answers](Transaction& transaction) -> Session::Save {
    const auto unit = std::make_shared<SimulatedOrderUnit>(transaction, keys->ids, WallNow());
    const auto requesting =
        std::make_shared<shopping::Requesting<SimulatedOrderUnit>>(*unit, *batch, *keys);
    *answers = requesting->ApplyAll();
    return [unit, requesting] { requesting->Save(); };
  };
  CommitKnown("requests", begin, [batch, answers, done](const absl::Status& status) {
    done(status.ok() ? std::move(*answers)
                     : AllFailed<Requested>(batch->requests().size(), status));
  });
}

void ShopReplica::WriteReports(const std::shared_ptr<Batch<StatusReport>>& batch,
                               std::function<void(Reports::Answers)> done) {
  const auto answers = std::make_shared<Reports::Answers>();
  const auto decide = [this, answers, batch]<typename Rules>(const auto& unit,
                                                             Rules) -> Session::Save {
    const auto reporting = std::make_shared<shopping::Reporting<SimulatedOrderUnit, Rules>>(
        *unit, cluster().orders().reconcile_patience);
    *answers = reporting->Apply(batch->requests());
    return [unit, reporting] { reporting->Save(); };
  };
  const auto begin = [this, batch, decide](Transaction& transaction) -> Session::Save {
    const auto unit = std::make_shared<SimulatedOrderUnit>(
        transaction, TradesOfMessages<shopping::ReportRules>(batch->requests()), WallNow());
    if (world().Has(Defect::kSequenceUnchecked)) {
      return decide(unit, Unchecked<shopping::ReportRules>());
    }
    if (world().Has(Defect::kChainUnchecked)) return decide(unit, Unchained());
    return decide(unit, shopping::ReportRules());
  };
  Commit("reports", begin, [batch, answers, done](const absl::Status& status) {
    done(status.ok() ? std::move(*answers)
                     : AllFailed<ApplyAnswer>(batch->requests().size(), status));
  });
}

}  // namespace tallystick::simulation
