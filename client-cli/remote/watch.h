// Following trades at all three services: one stream a trade and service, resumed from the last
// revision whenever it breaks, so that every change comes once and in order.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "client-cli/remote/shop.h"
#include "platform/lang/mutex.h"
#include "platform/time/backoff.h"

namespace tallystick {

// A status that a service sent about trade `trade` (its place in the list that is watched).
struct WatchEvent {
  size_t trade = 0;
  Side side = Side::kShopping;
  std::variant<OrderStatus, PaymentStatus, DeliveryStatus> status;
};

class TradeWatch {
 public:
  TradeWatch();
  // Ends all streams and waits for that.
  ~TradeWatch();
  TradeWatch(const TradeWatch&) = delete;

  // Begins to follow a trade after what its ledger entry holds; trades are numbered as they are
  // added. `shop` must outlive the watch.
  void Add(Shop& shop, const LedgerTrade& trade);

  // The next change, or nullopt when none came until then. Breaks of the streams are mended here,
  // with capped and jittered waits.
  std::optional<WatchEvent> Next(absl::Time until);

  // Why streams are broken at the moment, one entry a service; empty when all run.
  std::vector<std::string> Broken() const;
  // One of them for good: because of who asks.
  bool not_allowed() const { return not_allowed_; }

  class Stream;
  // What the streams' own threads write into.
  struct Mailbox {
    Mutex mutex;
    Condition arrived;
    std::deque<WatchEvent> events ABSL_GUARDED_BY(mutex);
    // Which line, and why.
    std::deque<std::pair<size_t, absl::Status>> ended ABSL_GUARDED_BY(mutex);
  };

 private:
  // One trade at one service, over all the streams that follow each other.
  struct Line {
    Shop* shop;
    size_t trade;
    Side side;
    std::string address;
    std::string trading_id;
    int64_t revision = 0;
    int failures = 0;
    absl::Time start_time;    // of the stream
    absl::Time restart_time;  // while broken
    std::string error;        // while broken
    std::unique_ptr<Stream> stream;
  };
  void Start(size_t line);
  void TakeEnded();

  Mailbox mailbox_;
  std::vector<Line> lines_;
  size_t trades_ = 0;
  bool not_allowed_ = false;
};

// The revisions after `after` up to `until`, read now from the service whose statuses these are;
// what could not be had is left out.
template <typename Status>
std::vector<Status> ReadChanges(Shop& shop, const LedgerTrade& trade, int64_t after, int64_t until);

}  // namespace tallystick
