// What is committed together in the shop: an order with the stock it takes and the instructions it
// causes; a report with the order's next state, its instructions and the stock that comes back.
#pragma once

#include <span>
#include <string>
#include <variant>
#include <vector>

#include "platform/batch/batcher.h"
#include "platform/relay/committer.h"
#include "platform/trade/apply.h"
#include "services/shopping/domain/order_draft.h"
#include "services/shopping/domain/order_requests.h"
#include "services/shopping/domain/report_rules.h"
#include "services/shopping/store/order_store.h"

namespace tallystick::shopping {

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
  std::string traceparent{};
};

// The order after a request took effect, now or before.
struct Requested {
  OrderStatus status;
  std::string return_id;  // of the return that the request made
};

struct OrderOptions {
  std::string trading_id_key;
  OrderPolicy policy;
  // How long what does not fit may be on its way, before it is looked at.
  absl::Duration reconcile_patience = absl::Seconds(5);
};

// Each method is called from one thread of its own.
class OrderWorkflow {
 public:
  OrderWorkflow(const CommitterOptions& committing, OrderOptions options);

  // Answers each draft (CheckDraft has passed), in order. A draft whose request id was used by the
  // same buyer before gets the first answer again, be it a refusal, or INVALID_ARGUMENT
  // (REQUEST_ID_REUSED) when its body differs. What nobody waits for any more is not placed.
  std::vector<absl::StatusOr<Placed>> PlaceOrders(const Batch<OrderDraft>& batch);

  // Answers each request, in order. TRADE_NOT_FOUND, and the errors of the domain, which are final
  // as well.
  std::vector<absl::StatusOr<Requested>> ApplyRequests(const Batch<BuyerRequest>& batch);

  // Answers each report, in order.
  std::vector<absl::StatusOr<ApplyAnswer>> ApplyReports(std::span<const StatusReport> reports);

 private:
  const OrderOptions options_;
  Committer<Order, OrderCodec> orders_;
  Committer<Order, OrderCodec> requests_;
  Committer<Order, OrderCodec> reports_;
};

}  // namespace tallystick::shopping
