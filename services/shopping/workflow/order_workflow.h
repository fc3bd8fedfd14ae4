// What is committed together in the shop: an order with the stock it takes and the instructions it
// causes; a report with the order's next state, its instructions and the stock that comes back.
#pragma once

#include <span>
#include <string>
#include <variant>
#include <vector>

#include "platform/batch/batcher.h"
#include "platform/postgres/session.h"
#include "platform/relay/apply_numbered.h"
#include "platform/runtime/clock.h"
#include "services/shopping/domain/order_draft.h"
#include "services/shopping/domain/order_requests.h"
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
  absl::Duration return_period;
};

// What a buyer asks of an order that was accepted.
struct BuyerRequest {
  Uuid trading_id;
  std::string buyer;
  std::variant<CancelRequest, ReturnRequest> what;
};

// The order after a request took effect, now or before.
struct Requested {
  OrderStatus status;
  std::string return_id;  // of the return that the request made
};

struct OrderOptions {
  absl::Duration work_lease = absl::Seconds(10);
  std::string trading_id_key;
  OrderPolicy policy;
};

// `after_commit` is called after each commit that changed something. Each method uses a session of
// its own and is called from one thread of its own.
class OrderWorkflow {
 public:
  OrderWorkflow(OrderOptions options, const postgres::Database& database, Clock clock,
                AfterCommit after_commit);

  // Answers each draft (CheckDraft has passed), in order. A draft whose request id was used by the
  // same buyer before gets the first answer again, be it a refusal, or INVALID_ARGUMENT
  // (REQUEST_ID_REUSED) when its body differs. What nobody waits for any more is not placed.
  std::vector<absl::StatusOr<Placed>> PlaceOrders(const Batch<OrderDraft>& batch);

  // Answers each request, in order. TRADE_NOT_FOUND, and the errors of the domain, which are final
  // as well.
  std::vector<absl::StatusOr<Requested>> ApplyRequests(const Batch<BuyerRequest>& batch);

  // Answers each report, in order.
  std::vector<absl::StatusOr<ApplyAnswer>> ApplyReports(std::span<const Report> reports);

 private:
  const OrderOptions options_;
  const postgres::DocumentTable table_;
  const WorkTable work_;
  const Clock clock_;
  const AfterCommit after_commit_;
  postgres::Session order_session_;
  postgres::Session request_session_;
  postgres::Session report_session_;
};

}  // namespace tallystick::shopping
