// Gathers a report from a ledger's trades, one after the other: sums of all of them, and cards of
// as many as are shown.
#pragma once

#include <vector>

#include "absl/functional/function_ref.h"
#include "client-cli/report/model.h"

namespace tallystick {

class Gathering {
 public:
  explicit Gathering(absl::Time now);

  // A trade that is placed, with its warnings that are not resolved.
  void Add(const LedgerTrade& trade, std::vector<KeptWarning> warnings);

  void AddUnanswered(const LedgerTrade& order);

  // What is gathered, with the timeline of each trade that is shown; `timeline_of` gives that by
  // the trade's key.
  LedgerReport Finish(absl::FunctionRef<std::vector<Observation>(int64_t)> timeline_of) &&;

 private:
  void AddSums(const LedgerTrade& trade);
  void AddMonth(const TradeCard& card);

  LedgerReport report_;
};

// What a card tells of a trade; its timeline is left out.
TradeCard CardOf(const LedgerTrade& trade, std::vector<KeptWarning> warnings);

}  // namespace tallystick
