// Orders in PostgreSQL.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "platform/postgres/document_table.h"
#include "platform/postgres/working_set.h"
#include "platform/relay/work_queue.h"
#include "services/shopping/domain/order.h"

namespace tallystick::shopping {

inline constexpr char kOrdersTable[] = "orders";

// The queues of the `work` table. Numbers within them: the instruction's sequence number; 1, for
// listing a new trade under its buyer; those of kReconcileQueue stand below.
inline constexpr Queue kPaymentQueue{1, "instructions to payment"};
inline constexpr Queue kDeliveryQueue{2, "instructions to delivery"};
inline constexpr Queue kBuyerListQueue{3, "buyers' lists"};
inline constexpr Queue kReconcileQueue{4, "trades to reconcile"};
inline constexpr Queue kQueues[] = {kPaymentQueue, kDeliveryQueue, kBuyerListQueue, kReconcileQueue,
                                    kSnapshotQueue};

struct OrderCodec {
  static postgres::DocumentRow Encode(const Order& order);
  static Order Decode(const postgres::DocumentRow& row);
  // The entry is an OrderChange: the order, and the report that changed it if it was one.
  static postgres::HistoryEntry EncodeChange(const Order* before, const Order& after);
  static int StateOf(const Order& order) { return static_cast<int>(order.status.order.state); }
};

// An OrderRecord with the status that the entries add up to: the latest order, report of payment
// and report of delivery.
std::string ComposeOrder(std::span<const postgres::HistoryEntry> history);
// Whether the entries have the reports that the latest order has heard of.
bool HasAllReports(std::span<const postgres::HistoryEntry> history);
// One entry with the same.
std::string MergeOrder(std::span<const postgres::HistoryEntry> history);

// Gives the trades that have no history the present state as its beginning: a step of a migration.
void BeginHistory(postgres::Transaction& transaction);

// An instruction, as work that is due. It carries the order's trace.
WorkItem InstructionItem(const Order& order, PaymentInstruction instruction);
WorkItem InstructionItem(const Order& order, DeliveryInstruction instruction);

// The instructions of a change.
void AppendInstructions(const Change& change, std::vector<WorkItem>& work);

// The work that lists a new order under its buyer.
WorkItem ListingItem(const Order& order);

// Work of kReconcileQueue: all trades are to be compared, because something was found, or because a
// database is another than it was (these are of no trade, and end on their own); one was found so
// by such a comparison, which is over when all of these are; one has been given back what was
// remembered of it, and is only seen to until the three are in step; one was noticed because its
// messages did not fit (they may be on their way still, so that it is looked at when `patience` is
// over); or one waits for a person, and is not looked at until that person says so. Numbers and
// payloads stand in tables: do not change them.
inline constexpr int64_t kCompareAll = 0;
inline constexpr int64_t kReconcile = 1;
inline constexpr int64_t kCompareChanged = 2;
inline constexpr int64_t kSeeInStep = 3;
inline constexpr int64_t kFound = 4;
inline constexpr int64_t kForPerson = 5;
inline constexpr char kFoundByComparing[] = "compared";

inline WorkItem CompareAllItem() { return {Uuid{}, kReconcileQueue.number, kCompareAll}; }
inline WorkItem CompareChangedItem() { return {Uuid{}, kReconcileQueue.number, kCompareChanged}; }
// In the table alone, where they may stand already.
inline WorkItem NoticedItem(const Uuid& id, absl::Duration patience) {
  WorkItem item{id, kReconcileQueue.number, kReconcile, patience};
  item.date = absl::UnixEpoch();
  return item;
}
inline WorkItem ComparedItem(const Uuid& id) {
  WorkItem item = NoticedItem(id, absl::ZeroDuration());
  item.number = kFound;
  item.payload = kFoundByComparing;
  return item;
}

inline WorkItem ForPersonItem(const Uuid& id, std::string reason) {
  WorkItem item = NoticedItem(id, absl::ZeroDuration());
  item.number = kForPerson;
  item.attempts = kParkedAttempts;
  item.reason = std::move(reason);
  return item;
}
// What these are on a person's list for: whatever else was to be looked at of the same trades.
std::vector<WorkItem> InPlaceOf(std::span<const WorkItem> for_person);

// Lists orders under their buyers; listing again changes nothing.
void ListUnderBuyers(postgres::Transaction& transaction, std::span<const Uuid> ids);

struct ListedTrade {
  Uuid trading_id;
  int64_t order_millis = 0;
};

// The trades of `buyer` that come after `after` in the list, latest first.
std::vector<ListedTrade> TradesOf(postgres::Transaction& transaction, const std::string& buyer,
                                  const ListedTrade& after, int64_t limit);

// The secret of 32 bytes that trading ids are hashed with; made at the first call ever.
absl::StatusOr<std::string> LoadTradingIdKey(const postgres::Database& database);

}  // namespace tallystick::shopping
