// A trade as the buyer's own half of the tally has it, and what follows from that.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client-cli/trade/order.h"

namespace tallystick {

enum class Placement {
  kPending,  // written down, perhaps sent; the next run finds out
  kPlaced,
  kRefused,
  kDropped,  // given up by the buyer while there was no answer
};

// Its order, payment and delivery are what each service is held to: its answer of the highest
// revision that was added, and of two under it the first.
struct LedgerTrade : ThreeOf<std::optional> {
  int64_t key = 0;
  std::string profile;
  Uuid request_id;
  OrderRequest request;
  absl::Time create_time;
  absl::Time place_time;  // when the shop's answer came, for kPlaced
  absl::Time check_time;  // of one that has ended: when all three had answered last
  Placement placement = Placement::kPending;
  int sendings = 0;     // of kPending: that may have reached the shop; 0 is certainly none
  bool ended = false;   // as the last look found: see HasEnded
  std::string refusal;  // for kRefused
  std::optional<TradingInformation> information;  // for kPlaced
  PerSide<absl::Time> seen;                       // when those answers were added
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

// By the latest answers. Every ordered piece has arrived or was written off, and at least one
// arrived.
bool IsDelivered(const LedgerTrade& trade);
// Nothing is open, and nothing is owed either way.
bool IsPaid(const LedgerTrade& trade);
// The order has come to its end, payment and delivery too: nothing will change.
bool HasEnded(const LedgerTrade& trade);
// What is still owed, negative when money is to come back; 0 for a trade that nothing is known of
// but that it was refused.
int64_t OwedOn(const LedgerTrade& trade);

// How what is owed divides by date; the rest is due when the goods leave or arrive.
struct OwedByDate {
  int64_t scheduled = 0;  // at a date to come
  int64_t overdue = 0;    // at a date that has passed
};
OwedByDate OwedDates(const LedgerTrade& trade, absl::Time now);

}  // namespace tallystick
