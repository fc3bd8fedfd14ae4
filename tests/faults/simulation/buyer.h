// The buyer: writes down what is to be ordered before sending it, sends it again until there is an
// answer, asks the three services, and has the match judge what they say. What it has written down
// outlives it.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "client-cli/match/settings.h"
#include "client-cli/trade/order.h"
#include "client-cli/trade/view.h"
#include "client-cli/trade/warning.h"
#include "tests/faults/simulation/cluster.h"
#include "tests/support/trade_memory.h"

namespace tallystick::simulation {

// What a buyer asks of a trade, as the ledger keeps it.
struct BuyersRequest {
  Uuid request_id;
  Asked asked;
  std::optional<absl::Status> answer;  // the final one
  std::string return_id;
  bool lost = false;  // asked before the shop lost something
};

// One order in the ledger.
struct BuyersTrade {
  Uuid request_id;
  OrderRequest request;
  absl::Time create_time;
  absl::Time place_time;
  std::optional<TradingInformation> information;  // it was accepted
  std::optional<absl::Status> refusal;            // it was not
  std::deque<BuyersRequest> requests;             // addresses stay
  testing::TradeMemory memory;
  std::optional<OrderStatus> order;  // the latest seen
  // Why the match may warn of it, or the services not answer: somebody changed it.
  bool damaged = false;
  // One of the three has lost something of it, and it was not looked at since.
  bool lost = false;
  // By the shop: what it answered before, it may answer otherwise.
  bool forgotten = false;
  // The shop cannot read its order any more, and says so to whoever asks.
  bool unreadable = false;
  // Sent under these; only a client that is wrong has more than one.
  std::vector<Uuid> sent_as;

  bool answered() const { return information || refusal; }
  const Uuid& id() const { return information->contents.trading_id; }
};

class Buyer {
 public:
  explicit Buyer(Cluster& cluster);

  // So many more orders over the time of the faults, and what a buyer asks of them.
  void Begin(int orders);
  // Another process takes up what the ledger has.
  void Restart();

  std::deque<BuyersTrade>& trades() { return trades_; }
  const MatchSettings& settings() const { return settings_; }
  // Nothing that was written down is without an answer.
  bool HasAllAnswers() const;

  // Asks the three services about a trade; `done` gets what the match says.
  void Look(BuyersTrade& trade, std::function<void(std::vector<Warning>)> done);
  // Looks under way.
  int looking() const { return looking_; }
  bool IsLookingAt(const Uuid& trade) const { return looked_at_.contains(trade); }
  // On its clock, and nowhere else.
  void LetTimePass(absl::Duration length) {
    clock_error_ += length;
    node_.life->set_clock_error(clock_error_);
  }
  absl::Time WallNow() const { return node_.life->WallNow(); }

 private:
  struct LookState;

  OrderRequest NewRequest(int number);
  void Order(BuyersTrade& trade);
  void Send(BuyersTrade& trade);
  void SendTo(BuyersTrade& trade, Node& shop);
  void TakeAnswer(BuyersTrade& trade, const absl::StatusOr<std::string>& answer);
  void TakePlaced(BuyersTrade& trade, const TradingInformation& information);
  void CountAgain(const TradingInformation& information);
  // Some time after an order was accepted.
  void Live(BuyersTrade& trade);
  void Request(BuyersTrade& trade, Asked::Kind kind);
  void SendRequest(BuyersTrade& trade, BuyersRequest& request);
  void TakeRequestAnswer(BuyersTrade& trade, BuyersRequest& request,
                         const absl::StatusOr<std::string>& answer);

  template <typename Status>
  void Ask(const std::shared_ptr<LookState>& look, Node& node, const char* method, int64_t revision,
           Answer<Status>& answer);
  void AskThen(const std::shared_ptr<LookState>& look);
  void Judge(const std::shared_ptr<LookState>& look);

  Cluster& cluster_;
  World& world_;
  Node& node_;
  MatchSettings settings_;
  std::deque<BuyersTrade> trades_;  // addresses stay
  std::map<std::string, Uuid> references_;
  std::multiset<Uuid> looked_at_;
  absl::Duration clock_error_;
  int to_order_ = 0;  // altogether
  int looking_ = 0;
};

}  // namespace tallystick::simulation
