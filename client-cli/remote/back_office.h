// The back office's calls to the three services of one shop; the profile's token must be an
// operator's.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "client-cli/remote/shop.h"

namespace tallystick {

// Work that waits for a person.
struct WaitingWork {
  std::string service;
  Uuid trading_id;
  std::string queue;
  int64_t number = 0;
  int32_t attempts = 0;
  bool parked = false;
  std::string description;
  std::string reason;    // why it did not succeed
  bool refused = false;  // a message that its receiver has refused
};

// The reason for a service that was not asked: only the shop could have said where it is.
inline constexpr char kNotAsked[] = "NOT_ASKED";

// What waits in one queue of a service.
struct QueueLength {
  std::string queue;
  int64_t waiting = 0;        // due now or later
  absl::Duration oldest_due;  // for how long the oldest has been due
  int64_t retried = 0;        // of those that wait, tried in vain
  int64_t parked = 0;         // for a person
};

// What a server says of itself.
struct ServerStatus {
  std::string version;
  bool ready = false;
  bool database_answers = false;
  bool database_read_only = false;                               // or full
  std::vector<std::pair<std::string, std::string>> peers;        // service, and how the line is
  std::vector<QueueLength> queues;                               // all of the service
  std::vector<std::pair<std::string, absl::Time>> certificates;  // until when they are good
};

// Not thread-safe.
class BackOffice {
 public:
  explicit BackOffice(Shop& shop) : shop_(shop) {}

  absl::Status UpsertProducts(std::span<const CatalogueProduct> products);
  absl::Status AdjustStock(const Uuid& request_id, std::span<const StockDelta> deltas);

  // Of all three services. With `failures`, those of single services go there, and the others' work
  // is given all the same.
  absl::StatusOr<std::vector<WaitingWork>> ListWork(std::vector<absl::Status>* failures = nullptr);

  // Of each service, or why it does not say. `known` are addresses for whatever the shop would have
  // to be asked for; when it does not say, the others are NOT_ASKED, with its code.
  PerSide<absl::StatusOr<ServerStatus>> AskServers(const ServiceAddresses& known);

  // Where the service of a side is.
  absl::StatusOr<std::string> AddressOf(Side side);

  // Has the waiting work of one trade tried again or, with `drop`, gives up what was refused, at
  // all three services. How many pieces of work that was; fails when one does not answer.
  absl::StatusOr<int64_t> ResolveWork(const Uuid& trading_id, bool drop);

  // What became of a transaction: SUCCEEDED or FAILED.
  absl::StatusOr<PaymentStatus> RecordTransaction(const Uuid& trading_id, int32_t number,
                                                  std::optional<TransactionType> type,
                                                  TransactionState state,
                                                  const std::string& reason);
  absl::StatusOr<PaymentStatus> RetryTransaction(const Uuid& trading_id, int32_t number);

  absl::StatusOr<DeliveryStatus> RecordBooking(const Uuid& trading_id, bool accepted,
                                               const std::string& reason);
  // `lines` empty: all of the shipment. Gives in `left` the shipment that has left.
  absl::StatusOr<DeliveryStatus> RecordDispatch(const Uuid& request_id, const Uuid& trading_id,
                                                const std::string& shipment_id,
                                                const std::vector<GoodsQuantity>& lines,
                                                const std::string& carrier,
                                                const std::string& tracking_number,
                                                std::string* left);
  absl::StatusOr<DeliveryStatus> RecordShipment(const Uuid& trading_id,
                                                const std::string& shipment_id, ShipmentState state,
                                                const std::string& reason);
  absl::StatusOr<DeliveryStatus> RecordReturn(const Uuid& trading_id, const std::string& return_id,
                                              ReturnState state, const std::string& reason);

 private:
  absl::Status OfTheShop(absl::Status status) const;
  // Where the services answer; asked once.
  absl::Status FindServices();
  // One call about a trade, to the service of `side`; `fill` gets the request.
  template <typename Stub, typename Request, typename Response, typename Fill>
  absl::StatusOr<Response> Tell(Side side, const Uuid& trading_id,
                                grpc::Status (Stub::*call)(grpc::ClientContext*, const Request&,
                                                           Response*),
                                Fill fill);

  Shop& shop_;
  ServiceAddresses services_;
};

}  // namespace tallystick
