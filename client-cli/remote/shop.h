// The client's edge: calls to one shop and to the services that its trading information names.
// Everything is asked in batches, with deadlines.
#pragma once

#include <grpcpp/grpcpp.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client-cli/remote/errors.h"
#include "client-cli/remote/retry_budget.h"
#include "client-cli/trade/catalogue.h"
#include "client-cli/trade/profile.h"
#include "client-cli/trade/trade.h"
#include "client-cli/trade/view.h"
#include "platform/ids/trace.h"
#include "platform/time/steady.h"

namespace tallystick {

// What a profile's files say.
struct Access {
  std::string ca_pem;  // empty: plaintext, to loopback addresses only
  std::string token;
};

// FAILED_PRECONDITION naming the file that cannot be read or is no certificate or token, or the
// address that is not loopback.
absl::StatusOr<Access> ReadAccess(const Profile& profile);

// A list that goes on for longer is cut off with an error: no server may fill the memory here.
inline constexpr int kMaxPages = 1'000;
inline constexpr size_t kMaxListBytes = size_t{256} << 20;

// Counts the pages of a list.
inline constexpr absl::Duration kMostListTime = absl::Minutes(5);
class ListBudget {
 public:
  // RESOURCE_EXHAUSTED when this page is one too many, or comes too late.
  absl::Status Take(size_t page_bytes);

 private:
  int pages_ = 0;
  size_t bytes_ = 0;
  const SteadyTime end_ = SteadyAfter(kMostListTime);
};

// What one call may carry: requests, and bytes of orders. Servers take as many of the first and, by
// default, four times as many of the second.
inline constexpr size_t kMaxPerCall = 500;
inline constexpr size_t kMaxOrderBytesPerCall = size_t{1} << 20;

// Not thread-safe. Keeps one channel an address. Whatever address comes from the shop, the token
// goes only to a server with a certificate under the shop's own authority. Whatever a server says
// that it takes later is asked again then, within `retry_budget` for each of these functions.
class Shop {
 public:
  Shop(Profile profile, Access access, absl::Duration timeout,
       absl::Duration retry_budget = kRetryBudget)
      : profile_(std::move(profile)),
        access_(std::move(access)),
        timeout_(timeout),
        retry_budget_(retry_budget) {}

  const Profile& profile() const { return profile_; }
  // Called whenever an answer begins to be waited for, with who is to give it, by the thread that
  // waits; what it gives is let go when the wait is over.
  using OnWait = std::function<std::shared_ptr<void>(const std::string& whom)>;
  void TellOfWaits(OnWait on_wait) { on_wait_ = std::move(on_wait); }
  absl::Duration retry_budget() const { return retry_budget_; }

  absl::StatusOr<CataloguePages> ListProducts();
  // At most so many of the first, in one call.
  absl::StatusOr<CataloguePages> FirstProducts(int most);

  // Sends orders (at most kMaxPerCall) in one call and gives each one's answer. The outer error
  // means that nothing is known about any of them, unless IsUndelivered. Orders that together are
  // larger than what the shop reads, or one that is, are INVALID_ARGUMENT (ORDER_TOO_LARGE).
  absl::StatusOr<std::vector<absl::StatusOr<TradingInformation>>> PlaceOrders(
      std::span<const LedgerTrade> trades);

  // Asks the three services about trades (at most kMaxPerCall, all placed), each at its own
  // addresses, all at the same time; and once more where their revisions do not meet, so that the
  // match compares equal ones. Never fails as a whole: what could not be had is an unreachable
  // answer.
  // With `receive_time`: the statuses as of then, which are waited for within the timeout.
  std::vector<TradeView> Ask(std::span<const LedgerTrade> trades,
                             std::optional<absl::Time> receive_time = std::nullopt);
  // Within a budget that several such questions share.
  std::vector<TradeView> Ask(std::span<const LedgerTrade> trades,
                             std::optional<absl::Time> receive_time, RetryBudget& budget);

  // All trades that the buyer has at the shop.
  absl::StatusOr<std::vector<TradingInformation>> ListTrades();

  // Sends a request to cancel or to return (again) and gives the order after it; for a return, also
  // its id.
  absl::StatusOr<OrderStatus> Send(const TradeRequest& request, const LedgerTrade& trade,
                                   std::string* return_id);

  std::shared_ptr<grpc::Channel> ChannelTo(const std::string& address);
  // Of all calls that it makes; see platform/ids/trace.h.
  std::string trace_id() const { return TraceIdOf(traceparent_); }
  // Deadline, token and trace.
  void Prepare(grpc::ClientContext& context) const;
  // What an order takes of a message.
  static size_t OrderBytes(const LedgerTrade& trade);
  // Makes one call, and again while the server says that it takes it later; within `budget`, or one
  // of its own.
  using RemoteCall = std::function<grpc::Status(grpc::ClientContext*)>;
  absl::Status Call(RetryBudget& budget, const RemoteCall& call) const;
  absl::Status Call(const RemoteCall& call) const;
  // A failure of the service of `side` at `address`, which notes that.
  absl::Status Noted(absl::Status status, Side side, const std::string& address) const;

 private:
  std::shared_ptr<void> Waiting() const;
  // Waits for a connection to the shop. UNAVAILABLE (NOT_CONNECTED) with the cause.
  absl::Status Connect();
  // Sends those of `trades` that `open` numbers, and puts in each one's answer.
  absl::Status PlaceOnce(std::span<const LedgerTrade> trades, const std::vector<size_t>& open,
                         RetryBudget& budget,
                         std::vector<absl::StatusOr<TradingInformation>>& answers);

  const Profile profile_;
  const Access access_;
  const absl::Duration timeout_;
  const absl::Duration retry_budget_;
  const std::string traceparent_ = NewTraceparent();
  OnWait on_wait_;
  std::map<std::string, std::shared_ptr<grpc::Channel>> channels_;
};

}  // namespace tallystick
