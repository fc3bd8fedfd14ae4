// The calls of TradeRecovery: the same of payment and of delivery.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "platform/calls/apply_calls.h"
#include "platform/trade/report.h"
#include "tallystick/v1/recovery.pb.h"

namespace tallystick::rpc {

inline constexpr int64_t kDefaultPositions = 500;
inline constexpr int64_t kMostPositions = 1000;

struct PositionsQuery {
  Uuid after;
  int64_t limit = 0;
  std::string compared_database;  // empty: nothing is said
};

// What they are answered by; must outlive them.
struct RecoveryDesks {
  Batcher<PositionsQuery, TradePositions>& positions;
  Batcher<TradePosition, TradeReports>& reports;
  Batcher<RememberedTrade, ApplyAnswer>& taking_back;
};

inline ServiceTable RecoveryCalls(const RecoveryDesks& desks) {
  ServiceTable table("tallystick.v1.TradeRecovery");
  AddAsk<v1::ListPositionsRequest, v1::ListPositionsResponse>(
      table, "ListPositions", ForPeers({"shopping"}), desks.positions,
      [](Call&, const v1::ListPositionsRequest& request) -> absl::StatusOr<PositionsQuery> {
        PositionsQuery query;
        query.limit = request.page_size() == 0
                          ? kDefaultPositions
                          : std::clamp<int64_t>(request.page_size(), 1, kMostPositions);
        query.compared_database = request.compared_database();
        if (request.after_trading_id().empty()) return query;
        const auto after = wire::ReadTradingId("after_trading_id", request.after_trading_id());
        if (!after.ok()) return after.status();
        query.after = *after;
        return query;
      },
      [](const TradePositions& page, v1::ListPositionsResponse& response) {
        for (const TradePosition& one : page.positions) {
          *response.add_positions() = wire::ToProto(one);
        }
        response.set_database(page.database);
      });
  AddAskAll<v1::ReadReportsRequest, v1::ReadReportsResponse>(
      table, "ReadReports", ForPeers({"shopping"}), "heard", desks.reports,
      [](const v1::ReadReportsRequest& request) { return request.heard_size(); },
      [](Call&, const v1::ReadReportsRequest& request, int i) {
        return wire::ReadPosition("heard", request.heard(i));
      },
      [](const absl::StatusOr<TradeReports>& reports, v1::ReadReportsResult* result) {
        if (reports.ok()) {
          *result->mutable_reports() = wire::ToProto(*reports);
        } else {
          *result->mutable_error() = ToProto(reports.status());
        }
      });
  AddApply<v1::TakeBackRequest, v1::TakeBackResponse>(
      table, "TakeBack", ForPeers({"shopping"}), "trades", desks.taking_back,
      [](const v1::TakeBackRequest& request) -> const auto& { return request.trades(); },
      [](Call&, const v1::RememberedTrade& trade) {
        return wire::ReadRemembered("trades", trade);
      });
  return table;
}

}  // namespace tallystick::rpc
