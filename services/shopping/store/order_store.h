// Orders in PostgreSQL.
#pragma once

#include <string>

#include "platform/postgres/document_table.h"
#include "platform/postgres/working_set.h"
#include "platform/relay/work_queue.h"
#include "services/shopping/domain/order.h"

namespace tallystick::shopping {

inline constexpr char kOrdersTable[] = "orders";

// The queues of the `work` table; numbers are the instructions' sequence numbers.
inline constexpr int16_t kPaymentQueue = 1;
inline constexpr int16_t kDeliveryQueue = 2;

struct OrderCodec {
  static postgres::DocumentRow Encode(const Order& order);
  static Order Decode(const postgres::DocumentRow& row);
};
using OrderSet = postgres::WorkingSet<Order, OrderCodec>;

// The instructions of a change, as work due at `now`.
void AppendInstructions(const Change& change, absl::Time now, std::vector<WorkItem>& work);

// The secret of 32 bytes that trading ids are hashed with; made at the first call ever.
absl::StatusOr<std::string> LoadTradingIdKey(const std::string& database_url);

}  // namespace tallystick::shopping
