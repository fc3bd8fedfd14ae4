#include "services/shopping/workflow/order_workflow.h"

#include <algorithm>
#include <map>
#include <set>

#include "platform/error/error.h"
#include "platform/lang/overloaded.h"
#include "platform/process/log.h"
#include "platform/relay/apply_numbered.h"
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
  return std::ranges::all_of(indices, [&](size_t i) { return batch.Waits(i); });
}

using Unit = UnitOfWork<Order, OrderCodec>;

// Writes a change and the instructions that it causes; gives the new state.
const Order* Put(Unit& unit, Change change) {
  AppendInstructions(change, unit.work());
  const Uuid id = change.order.contents.trading_id;
  return unit.Put(id, std::move(change.order));
}

// A batch of orders on its way into the database.
class Placing {
 public:
  Placing(Unit& unit, const OrderOptions& options, const Batch<OrderDraft>& batch,
          const std::set<std::string>& skus)
      : unit_(unit),
        options_(options),
        batch_(batch),
        catalogue_(LoadCatalogue(unit.transaction(), skus)) {
    for (const postgres::DocumentRow& row : unit.set().refused()) {
      refused_.emplace(row.trading_id, DecodeRefusal(row));
    }
  }

  absl::StatusOr<Placed> Place(size_t i, const Uuid& id, const std::string& fingerprint) {
    const OrderDraft& draft = batch_.requests()[i];
    if (const Order* known = unit_.Find(id)) {
      if (known->request_fingerprint != fingerprint) return RequestIdReused(draft);
      return Placed{known->contents, known->status.order.contents_digest,
                    known->policy.return_period};
    }
    if (const auto known = refused_.find(id); known != refused_.end()) {
      if (known->second.request_fingerprint != fingerprint) return RequestIdReused(draft);
      return known->second.status;
    }
    if (!batch_.Waits(i)) return NobodyWaits();
    fresh_.push_back(i);
    absl::StatusOr<OrderContents> contents = PriceAndTake(draft, id, catalogue_, unit_.now());
    if (!contents.ok()) {
      const Refusal refusal{contents.status(), fingerprint};
      unit_.set().Refuse(EncodeRefusal(id, draft.buyer, refusal, unit_.now()));
      refused_.emplace(id, refusal);
      return contents.status();
    }
    unit_.Audit(id, draft.buyer, "ShoppingService/PlaceOrder", "OK");
    for (const GoodsQuantity& item : draft.items) taken_[item.sku] -= item.quantity;
    Change change = Accept(*contents, draft.buyer, fingerprint, draft.payment_method,
                           options_.policy, unit_.now());
    std::string digest = change.order.status.order.contents_digest;
    const WorkItem listing = ListingItem(change.order);
    Put(unit_, std::move(change));
    unit_.work().push_back(listing);
    return Placed{*std::move(contents), std::move(digest), options_.policy.return_period};
  }

  void Save() {
    unit_.Save();
    // Last, because every order of a product waits for this lock. If another replica sold the goods
    // since they were looked at, the whole batch is decided anew.
    if (!AddToStock(unit_.transaction(), Summed(taken_)).empty()) throw postgres::Conflict{};
    // While it waited, callers may have left.
    if (!AllWait(batch_, fresh_)) throw postgres::Conflict{};
  }

 private:
  Unit& unit_;
  const OrderOptions& options_;
  const Batch<OrderDraft>& batch_;
  Catalogue catalogue_;
  std::map<Uuid, Refusal> refused_;
  std::map<std::string, int64_t> taken_;
  std::vector<size_t> fresh_;  // decided now
};

// A batch of requests about orders on its way into the database.
class Requesting {
 public:
  Requesting(Unit& unit, const Batch<BuyerRequest>& batch, std::span<const RequestKey> keys)
      : unit_(unit),
        batch_(batch),
        keys_(keys),
        refused_(LoadRefusedRequests(unit.transaction(), keys)) {}

