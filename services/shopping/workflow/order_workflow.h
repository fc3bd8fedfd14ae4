// What is committed together in the shop: an order with the stock it takes and the instructions it
// causes; a report with the order's next state, its instructions and the stock that comes back.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "platform/batch/batcher.h"
#include "platform/postgres/session.h"
#include "platform/relay/apply_numbered.h"
#include "platform/runtime/clock.h"
#include "services/shopping/domain/order_draft.h"
#include "services/shopping/store/order_store.h"

namespace tallystick::shopping {

// Payment's or delivery's whole status; its number is the status' revision.
struct Report {
  Uuid trading_id;
  std::variant<PaymentStatus, DeliveryStatus> status;
};

// What PlaceOrder answers with.
struct Placed {
  OrderContents contents;
  std::string contents_digest;
};

// `hand_over` gets the work of a batch after its commit. Each method uses a session of its own and
// is called from one thread of its own.
class OrderWorkflow {
 public:
  using HandOver = std::function<void(const std::vector<WorkItem>&)>;

  OrderWorkflow(absl::Duration work_lease, const std::string& database_url,
                std::string trading_id_key, Clock clock, HandOver hand_over);

  // Answers each draft (CheckDraft has passed), in order. A draft whose request id was used by the
  // same buyer before gets the first answer again, or INVALID_ARGUMENT (REQUEST_ID_REUSED) when its
  // body differs.
  std::vector<absl::StatusOr<Placed>> PlaceOrders(std::span<const OrderDraft> drafts);

  // Answers each report, in order.
  std::vector<absl::StatusOr<ApplyAnswer>> ApplyReports(std::span<const Report> reports);

 private:
  const postgres::DocumentTable table_;
  const WorkTable work_;
  const std::string trading_id_key_;
  const Clock clock_;
  const HandOver hand_over_;
  postgres::Session order_session_;
  postgres::Session report_session_;
};

}  // namespace tallystick::shopping
