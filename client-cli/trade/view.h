// One look at a trade: the ledger's half of the tally and what the services answered. What remote
// asks for, the ledger adds to and the match judges.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client-cli/trade/sides.h"
#include "platform/trade/contents.h"

namespace tallystick {

// What came back when a service was asked about a trade.
template <typename Status>
struct Answer {
  enum Kind { kNotAsked, kUnreachable, kNotFound, kStatus };
  Kind kind = kNotAsked;
  Status status;             // for kStatus
  absl::Time ask_time;       // when the question was sent: the answer may be as old as that
  bool at_revision = false;  // it was asked for the status at a revision, and not for what holds
  std::string error;         // for kUnreachable: why
  std::string reason;        // for kUnreachable: the machine-readable one, if there is
  bool not_allowed = false;  // for kUnreachable: because of who asks

  const Status* get() const { return kind == kStatus ? &status : nullptr; }
  bool not_found() const { return kind == kNotFound; }
  bool unreachable() const { return kind == kUnreachable; }
  void Set(Status answer) {
    kind = kStatus;
    status = std::move(answer);
  }
};

// An answer that the ledger holds.
template <typename Status>
struct Seen {
  Status status;
  absl::Time observe_time;
};

// What the ledger holds of one service's earlier answers.
template <typename Status>
struct Past {
  // The one with the highest revision ever seen; of several under it, the first.
  std::optional<Seen<Status>> highest;
  // All that were given under a revision that has been answered again now.
  std::vector<Status> same_revision;
};

// What the ledger remembers to have seen for the first time, by number. The values are stored: do
// not change them.
enum class Sight {
  kOrderRevision = 0,
  kPaymentRevision = 1,
  kDeliveryRevision = 2,
  kPaymentInstructions = 3,   // how many the shop said it had sent
  kDeliveryInstructions = 4,  // likewise
  kOpenTransaction = 5,       // by the transaction's number, while PENDING or UNKNOWN
  kReturnBack = 6,            // by the return's place in delivery's list, once RECEIVED
  kCaptured = 7,              // by the transaction's number, of a CAPTURE once SUCCEEDED
};
// Of a revision of this side.
constexpr Sight RevisionSight(Side side) { return static_cast<Sight>(side); }

inline bool IsCaptured(const PaymentTransaction& transaction) {
  return transaction.type == TransactionType::kCapture &&
         transaction.state == TransactionState::kSucceeded;
}

// When each was seen first, by the ledger's own clock: whatever is excused for a time is excused
// from then on, and not from a time that the excused names.
struct Sightings {
  std::map<std::pair<Sight, int64_t>, absl::Time> first;

  // Since when `what` is known to have gone beyond `number`; `now` if that is new.
  absl::Time SinceBeyond(Sight what, int64_t number, absl::Time now) const;
  // Since when `number` itself is known; `now` if that is new.
  absl::Time Since(Sight what, int64_t number, absl::Time now) const;
  // Whether any of `what` was known before `time`.
  bool AnyBefore(Sight what, absl::Time time) const;
};

// Another open trade with the same contents, ordered shortly before.
struct Twin {
  Uuid trading_id;
  absl::Time order_time;
};

// What the buyer asked of the trade and the shop agreed to, before the answers below were asked
// for.
struct Asked {
  enum Kind { kCancel, kReturn };
  Kind kind = kCancel;
  std::vector<GoodsQuantity> lines;  // of a return
  std::string reason;
  absl::Time create_time;
};

// Its order, payment and delivery are what the services say that holds now.
struct TradeView : ThreeOf<Answer> {
  // From the ledger.
  OrderContents contents;
  std::string contents_digest;
  absl::Time place_time;
  std::optional<absl::Duration> return_period;  // as the shop granted it; unknown of old orders
  ThreeOf<Past> past;
  Sightings sightings;
  std::vector<Asked> asked;
  std::optional<Twin> twin;
  std::map<std::string, Uuid> foreign_references;  // of this payment, seen on that other trade
  // From the services, too: the shop's account of all three,
  Answer<TradingStatus> shops_word;
  // and what held at the revisions that the shop's account speaks of, asked for when those are
  // others (NextQuestions).
  ThreeOf<Answer> then;
};

// All that a view shows, for the ledger to remember.
std::vector<std::pair<Sight, int64_t>> SightsOf(const TradeView& view);

}  // namespace tallystick
