// What the buyer's own half of the tally holds.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client-cli/match/match.h"
#include "client-cli/match/placement.h"
#include "platform/trade/contents.h"
#include "platform/trade/status.h"

namespace tallystick {

// A shop as the buyer knows it.
struct Profile {
  std::string name;
  std::string address;     // host:port of the shopping service
  std::string ca_file;     // whose certificates count there; empty: plaintext, on loopback only
  std::string token_file;  // has the token that says who the buyer is

  friend bool operator==(const Profile&, const Profile&) = default;
};

enum class Placement {
  kPending,  // written down, perhaps sent; the next run finds out
  kPlaced,
  kRefused,
  kDropped,  // given up by the buyer while there was no answer
};

struct LedgerTrade {
  int64_t key = 0;
  std::string profile;
  Uuid request_id;
  OrderRequest request;
  absl::Time create_time;
  absl::Time place_time;  // when the shop's answer came, for kPlaced
  absl::Time check_time;  // when all three had answered last
  Placement placement = Placement::kPending;
  int sendings = 0;     // of kPending: that may have reached the shop; 0 is certainly none
  std::string refusal;  // for kRefused
  std::optional<TradingInformation> information;  // for kPlaced
  // The answers of the highest revision that was ever added to the trade, and when each was.
  absl::Time order_seen;
  absl::Time payment_seen;
  absl::Time delivery_seen;
  std::optional<OrderStatus> order;
  std::optional<PaymentStatus> payment;
  std::optional<DeliveryStatus> delivery;
};

// What became of a trade that a shop listed.
enum class Listed {
  kAdded,
  kKnown,      // the ledger has it as that shop's
  kElsewhere,  // it has it as another shop's
  kOther,      // it has another trade of that id from that shop
};

// One status of a service, as it was added: an answer, or a change between two answers that was
// asked for later.
struct Observation {
  absl::Time observe_time;
  std::string service;
  std::string state;
  int64_t revision = 0;
  absl::Time update_time;  // when the service says that it changed
};

// A warning as the ledger keeps it: open, acknowledged (open, and somebody knows), or resolved.
struct KeptWarning {
  int64_t id = 0;
  int64_t trade_key = 0;
  Warning warning;
  absl::Time first_seen;
  absl::Time last_seen;
  std::optional<absl::Time> acknowledge_time;
  std::optional<absl::Time> resolve_time;
};

// What a buyer asked of a trade; written down before it is sent.
struct TradeRequest {
  enum Kind { kCancel, kReturn };
  enum State { kPending, kDone, kRefused };

  Uuid request_id;
  int64_t trade_key = 0;
  Kind kind = kCancel;
  std::vector<GoodsQuantity> lines;  // for kReturn
  std::string reason;
  absl::Time create_time;
  State state = kPending;
};

// A status at a time that was asked for and not shown yet.
struct SnapshotRequest {
  std::string text;  // as it was typed: "18:00", "+2h"
  absl::Time receive_time;
};

}  // namespace tallystick
