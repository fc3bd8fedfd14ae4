// A batch of requests about orders on its way into the database.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "platform/error/error.h"
#include "platform/lang/overloaded.h"
#include "services/shopping/workflow/order_workflow.h"
#include "services/shopping/workflow/shop_unit.h"

namespace tallystick::shopping {

// What is known of requests without the database.
struct RequestKeys {
  explicit RequestKeys(std::span<const BuyerRequest> requests) {
    for (const BuyerRequest& request : requests) {
      ids.push_back(request.trading_id);
      keys.emplace_back(request.trading_id,
                        std::visit([](const auto& what) { return what.request_id; }, request.what));
    }
  }

  std::vector<Uuid> ids;
  std::vector<RequestKey> keys;
};

// Decides with what the unit has read; Save, once, writes what came of it.
template <ShopUnit Unit>
class Requesting {
 public:
  Requesting(Unit& unit, const Batch<BuyerRequest>& batch, const RequestKeys& keys)
      : unit_(unit),
        batch_(batch),
        keys_(keys.keys),
        refused_(unit.LoadRefusedRequests(keys.keys)),
        standstills_(StandstillsOf(unit, keys.ids)) {}

  // Answers each request, in order.
  std::vector<absl::StatusOr<Requested>> ApplyAll() {
    std::vector<absl::StatusOr<Requested>> answers;
    for (size_t i = 0; i < keys_.size(); ++i) answers.push_back(Apply(i));
    return answers;
  }

  // Throws Conflict when it has to be decided anew.
  void Save() {
    unit_.Save();
    unit_.RecordDecidedRequests(decided_);
    if (!AllWait(batch_, fresh_)) throw postgres::Conflict{};
  }

 private:
  absl::StatusOr<Requested> Apply(size_t i) {
    const BuyerRequest& request = batch_.requests()[i];
    const Order* order = unit_.Find(request.trading_id);
    if (order == nullptr || order->buyer != request.buyer) return TradeNotFound();
    const std::string fingerprint =
        std::visit([](const auto& what) { return Fingerprint(what); }, request.what);
    if (const auto known = refused_.find(keys_[i]); known != refused_.end()) {
      if (known->second.request_fingerprint != fingerprint) {
        return RequestIdReused(keys_[i].second);
      }
      if (!known->second.status.ok()) return known->second.status;
      return AsItIs(*order, i);
    }
    const Standstill standstill =
        TookEffect(*order, keys_[i].second) ? Standstill::kNone : standstills_[request.trading_id];
    if (standstill == Standstill::kForNow) {
      return absl::UnavailableError(
          "what the shop, payment and delivery have of this order is being brought together, since "
          "one of them has lost something; ask again later, with the same request id");
    }
    absl::StatusOr<std::optional<Change>> change =
        standstill == Standstill::kForPerson ? NotReconciled() : DecideOf(*order, request);
    const bool decides =
        change.ok() ? !TookEffect(*order, keys_[i].second) : !IsAboutRequestId(change.status());
    if (decides && !batch_.Waits(i)) return NobodyWaits();
    if (decides) Decide(i, change, fingerprint);
    if (!change.ok()) return change.status();
    if (*change) {
      unit_.Audit(request.trading_id, request.buyer, RpcOf(request), "OK");
      (*change)->order.traceparent = request.traceparent;
      order = PutChange(unit_, **std::move(change));
    }
    return AsItIs(*order, i);
  }

  absl::StatusOr<std::optional<Change>> DecideOf(const Order& order,
                                                 const BuyerRequest& request) const {
    return std::visit(
        Overloaded{
            [&](const CancelRequest& cancel) { return Cancel(order, cancel, unit_.now()); },
            [&](const ReturnRequest& goods) { return ReturnGoods(order, goods, unit_.now()); }},
        request.what);
  }

  static absl::Status NotReconciled() {
    return MakeError(absl::StatusCode::kFailedPrecondition, "NOT_RECONCILED",
                     "the shop does not agree with payment or delivery about this order, and a "
                     "person has to look at it first; ask the shop, and ask for this again then");
  }

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

  static std::string RpcOf(const BuyerRequest& request) {
    return std::holds_alternative<CancelRequest>(request.what) ? "ShoppingService/CancelOrder"
                                                               : "ShoppingService/ReturnProducts";
  }

  // An id that stands for another request says nothing about this one.
  static bool IsAboutRequestId(const absl::Status& status) {
    return GetErrorDetail(status).reason == "REQUEST_ID_REUSED";
  }

  Unit& unit_;
  const Batch<BuyerRequest>& batch_;
  const std::vector<RequestKey>& keys_;
  std::map<RequestKey, Refusal> refused_;
  std::map<Uuid, Standstill> standstills_;
  std::vector<DecidedRequest> decided_;
  std::vector<size_t> fresh_;
};

}  // namespace tallystick::shopping
