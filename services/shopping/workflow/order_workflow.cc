#include "services/shopping/workflow/order_workflow.h"

#include <algorithm>
#include <map>
#include <set>

#include "platform/error/error.h"
#include "platform/runtime/overloaded.h"
#include "services/shopping/store/catalogue_store.h"
#include "services/shopping/store/refusal_store.h"

namespace tallystick::shopping {
namespace {

// What a batch does to the stock, summed up by product.
std::vector<StockAdjustment> Summed(const std::map<std::string, int64_t>& deltas) {
  std::vector<StockAdjustment> adjustments;
  adjustments.reserve(deltas.size());
  for (const auto& [sku, delta] : deltas) adjustments.push_back({sku, delta});
  return adjustments;
}

absl::Status RequestIdReused(const OrderDraft& draft) {
  return MakeError(absl::StatusCode::kInvalidArgument, "REQUEST_ID_REUSED",
                   "request_id: this id was used for another order; make a new one for each order",
                   {{"field", "request_id"}, {"request_id", draft.request_id.ToString()}});
}

std::string RpcOf(const BuyerRequest& request) {
  return std::holds_alternative<CancelRequest>(request.what) ? "ShoppingService/CancelOrder"
                                                             : "ShoppingService/ReturnProducts";
}

const Uuid& RequestIdOf(const BuyerRequest& request) {
  return std::visit([](const auto& what) -> const Uuid& { return what.request_id; }, request.what);
}

std::string FingerprintOf(const BuyerRequest& request) {
  return std::visit([](const auto& what) { return Fingerprint(what); }, request.what);
}

// An id that stands for another request says nothing about this one.
bool IsAboutRequestId(const absl::Status& status) {
  return GetErrorDetail(status).reason == "REQUEST_ID_REUSED";
}

// Its caller gets no answer any more, so that what it asked for must not happen.
absl::Status NobodyWaits() {
  return absl::DeadlineExceededError("the deadline passed before the request was decided");
}

template <typename Request>
bool AllWait(const Batch<Request>& batch, std::span<const size_t> indices) {
  return std::all_of(indices.begin(), indices.end(), [&](size_t i) { return batch.Waits(i); });
}

struct ReportRules {
  using Aggregate = Order;
  using Codec = OrderCodec;
  using Message = Report;

  absl::Time now;
  std::map<std::string, int64_t>& stock_back;

