// The shop's unit of work: orders, and what else a decision about them reads and writes in the same
// transaction: catalogue and stock, refusals, and requests that were decided.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "platform/relay/committer.h"
#include "services/shopping/store/catalogue_store.h"
#include "services/shopping/store/order_store.h"
#include "services/shopping/store/refusal_store.h"

namespace tallystick::shopping {

// Valid as long as the unit of orders that it is about.
class OrderUnit {
 public:
  using Value = Order;
  using Orders = UnitOfWork<Order, OrderCodec>;

  explicit OrderUnit(Orders& orders) : orders_(orders) {}

  absl::Time now() const { return orders_.now(); }
  const Order* Find(const Uuid& id) const { return orders_.Find(id); }
  const Order* Put(const Uuid& id, Order order) { return orders_.Put(id, std::move(order)); }
  std::vector<WorkItem>& work() { return orders_.work(); }
  std::vector<WorkItem>& over() { return orders_.over(); }
  void Audit(const Uuid& id, std::string subject, std::string rpc, std::string result) {
    orders_.Audit(id, std::move(subject), std::move(rpc), std::move(result));
  }
  void Save() { orders_.Save(); }

  Catalogue LoadCatalogue(const std::set<std::string>& skus) {
    return shopping::LoadCatalogue(orders_.tables().transaction, skus);
  }
  // After Save, and last: every order of a product waits for its row. False when there is no such
  // product, or not enough of it is left; then nothing may be committed.
  bool AddToStock(const std::vector<StockAdjustment>& adjustments) {
    return shopping::AddToStock(orders_.tables().transaction, adjustments).empty();
  }

  // See WorkTable.
  std::map<Uuid, std::set<int64_t>> NumbersOf(int16_t queue, std::span<const Uuid> ids) {
    return orders_.NumbersOf(queue, ids);
  }
  std::vector<std::string> ReasonsOf(std::span<const WorkItem> items, int32_t tries) {
    return WorkTable::ReasonsOf(orders_.tables().transaction, items, tries);
  }
  // After Save: the trades of these, which ForPersonItem has made, are on a person's list from then
  // on, once.
  void Park(std::vector<WorkItem> items) {
    orders_.tables().DeleteWork(InPlaceOf(items));
    const std::vector<std::string> reasons = ReasonsOf(items, kParkedAttempts);
    size_t at = 0;
    std::erase_if(items, [&](const WorkItem& item) { return item.reason == reasons[at++]; });
    orders_.tables().InsertWork(items);
    orders_.tables().PostponeWork(items);
  }

  // Likewise; takes the quantities from the stock, or what there is of them, and gives the others.
  std::map<std::string, int64_t> TakeWhatIsLeft(const std::vector<StockAdjustment>& taken) {
    return shopping::TakeWhatIsLeft(orders_.tables().transaction, taken);
  }

  // The trades of this unit whose orders were refused before, and one more.
  std::map<Uuid, Refusal> Refusals() {
    std::map<Uuid, Refusal> refusals;
    for (const postgres::DocumentRow& row : orders_.set().refused()) {
      refusals.emplace(row.trading_id, DecodeRefusal(row));
    }
    return refusals;
  }
  void Refuse(const Uuid& id, const std::string& buyer, const Refusal& refusal) {
    orders_.set().Refuse(EncodeRefusal(id, buyer, refusal, now()));
  }

  // See refusal_store.h; what is recorded follows Save.
  std::map<RequestKey, Refusal> LoadRefusedRequests(std::span<const RequestKey> keys) {
    return shopping::LoadRefusedRequests(orders_.tables().transaction, keys);
  }
  void RecordDecidedRequests(std::span<const DecidedRequest> decided) {
    shopping::RecordDecidedRequests(orders_.tables().transaction, decided);
  }
  void RefuseAfterAll(std::span<const DecidedRequest> refused) {
    shopping::RefuseAfterAll(orders_.tables().transaction, refused);
  }

 private:
  Orders& orders_;
};

}  // namespace tallystick::shopping
