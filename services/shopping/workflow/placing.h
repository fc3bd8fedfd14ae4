// A batch of orders on its way into the database.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "platform/error/error.h"
#include "services/shopping/store/keepsake.h"
#include "services/shopping/workflow/order_workflow.h"
#include "services/shopping/workflow/shop_unit.h"

namespace tallystick::shopping {

// What is known of drafts without the database.
struct DraftKeys {
  DraftKeys(std::span<const OrderDraft> drafts, const std::string& trading_id_key) {
    for (const OrderDraft& draft : drafts) {
      ids.push_back(TradingIdFor(trading_id_key, draft.buyer, draft.request_id));
      fingerprints.push_back(Fingerprint(draft));
      for (const GoodsQuantity& item : draft.items) skus.insert(item.sku);
    }
  }

  std::vector<Uuid> ids;
  std::vector<std::string> fingerprints;
  std::set<std::string> skus;
};

// Decides with what the unit has read; Save, once, writes what came of it.
template <ShopUnit Unit>
class Placing {
 public:
  Placing(Unit& unit, const OrderOptions& options, const Batch<OrderDraft>& batch,
          const DraftKeys& keys)
      : unit_(unit),
        options_(options),
        batch_(batch),
        keys_(keys),
        catalogue_(unit.LoadCatalogue(keys.skus)),
        refused_(unit.Refusals()) {}

  // Answers each draft, in order.
  std::vector<absl::StatusOr<Placed>> PlaceAll() {
    std::vector<absl::StatusOr<Placed>> answers;
    for (size_t i = 0; i < keys_.ids.size(); ++i) answers.push_back(Place(i));
    return answers;
  }

  // Throws Conflict when it has to be decided anew.
  void Save() {
    unit_.Save();
    // Last, because every order of a product waits for this lock. If another replica sold the goods
    // since they were looked at, the whole batch is decided anew.
    if (!unit_.AddToStock(Summed(taken_))) throw postgres::Conflict{};
    // While it waited, callers may have left.
    if (!AllWait(batch_, fresh_)) throw postgres::Conflict{};
  }

 private:
  absl::StatusOr<Placed> Place(size_t i) {
    const OrderDraft& draft = batch_.requests()[i];
    const Uuid& id = keys_.ids[i];
    const std::string& fingerprint = keys_.fingerprints[i];
    if (const Order* known = unit_.Find(id)) {
      if (known->request_fingerprint != fingerprint) return IdReused(draft);
      return Placed{known->contents, known->status.order.contents_digest,
                    known->policy.return_period};
    }
    if (const auto known = refused_.find(id); known != refused_.end()) {
      if (known->second.request_fingerprint != fingerprint) return IdReused(draft);
      return known->second.status;
    }
    if (!batch_.Waits(i)) return NobodyWaits();
    fresh_.push_back(i);
    absl::StatusOr<OrderContents> contents = PriceAndTake(draft, id, catalogue_, unit_.now());
    if (!contents.ok()) {
      const Refusal refusal{contents.status(), fingerprint};
      unit_.Refuse(id, draft.buyer, refusal);
      refused_.emplace(id, refusal);
      return contents.status();
    }
    unit_.Audit(id, draft.buyer, "ShoppingService/PlaceOrder", "OK");
    for (const GoodsQuantity& item : draft.items) taken_[item.sku] -= item.quantity;
    Change change = Accept(*contents, draft.buyer, fingerprint, draft.payment_method,
                           options_.policy, unit_.now());
    change.order.traceparent = draft.traceparent;
    std::string digest = change.order.status.order.contents_digest;
    GiveToKeep(change.payment.front(), change.order, options_.trading_id_key);
    const WorkItem listing = ListingItem(change.order);
    PutChange(unit_, std::move(change));
    unit_.work().push_back(listing);
    return Placed{*std::move(contents), std::move(digest), options_.policy.return_period};
  }

  static absl::Status IdReused(const OrderDraft& draft) {
    return MakeError(absl::StatusCode::kInvalidArgument, "REQUEST_ID_REUSED",
                     "request_id: this id was used for another order; make a new one for each "
                     "order",
                     {{"field", "request_id"}, {"request_id", draft.request_id.ToString()}});
  }

  Unit& unit_;
  const OrderOptions& options_;
  const Batch<OrderDraft>& batch_;
  const DraftKeys& keys_;
  Catalogue catalogue_;
  std::map<Uuid, Refusal> refused_;
  std::map<std::string, int64_t> taken_;
  std::vector<size_t> fresh_;  // decided now
};

}  // namespace tallystick::shopping