  absl::StatusOr<Requested> Apply(size_t i) {
    const BuyerRequest& request = batch_.requests()[i];
    const Order* order = unit_.Find(request.trading_id);
    if (order == nullptr || order->buyer != request.buyer) return TradeNotFound();
    const std::string fingerprint = FingerprintOf(request);
    if (const auto known = refused_.find(keys_[i]); known != refused_.end()) {
      if (known->second.request_fingerprint != fingerprint) {
        return shopping::RequestIdReused(keys_[i].second);
      }
      if (!known->second.status.ok()) return known->second.status;
      return AsItIs(*order, i);
    }
    absl::StatusOr<std::optional<Change>> change = std::visit(
        Overloaded{
            [&](const CancelRequest& cancel) { return Cancel(*order, cancel, unit_.now()); },
            [&](const ReturnRequest& goods) { return ReturnGoods(*order, goods, unit_.now()); }},
        request.what);
    const bool decides =
        change.ok() ? !TookEffect(*order, keys_[i].second) : !IsAboutRequestId(change.status());
    if (decides && !batch_.Waits(i)) return NobodyWaits();
    if (decides) Decide(i, change, fingerprint);
    if (!change.ok()) return change.status();
    if (*change) {
      unit_.Audit(request.trading_id, request.buyer, RpcOf(request), "OK");
      order = Put(unit_, **std::move(change));
    }
    return AsItIs(*order, i);
  }

  void Save() {
    unit_.Save();
    RecordDecidedRequests(unit_.transaction(), decided_);
    if (!AllWait(batch_, fresh_)) throw postgres::Conflict{};
  }

 private:
  Requested AsItIs(const Order& order, size_t i) const {
    return {order.status.order, ReturnMadeBy(order, keys_[i].second)};
  }

  void Decide(size_t i, const absl::StatusOr<std::optional<Change>>& change,
              const std::string& fingerprint) {
    fresh_.push_back(i);
    DecidedRequest& decision = decided_.emplace_back(DecidedRequest{keys_[i], std::nullopt});
    if (change.ok() && change->has_value()) return;
    decision.refusal = Refusal{change.status(), fingerprint};
    refused_.emplace(keys_[i], *decision.refusal);
  }

  Unit& unit_;
  const Batch<BuyerRequest>& batch_;
  const std::span<const RequestKey> keys_;
  std::map<RequestKey, Refusal> refused_;
  std::vector<DecidedRequest> decided_;
  std::vector<size_t> fresh_;
};

}  // namespace

OrderWorkflow::OrderWorkflow(const CommitterOptions& committing, OrderOptions options)
    : options_(std::move(options)),
      orders_(committing),
      requests_(committing),
      reports_(committing) {}

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
  auto placed = orders_.Commit(ids, [&](Unit& unit) {
    Placing placing(unit, options_, batch, skus);
    std::vector<absl::StatusOr<Placed>> answers;
    for (size_t i = 0; i < drafts.size(); ++i) {
      answers.push_back(placing.Place(i, ids[i], fingerprints[i]));
    }
    placing.Save();
    return answers;
  });
  if (!placed.ok()) return AllFailed<Placed>(drafts.size(), placed.status());
  for (size_t i = 0; i < drafts.size(); ++i) {
    if (!(*placed)[i].ok()) continue;
    log::Info("order placed",
              {{"trading_id", ids[i].ToString()}, {"request_id", drafts[i].request_id.ToString()}});
  }
  return *std::move(placed);
}

std::vector<absl::StatusOr<Requested>> OrderWorkflow::ApplyRequests(
    const Batch<BuyerRequest>& batch) {
  std::vector<Uuid> ids;
  std::vector<RequestKey> keys;
  for (const BuyerRequest& request : batch.requests()) {
    ids.push_back(request.trading_id);
    keys.emplace_back(request.trading_id, RequestIdOf(request));
  }
  auto applied = requests_.Commit(ids, [&](Unit& unit) {
    Requesting requesting(unit, batch, keys);
    std::vector<absl::StatusOr<Requested>> answers;
    for (size_t i = 0; i < keys.size(); ++i) answers.push_back(requesting.Apply(i));
    requesting.Save();
    return answers;
  });
  if (!applied.ok()) return AllFailed<Requested>(keys.size(), applied.status());
  return *std::move(applied);
}

std::vector<absl::StatusOr<ApplyAnswer>> OrderWorkflow::ApplyReports(
    std::span<const Report> reports) {
  auto answers = reports_.Commit(TradesOfMessages<ReportRules>(reports), [&](Unit& unit) {
    std::map<std::string, int64_t> stock_back;
    auto answers = ApplyNumbered<ReportRules>(unit, reports, [&](const Uuid&, Change change) {
      for (const GoodsQuantity& goods : change.stock_back) stock_back[goods.sku] += goods.quantity;
      Put(unit, std::move(change));
    });
    unit.Save();
    AddToStock(unit.transaction(), Summed(stock_back));
    return answers;
  });
  if (!answers.ok()) return AllFailed<ApplyAnswer>(reports.size(), answers.status());
  return *std::move(answers);
}

}  // namespace tallystick::shopping
