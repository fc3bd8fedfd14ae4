// Payments in PostgreSQL.
#pragma once

#include "platform/postgres/document_table.h"
#include "platform/postgres/history_table.h"
#include "platform/relay/work_queue.h"
#include "services/payment/domain/payment.h"

namespace tallystick::payment {

inline constexpr char kPaymentsTable[] = "payments";

// The queues of the `work` table. Numbers within them: the revision reported; the transaction's;
// the planned capture's.
inline constexpr Queue kReportQueue{1, "reports to shopping"};
inline constexpr Queue kGatewayQueue{2, "gateway"};
inline constexpr Queue kPlannedQueue{3, "planned captures"};
inline constexpr Queue kQueues[] = {kReportQueue, kGatewayQueue, kPlannedQueue, kSnapshotQueue};

struct PaymentCodec {
  static postgres::DocumentRow Encode(const Payment& payment);
  static Payment Decode(const postgres::DocumentRow& row);
  // The entry is a PaymentRecord with nothing but the status.
  static postgres::HistoryEntry EncodeChange(const Payment* before, const Payment& after);
  static int StateOf(const Payment& payment) { return static_cast<int>(payment.status.state); }
};

// The report to the shop about the state that `payment` has now; `previous` is what it had before.
WorkItem ReportItem(const Payment& payment, const RevisionMark& previous);

// What relay/recovery.h needs to know of this service.
struct Recovery {
  using Aggregate = Payment;
  using Status = PaymentStatus;
  using Change = payment::Change;

  static constexpr Queue kReports = kReportQueue;
  static const PaymentStatus& StatusOf(const Payment& payment);
  // What no buyer is told.
  static std::string KeepsakeOf(const Payment& payment);
  static std::string ShopKeepsakeOf(const Payment& payment) { return payment.shop_keepsake; }
  // Throws Unreadable.
  static PaymentStatus StatusIn(const postgres::HistoryEntry& entry);
  static absl::StatusOr<Payment> Remembered(const RememberedTrade& trade);
  static absl::StatusOr<Change> TakeBack(const Payment* mine, const Payment& remembered,
                                         absl::Time now);
};

}  // namespace tallystick::payment
