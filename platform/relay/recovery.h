// Payment's and delivery's end of what makes them and the shop meet again when one of them has lost
// something: the calls of proto/tallystick/v1/recovery.proto, within one transaction. The shop's
// end is services/shopping/workflow/reconciling.h.
#pragma once

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "platform/process/log.h"
#include "platform/relay/trade_unit.h"
#include "platform/trade/apply.h"
#include "platform/trade/report.h"

namespace tallystick {

inline constexpr char kTakeBackRpc[] = "TradeRecovery/TakeBack";

// A TradeUnit that can also look back: see history_table.h and WorkTable::NumbersOf.
template <typename U>
concept LookingBack = TradeUnit<U> &&
    requires(U& unit, std::span<const postgres::Position> places, int64_t limit, int16_t queue,
             std::span<const Uuid> ids) {
  { unit.HistoryAfter(places, limit) } -> std::same_as<std::vector<postgres::HistoryEntry>>;
  { unit.HistoryUntil(places, limit) } -> std::same_as<std::vector<postgres::HistoryEntry>>;
  { unit.NumbersOf(queue, ids) } -> std::same_as<std::map<Uuid, std::set<int64_t>>>;
};

// The trades of what a call is about.
template <typename Trades>
std::vector<Uuid> TradesAskedAbout(const Trades& trades) {
  std::vector<Uuid> ids;
  for (const auto& trade : trades) ids.push_back(trade.trading_id);
  return ids;
}

// `S` says what the service's aggregate is: see `Recovery` in services/payment/store.
template <LookingBack Unit, typename S>
class RecoveryDecisions {
 public:
  using Aggregate = typename S::Aggregate;
  using Change = typename S::Change;

  explicit RecoveryDecisions(Unit& unit) : unit_(unit) {}

  // Answers each, in order; ABORTED when the same trade is asked about from two places at a time.
  // `heard`: what the shop has heard of each.
  std::vector<absl::StatusOr<TradeReports>> ReadReports(std::span<const TradePosition> heard) {
    LookBack(heard);
    std::vector<absl::StatusOr<TradeReports>> answers;
    for (const TradePosition& one : heard) {
      if (IsLookedBackFrom(one)) {
        answers.push_back(ReportsSince(one.trading_id, one.at));
      } else {
        answers.push_back(AskedTwice());
      }
    }
    return answers;
  }

  // Answers each, in order, likewise. `put(Change, const RevisionMark& previous)` writes a change;
  // gives the new state.
  template <typename Put>
  std::vector<absl::StatusOr<ApplyAnswer>> TakeBack(std::span<const RememberedTrade> trades,
                                                    Put put) {
    std::vector<TradePosition> heard;
    for (const RememberedTrade& trade : trades) {
      heard.push_back({trade.trading_id, MarkIn(trade)});
    }
    LookBack(heard);
    pending_ = unit_.NumbersOf(S::kReports.number, TradesAskedAbout(trades));
    std::vector<absl::StatusOr<ApplyAnswer>> answers;
    for (size_t i = 0; i < trades.size(); ++i) {
      if (IsLookedBackFrom(heard[i])) {
        answers.push_back(TakeBackOne(trades[i], put));
      } else {
        answers.push_back(AskedTwice());
      }
    }
    return answers;
  }

 private:
  // So many reports of a trade are told at a time.
  static constexpr int64_t kMostReports = 16;

  static RevisionMark MarkIn(const RememberedTrade& trade) {
    return trade.report ? MarkOf(trade.report->header()) : RevisionMark{};
  }

  bool IsLookedBackFrom(const TradePosition& heard) const {
    return looked_back_.at(heard.trading_id) == heard.at;
  }

  static absl::Status AskedTwice() {
    return absl::AbortedError("somebody else asks about this trade at the same moment; ask again");
  }

  // Reads the revisions at, or before, and after those that the shop has heard.
  void LookBack(std::span<const TradePosition> heard) {
    std::vector<postgres::Position> places;
    for (const TradePosition& one : heard) {
      if (!looked_back_.emplace(one.trading_id, one.at).second) continue;
      places.push_back({one.trading_id, BaseOf(one.trading_id, one.at)});
    }
    for (auto& entry : unit_.HistoryUntil(places, 1)) {
      const Uuid id = entry.trading_id;
      at_.insert_or_assign(id, S::StatusIn(entry));
    }
    std::vector<postgres::Position> without;
    for (const postgres::Position& place : places) {
      if (place.revision > 0 && !at_.contains(place.trading_id)) without.push_back(place);
    }
    if (!without.empty()) {
      for (const auto& entry : unit_.HistoryUntil(without, std::numeric_limits<int32_t>::max())) {
        has_older_.insert(entry.trading_id);
      }
    }
    for (auto& entry : unit_.HistoryAfter(places, kMostReports)) {
      after_[entry.trading_id].push_back(S::StatusIn(entry));
    }
  }

