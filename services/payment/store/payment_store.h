// Payments in PostgreSQL.
#pragma once

#include "platform/postgres/document_table.h"
#include "platform/postgres/history_table.h"
#include "platform/relay/work_queue.h"
#include "services/payment/domain/payment.h"

namespace tallystick::payment {

inline constexpr char kPaymentsTable[] = "payments";

// The queues of the `work` table.
inline constexpr int16_t kReportQueue = 1;   // number: the revision reported
inline constexpr int16_t kGatewayQueue = 2;  // number: the transaction's
inline constexpr int16_t kPlannedQueue = 3;  // number: the planned capture's

struct PaymentCodec {
  static postgres::DocumentRow Encode(const Payment& payment);
  static Payment Decode(const postgres::DocumentRow& row);
  // The entry is a PaymentRecord with nothing but the status.
  static postgres::HistoryEntry EncodeChange(const Payment* before, const Payment& after);
};

// The report to the shop about the state that `payment` has now.
WorkItem ReportItem(const Payment& payment);

}  // namespace tallystick::payment
