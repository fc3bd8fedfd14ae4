// What payment and delivery report to the shop, and what of it makes two servers meet again when
// one of them has lost something; docs/protocol.md, "A database that has lost something". Pure
// values.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "platform/trade/status.h"

namespace tallystick {

// A revision of a status. Two of one number are the same if their times are: a database that was
// restored makes others under numbers that were used before.
struct RevisionMark {
  int64_t revision = 0;  // 0: before the first; it has no time
  absl::Time update_time;

  friend bool operator==(const RevisionMark&, const RevisionMark&) = default;
};

inline RevisionMark MarkOf(const StatusHeader& status) {
  return {status.revision, status.update_time};
}

// Of what was heard last, if anything was.
template <typename Status>
RevisionMark HeardOf(const std::optional<Status>& status) {
  return status ? MarkOf(*status) : RevisionMark{};
}

// Payment's or delivery's whole status after a change; its number is the status' revision.
struct StatusReport {
  Uuid trading_id;
  std::variant<PaymentStatus, DeliveryStatus> status;
  // The revision that the change was made to; unset from a sender that does not say.
  std::optional<RevisionMark> previous;
  // What the sender knows and tells no buyer, for the shop to keep.
  std::string keepsake;
  // Of the last request that changed the trade.
  std::string traceparent;

  const PaymentStatus* payment() const { return std::get_if<PaymentStatus>(&status); }
  const DeliveryStatus* delivery() const { return std::get_if<DeliveryStatus>(&status); }
  const StatusHeader& header() const {
    return std::visit([](const StatusHeader& header) -> const StatusHeader& { return header; },
                      status);
  }
  int64_t instructions_applied() const {
    return std::visit([](const auto& of) { return of.instructions_applied; }, status);
  }
};

// Where payment or delivery stands with a trade.
struct TradePosition {
  Uuid trading_id;
  RevisionMark at;
  int64_t instructions_applied = 0;
  std::string contents_digest;
};

template <typename Status>
TradePosition PositionOf(const Status& status) {
  return {status.trading_id, MarkOf(status), status.instructions_applied, status.contents_digest};
}

// The last time that payment or delivery took back from the shop what it had lost of a trade.
struct TakenBack {
  RevisionMark remembered;  // what the shop remembered
  int64_t revision = 0;     // what was made of it; 0: never

  friend bool operator==(const TakenBack&, const TakenBack&) = default;
};

// A page of where payment or delivery stands with its trades, and which database that is read from.
struct TradePositions {
  std::vector<TradePosition> positions;
  std::string database;
};

// What payment or delivery has of a trade.
struct TradeReports {
  std::optional<TradePosition> position;  // unset: nothing
  bool has_heard_revision = false;        // the revision that the shop has heard is one of its own
  std::vector<StatusReport> reports;      // since that, in order; the first few
  std::string keepsake;                   // the shop's, if it has heard nothing
};

// A trade as the shop remembers what payment, or delivery, has said of it.
struct RememberedTrade {
  Uuid trading_id;
  std::optional<StatusReport> report;  // unset: nothing was heard
  std::string buyer;
  std::string keepsake;  // the shop's
};

}  // namespace tallystick