  // After which of our revisions the shop has heard nothing: of what was taken back from it, that
  // which it remembered.
  int64_t BaseOf(const Uuid& id, const RevisionMark& heard) const {
    const Aggregate* mine = unit_.Find(id);
    if (mine == nullptr || !IsTakenBack(*mine, heard)) return heard.revision;
    return mine->taken_back.revision - 1;
  }

  static bool IsTakenBack(const Aggregate& mine, const RevisionMark& heard) {
    return mine.taken_back.revision > 0 && mine.taken_back.remembered == heard;
  }

  // Whether what the shop has heard is a revision of ours.
  bool HasHeard(const Uuid& id, const RevisionMark& heard) const {
    if (heard.revision == 0) return true;
    const Aggregate* mine = unit_.Find(id);
    if (mine == nullptr) return false;
    if (IsTakenBack(*mine, heard) || MarkOf(S::StatusOf(*mine)) == heard) return true;
    const auto at = at_.find(id);
    if (at != at_.end()) return MarkOf(at->second) == heard;
    // It may be so old that it is not kept any more.
    return S::StatusOf(*mine).revision > heard.revision && !has_older_.contains(id);
  }

  TradeReports ReportsSince(const Uuid& id, const RevisionMark& heard) {
    TradeReports answer;
    const Aggregate* mine = unit_.Find(id);
    if (mine == nullptr) return answer;
    answer.position = PositionOf(S::StatusOf(*mine));
    if (heard.revision == 0) answer.keepsake = S::ShopKeepsakeOf(*mine);
    answer.has_heard_revision = HasHeard(id, heard);
    if (answer.has_heard_revision) answer.reports = ReportsAfter(*mine, heard);
    return answer;
  }

  std::vector<StatusReport> ReportsAfter(const Aggregate& mine, const RevisionMark& heard) {
    std::vector<StatusReport> reports;
    RevisionMark previous = heard;
    const int64_t latest = S::StatusOf(mine).revision;
    for (const typename S::Status& status : after_[S::StatusOf(mine).trading_id]) {
      StatusReport& report = reports.emplace_back();
      report.trading_id = status.trading_id;
      report.status = status;
      report.previous = std::exchange(previous, MarkOf(status));
      if (status.revision == latest) report.keepsake = S::KeepsakeOf(mine);
    }
    return reports;
  }

  template <typename Put>
  ApplyAnswer TakeBackOne(const RememberedTrade& trade, Put& put) {
    const Uuid& id = trade.trading_id;
    const RevisionMark heard = MarkIn(trade);
    const Aggregate* mine = unit_.Find(id);
    if (heard.revision == 0 && mine == nullptr) return {ApplyOutcome::kAlreadyApplied};
    if (HasHeard(id, heard)) {
      ForgetWhatIsHeard(id, heard);
      return {ApplyOutcome::kAlreadyApplied};
    }
    absl::StatusOr<Aggregate> remembered = S::Remembered(trade);
    absl::StatusOr<Change> change = remembered.ok() ? S::TakeBack(mine, *remembered, unit_.now())
                                                    : absl::StatusOr<Change>(remembered.status());
    unit_.Audit(id, "shopping", kTakeBackRpc, change.ok() ? "OK" : "REFUSED");
    if (!change.ok()) return {ApplyOutcome::kRefused, std::string(change.status().message())};
    log::Warn("lost something, and took it back from the shop",
              {{"trading_id", id.ToString()},
               {"revision", std::to_string(mine == nullptr ? 0 : S::StatusOf(*mine).revision)},
               {"remembered", std::to_string(heard.revision)}});
    // What was reported meanwhile does not follow what the shop has heard.
    for (const int64_t number : pending_[id]) unit_.over().push_back(ReportRow(id, number));
    // That revision is ours again, so that it can be asked about.
    if (mine == nullptr || S::StatusOf(*mine).revision < heard.revision) {
      unit_.Put(id, *std::move(remembered));
    }
    put(*std::move(change), heard);
    return {ApplyOutcome::kApplied};
  }

  // What the shop has read here it need not be told, even if that did not work and was parked. What
  // it has read and could not hear, telling it again does not help.
  void ForgetWhatIsHeard(const Uuid& id, const RevisionMark& heard) {
    for (const int64_t number : pending_[id]) {
      if (number <= heard.revision) unit_.over().push_back(ReportRow(id, number));
    }
  }

  static WorkItem ReportRow(const Uuid& id, int64_t number) {
    return {id, S::kReports.number, number};
  }

  Unit& unit_;
  std::map<Uuid, RevisionMark> looked_back_;  // from where
  std::map<Uuid, typename S::Status> at_;
  std::set<Uuid> has_older_;
  std::map<Uuid, std::vector<typename S::Status>> after_;
  std::map<Uuid, std::set<int64_t>> pending_;
};

}  // namespace tallystick
