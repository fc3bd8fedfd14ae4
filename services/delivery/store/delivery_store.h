// Deliveries in PostgreSQL.
#pragma once

#include "platform/postgres/document_table.h"
#include "platform/postgres/history_table.h"
#include "platform/relay/work_queue.h"
#include "services/delivery/domain/delivery.h"

namespace tallystick::delivery {

inline constexpr char kDeliveriesTable[] = "deliveries";

// The queues of the `work` table. Numbers within them: the revision reported; the step's (see
// workflow/carrier_rules.h).
inline constexpr Queue kReportQueue{1, "reports to shopping"};
inline constexpr Queue kCarrierQueue{2, "carrier"};
inline constexpr Queue kQueues[] = {kReportQueue, kCarrierQueue, kSnapshotQueue};

struct DeliveryCodec {
  static postgres::DocumentRow Encode(const Delivery& delivery);
  static Delivery Decode(const postgres::DocumentRow& row);
  // The entry is a DeliveryRecord with nothing but the status.
  static postgres::HistoryEntry EncodeChange(const Delivery* before, const Delivery& after);
  static int StateOf(const Delivery& delivery) { return static_cast<int>(delivery.status.state); }
};

// The report to the shop about the state that `delivery` has now; `previous` is what it had before.
WorkItem ReportItem(const Delivery& delivery, const RevisionMark& previous);

// What relay/recovery.h needs to know of this service.
struct Recovery {
  using Aggregate = Delivery;
  using Status = DeliveryStatus;
  using Change = delivery::Change;

  static constexpr Queue kReports = kReportQueue;
  static const DeliveryStatus& StatusOf(const Delivery& delivery);
  // What no buyer is told.
  static std::string KeepsakeOf(const Delivery& delivery);
  // The shop gives delivery nothing to keep.
  static std::string ShopKeepsakeOf(const Delivery&) { return ""; }
  // Throws Unreadable.
  static DeliveryStatus StatusIn(const postgres::HistoryEntry& entry);
  static absl::StatusOr<Delivery> Remembered(const RememberedTrade& trade);
  static absl::StatusOr<Change> TakeBack(const Delivery* mine, const Delivery& remembered,
                                         absl::Time now);
};

}  // namespace tallystick::delivery
