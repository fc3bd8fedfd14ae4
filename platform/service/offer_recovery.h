// Puts a RecoveryWorkflow behind the calls of TradeRecovery.
#pragma once

#include "platform/calls/recovery_calls.h"
#include "platform/service/trade_server.h"

namespace tallystick::rpc {

// `recovery` must outlive the server's calls, as what the server makes does.
template <typename Recovery>
void OfferRecovery(TradeServer& server, Recovery& recovery) {
  auto& positions = server.MakeSingle<PositionsQuery, TradePositions>(
      "positions", [&recovery](const PositionsQuery& query) {
        return recovery.ListPositions(query.after, query.limit, query.compared_database);
      });
  auto& reports = server.MakeBatcher<TradePosition, TradeReports>(
      "reports to give back",
      [&recovery](std::span<const TradePosition> heard) { return recovery.ReadReports(heard); });
  auto& taking_back = server.MakeBatcher<RememberedTrade, ApplyAnswer>(
      "trades to take back",
      [&recovery](std::span<const RememberedTrade> trades) { return recovery.TakeBack(trades); });
  server.OfferPeers(RecoveryCalls({positions, reports, taking_back}));
}

}  // namespace tallystick::rpc
