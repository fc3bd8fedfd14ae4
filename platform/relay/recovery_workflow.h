// Payment's and delivery's end of a reconciliation with the shop, on their databases: see
// recovery.h.
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "platform/batch/batcher.h"
#include "platform/relay/committer.h"
#include "platform/relay/known_database.h"
#include "platform/relay/recovery.h"

namespace tallystick {

// `S`: see RecoveryDecisions. Each method is called from one thread of its own.
template <typename Codec, typename S>
class RecoveryWorkflow {
 public:
  using Trades = Committer<typename S::Aggregate, Codec>;
  // Writes a change to what had `previous`, and the work that it causes.
  using Put =
      std::function<void(typename Trades::Unit&, typename S::Change, const RevisionMark& previous)>;

  // Takes note that the shop has compared all trades with a database; whether that is new.
  using Compared = std::function<bool(postgres::Transaction&, const std::string& database)>;

  RecoveryWorkflow(const CommitterOptions& options, Put put, Compared compared = nullptr)
      : put_(std::move(put)),
        compared_(std::move(compared)),
        positions_(options),
        reports_(options),
        taking_back_(options) {}

  // Of the trades after `after`, in the order of their ids, at most `limit`. One that cannot be
  // read is at no revision. The shop has compared all with `compared`, unless that is empty.
  absl::StatusOr<TradePositions> ListPositions(const Uuid& after, int64_t limit,
                                               const std::string& compared) {
    bool is_new = false;
    auto read = positions_.session().Run([&](postgres::Transaction& transaction) {
      is_new = compared_ != nullptr && !compared.empty() && compared_(transaction, compared);
      TradePositions page;
      page.database = TellDatabase(transaction);
      std::vector<TradePosition>& positions = page.positions;
      for (const auto& row : positions_.table().Page(transaction, after, limit)) {
        try {
          positions.push_back(PositionOf(S::StatusOf(Codec::Decode(row))));
        } catch (const postgres::Unreadable&) {
          positions.push_back({row.trading_id});
        }
      }
      return page;
    });
    if (read.ok() && is_new) {
      log::Warn("the shop has compared all trades with the database: it goes on");
    }
    return read;
  }

  std::vector<absl::StatusOr<TradeReports>> ReadReports(std::span<const TradePosition> heard) {
    auto answers = reports_.Read(TradesAskedAbout(heard), [&](typename Trades::Unit& unit) {
      return RecoveryDecisions<typename Trades::Unit, S>(unit).ReadReports(heard);
    });
    if (!answers.ok()) return AllFailed<TradeReports>(heard.size(), answers.status());
    return *std::move(answers);
  }

  std::vector<absl::StatusOr<ApplyAnswer>> TakeBack(std::span<const RememberedTrade> trades) {
    auto answers = taking_back_.Commit(TradesAskedAbout(trades), [&](typename Trades::Unit& unit) {
      return RecoveryDecisions<typename Trades::Unit, S>(unit).TakeBack(
          trades, [&](typename S::Change change, const RevisionMark& previous) {
            put_(unit, std::move(change), previous);
          });
    });
    if (!answers.ok()) return AllFailed<ApplyAnswer>(trades.size(), answers.status());
    return *std::move(answers);
  }

 private:
  const Put put_;
  const Compared compared_;
  Trades positions_;
  Trades reports_;
  Trades taking_back_;
};

}  // namespace tallystick