  static constexpr char kRpc[] = "ReportIntake/ApplyReports";
  static std::string Subject(const Report& report) {
    return std::holds_alternative<PaymentStatus>(report.status) ? "payment" : "delivery";
  }
  static const Uuid& TradingId(const Report& report) { return report.trading_id; }
  static int64_t Number(const Report& report) {
    return std::visit([](const StatusHeader& status) { return status.revision; }, report.status);
  }
  static int64_t LastApplied(const Order* order, const Report& report) {
    // A trade that the shop has lost, or never had, gets no report right, whatever its number.
    if (order == nullptr) return Number(report) - 1;
    return std::holds_alternative<PaymentStatus>(report.status)
               ? order->status.order.payment_revision
               : order->status.order.delivery_revision;
  }
  absl::StatusOr<Order> Apply(const Order* order, const Report& report,
                              std::vector<WorkItem>& work) const {
    if (order == nullptr) return absl::FailedPreconditionError("the shop knows no such trade");
    const auto* payment = std::get_if<PaymentStatus>(&report.status);
    Change change = payment != nullptr
                        ? OnPaymentReport(*order, *payment, now)
                        : OnDeliveryReport(*order, std::get<DeliveryStatus>(report.status), now);
    for (const GoodsQuantity& goods : change.stock_back) stock_back[goods.sku] += goods.quantity;
    AppendInstructions(change, work);
    return std::move(change.order);
  }
  // Reports are refused only when there is no order, and then there is no number to use up.
  static std::string RefusalOf(const Order&, const Report&) { return ""; }
  static Order Skip(const Order& order, const Report&, absl::string_view, std::vector<WorkItem>&) {
    return order;
  }
};

}  // namespace

OrderWorkflow::OrderWorkflow(OrderOptions options, const postgres::Database& database, Clock clock,
                             AfterCommit after_commit)
    : options_(std::move(options)),
      table_(kOrdersTable),
      work_(options_.work_lease),
      clock_(std::move(clock)),
      after_commit_(std::move(after_commit)),
      order_session_({.database = database}),
      request_session_({.database = database}),
      report_session_({.database = database}) {}

std::vector<absl::StatusOr<Placed>> OrderWorkflow::PlaceOrders(const Batch<OrderDraft>& batch) {
  const std::span<const OrderDraft> drafts = batch.requests();
  std::vector<Uuid> ids;
  std::vector<std::string> fingerprints;
  std::set<std::string> skus;
  for (const OrderDraft& draft : drafts) {
    ids.push_back(TradingIdFor(options_.trading_id_key, draft.buyer, draft.request_id));
    fingerprints.push_back(Fingerprint(draft));
    for (const GoodsQuantity& item : draft.items) skus.insert(item.sku);
  }
  auto committed = order_session_.Run([&](postgres::Transaction& transaction) {
    const absl::Time now = clock_();
    Committed<Placed> result;
    OrderSet orders(table_, transaction, ids);
    std::map<Uuid, Refusal> refused;
    for (const postgres::DocumentRow& row : orders.refused()) {
      refused.emplace(row.trading_id, DecodeRefusal(row));
    }
    Catalogue catalogue = LoadCatalogue(transaction, skus);
    std::map<std::string, int64_t> taken;
    std::vector<size_t> fresh;
    for (size_t i = 0; i < drafts.size(); ++i) {
      if (const Order* known = orders.Find(ids[i])) {
        if (known->request_fingerprint != fingerprints[i]) {
          result.answers.emplace_back(RequestIdReused(drafts[i]));
        } else {
          result.answers.emplace_back(Placed{known->contents, known->status.order.contents_digest,
                                             known->policy.return_period});
        }
        continue;
      }
      if (const auto known = refused.find(ids[i]); known != refused.end()) {
        result.answers.emplace_back(known->second.request_fingerprint == fingerprints[i]
                                        ? known->second.status
                                        : RequestIdReused(drafts[i]));
        continue;
      }
      if (!batch.Waits(i)) {
        result.answers.emplace_back(NobodyWaits());
        continue;
      }
      fresh.push_back(i);
      absl::StatusOr<OrderContents> contents = PriceAndTake(drafts[i], ids[i], catalogue, now);
      if (!contents.ok()) {
        const Refusal refusal{contents.status(), fingerprints[i]};
        orders.Refuse(EncodeRefusal(ids[i], drafts[i].buyer, refusal, now));
        refused.emplace(ids[i], refusal);
        result.answers.emplace_back(contents.status());
        continue;
      }
      result.audit.push_back({ids[i], now, drafts[i].buyer, "ShoppingService/PlaceOrder", "OK"});
      for (const GoodsQuantity& item : drafts[i].items) taken[item.sku] -= item.quantity;
      Change change = Accept(*contents, drafts[i].buyer, fingerprints[i], drafts[i].payment_method,
                             options_.policy, now);
      result.answers.emplace_back(Placed{*std::move(contents),
                                         change.order.status.order.contents_digest,
                                         options_.policy.return_period});
      AppendInstructions(change, result.work);
      result.work.push_back(ListingItem(change.order));
      orders.Put(ids[i], std::move(change.order));
    }
    SaveAll(transaction, orders, work_, result);
    // Last, because every order of a product waits for this lock. If another replica sold the goods
    // since they were looked at, the whole batch is decided anew.
    if (!AddToStock(transaction, Summed(taken)).empty()) throw postgres::Conflict{};
    // While it waited, callers may have left.
    if (!AllWait(batch, fresh)) throw postgres::Conflict{};
    return result;
  });
  if (!committed.ok()) return AllFailed<Placed>(drafts.size(), committed.status());
  // Nobody can be watching what did not exist.
  after_commit_(committed->work, {});
  for (size_t i = 0; i < drafts.size(); ++i) {
    if (!committed->answers[i].ok()) continue;
    log::Info("order placed",
              {{"trading_id", ids[i].ToString()}, {"request_id", drafts[i].request_id.ToString()}});
  }
  return std::move(committed->answers);
}

std::vector<absl::StatusOr<Requested>> OrderWorkflow::ApplyRequests(
    const Batch<BuyerRequest>& batch) {
  const std::span<const BuyerRequest> requests = batch.requests();
  std::vector<Uuid> ids;
  std::vector<RequestKey> keys;
  for (const BuyerRequest& request : requests) {
    ids.push_back(request.trading_id);
    keys.emplace_back(request.trading_id, RequestIdOf(request));
  }
  auto committed = request_session_.Run([&](postgres::Transaction& transaction) {
    const absl::Time now = clock_();
    Committed<Requested> result;
    OrderSet orders(table_, transaction, ids);
    std::map<RequestKey, Refusal> refused = LoadRefusedRequests(transaction, keys);
    std::vector<DecidedRequest> decided;
    std::vector<size_t> fresh;
    for (size_t i = 0; i < requests.size(); ++i) {
      const BuyerRequest& request = requests[i];
      const Order* order = orders.Find(request.trading_id);
      if (order == nullptr || order->buyer != request.buyer) {
        result.answers.emplace_back(TradeNotFound());
        continue;
      }
      const std::string fingerprint = FingerprintOf(request);
      const auto answer_as_it_is = [&] {
        return Requested{order->status.order, ReturnMadeBy(*order, keys[i].second)};
      };
      if (const auto known = refused.find(keys[i]); known != refused.end()) {
        if (known->second.request_fingerprint != fingerprint) {
          result.answers.emplace_back(RequestIdReused(keys[i].second));
        } else if (known->second.status.ok()) {
          result.answers.emplace_back(answer_as_it_is());
        } else {
          result.answers.emplace_back(known->second.status);
        }
        continue;
      }
      absl::StatusOr<std::optional<Change>> change = std::visit(
          Overloaded{[&](const CancelRequest& cancel) { return Cancel(*order, cancel, now); },
                     [&](const ReturnRequest& goods) { return ReturnGoods(*order, goods, now); }},
          request.what);
      const bool decides =
          change.ok() ? !TookEffect(*order, keys[i].second) : !IsAboutRequestId(change.status());
      if (decides && !batch.Waits(i)) {
        result.answers.emplace_back(NobodyWaits());
        continue;
      }
      if (decides) {
        fresh.push_back(i);
        DecidedRequest& decision = decided.emplace_back(DecidedRequest{keys[i], std::nullopt});
        if (!change.ok() || !change->has_value()) {
          decision.refusal = Refusal{change.status(), fingerprint};
          refused.emplace(keys[i], *decision.refusal);
        }
      }
      if (!change.ok()) {
        result.answers.emplace_back(change.status());
        continue;
      }
      if (*change) {
        result.audit.push_back({request.trading_id, now, request.buyer, RpcOf(request), "OK"});
        AppendInstructions(**change, result.work);
        orders.Put(request.trading_id, std::move((*change)->order));
        order = orders.Find(request.trading_id);
      }
      result.answers.emplace_back(answer_as_it_is());
    }
    SaveAll(transaction, orders, work_, result);
    RecordDecidedRequests(transaction, decided);
    if (!AllWait(batch, fresh)) throw postgres::Conflict{};
    return result;
  });
  if (!committed.ok()) return AllFailed<Requested>(requests.size(), committed.status());
  after_commit_(committed->work, committed->changed);
  return std::move(committed->answers);
}

std::vector<absl::StatusOr<ApplyAnswer>> OrderWorkflow::ApplyReports(
    std::span<const Report> reports) {
  auto committed = report_session_.Run([&](postgres::Transaction& transaction) {
    std::map<std::string, int64_t> stock_back;
    auto result =
        ApplyNumbered(transaction, table_, work_, reports, ReportRules{clock_(), stock_back});
    AddToStock(transaction, Summed(stock_back));
    return result;
  });
  if (!committed.ok()) return AllFailed<ApplyAnswer>(reports.size(), committed.status());
  after_commit_(committed->work, committed->changed);
  return std::move(committed->answers);
}

}  // namespace tallystick::shopping
