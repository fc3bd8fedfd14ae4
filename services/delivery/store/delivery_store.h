// Deliveries in PostgreSQL.
#pragma once

#include "platform/postgres/document_table.h"
#include "platform/postgres/history_table.h"
#include "platform/relay/work_queue.h"
#include "services/delivery/domain/delivery.h"

namespace tallystick::delivery {

inline constexpr char kDeliveriesTable[] = "deliveries";

// The queues of the `work` table.
inline constexpr int16_t kReportQueue = 1;   // number: the revision reported
inline constexpr int16_t kCarrierQueue = 2;  // number: 0 for the booking, a shipment's, or a
                                             // return's beyond this:
inline constexpr int64_t kReturnNumbers = 1'000'000;

struct DeliveryCodec {
  static postgres::DocumentRow Encode(const Delivery& delivery);
  static Delivery Decode(const postgres::DocumentRow& row);
  // The entry is a DeliveryRecord with nothing but the status.
  static postgres::HistoryEntry EncodeChange(const Delivery* before, const Delivery& after);
};

// The report to the shop about the state that `delivery` has now.
WorkItem ReportItem(const Delivery& delivery);

}  // namespace tallystick::delivery
