// Payment's and delivery's end of what makes them and the shop meet again: the three calls of
// TradeRecovery on the simulated tables, as platform/relay/recovery_workflow.h has them.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "platform/relay/recovery.h"
#include "tallystick/v1/recovery.pb.h"
#include "tests/faults/simulation/replica.h"

namespace tallystick::simulation {

struct ReadRemembered {
  static const auto& all(const v1::TakeBackRequest& request) { return request.trades(); }
  static absl::StatusOr<RememberedTrade> one(const v1::RememberedTrade& trade) {
    return wire::ReadRemembered("trades", trade);
  }
};

// A trade is lost here that the shop remembers: the service's own state of it, and what to call a
// change.
template <typename Codec, typename S>
class RecoveryDesk {
 public:
  using Unit = ObservedUnit<typename S::Aggregate, Codec>;
  // Writes a change to what had `previous`.
  using Put = std::function<void(Unit&, typename S::Change, const RevisionMark& previous)>;

  RecoveryDesk(Replica& replica, Database& database, Put put)
      : replica_(replica),
        database_(database),
        put_(std::move(put)),
        reports_(replica, 1000,
                 [this](const auto& batch, auto done) { ReadReports(batch, std::move(done)); }),
        taking_back_(replica, 1000,
                     [this](const auto& batch, auto done) { TakeBack(batch, std::move(done)); }) {}

  void ServeOn(Node& node) {
    node.methods["ListPositions"] = [this](const std::string& bytes, SteadyTime, Respond respond) {
      v1::ListPositionsRequest request;
      request.ParseFromString(bytes);
      replica_.After(absl::Milliseconds(1), [this, request, respond] {
        if (database_.down()) {
          return respond(absl::UnavailableError("the database cannot be reached"));
        }
        database_.Trust(request.compared_database());
        respond(Positions(request).SerializeAsString());
      });
    };
    node.methods["ReadReports"] = Answering();
    node.methods["TakeBack"] = replica_.Receiver<v1::TakeBackRequest, v1::TakeBackResponse>(
        taking_back_, ReadRemembered());
  }

 private:
  using Reports = Inbox<TradePosition, TradeReports>;
  using TakingBack = Inbox<RememberedTrade, ApplyAnswer>;
  using Decisions = RecoveryDecisions<Unit, S>;
  // As somebody would have it who believes the shop.
  struct Credulous : S {
    static auto TakeBack(const typename S::Aggregate*, const typename S::Aggregate& remembered,
                         absl::Time now) {
      return S::TakeBack(nullptr, remembered, now);
    }
  };

  v1::ListPositionsResponse Positions(const v1::ListPositionsRequest& request) const {
    v1::ListPositionsResponse response;
    response.set_database(database_.told());
    const Uuid after = ParseUuid(request.after_trading_id()).value_or(Uuid{});
    for (auto at = database_.documents.upper_bound(after);
         at != database_.documents.end() && response.positions_size() < request.page_size(); ++at) {
      if (at->second.revision == 0) continue;
      TradePosition position{at->first};
      try {
        position = PositionOf(S::StatusOf(Codec::Decode(at->second)));
      } catch (const postgres::Unreadable&) {
      }
      *response.add_positions() = wire::ToProto(position);
    }
    return response;
  }

  Method Answering() {
    return [this](const std::string& bytes, SteadyTime deadline, Respond respond) {
      v1::ReadReportsRequest request;
      request.ParseFromString(bytes);
      using Answers = std::vector<absl::StatusOr<TradeReports>>;
      auto dones = Gather<TradeReports>(
          static_cast<size_t>(request.heard_size()), [respond](Answers answers) {
            v1::ReadReportsResponse response;
            for (const auto& answer : answers) {
              v1::ReadReportsResult* result = response.add_results();
              if (answer.ok()) {
                *result->mutable_reports() = wire::ToProto(*answer);
              } else {
                result->mutable_error()->set_message(std::string(answer.status().message()));
              }
            }
            respond(response.SerializeAsString());
          });
      for (int i = 0; i < request.heard_size(); ++i) {
        reports_.Submit(wire::ReadPosition("heard", request.heard(i)).value(), deadline,
                        std::move(dones[static_cast<size_t>(i)]));
      }
    };
  }

  template <typename Answer, typename Request, typename Decide>
  void Run(const char* what, const std::shared_ptr<Batch<Request>>& batch,
           std::function<void(std::vector<absl::StatusOr<Answer>>)> done, Decide decide) {
    const auto answers = std::make_shared<std::vector<absl::StatusOr<Answer>>>();
    const auto begin = [this, batch, answers, decide](Transaction& transaction) -> Session::Save {
      const auto unit = std::make_shared<Unit>(transaction, TradesAskedAbout(batch->requests()),
                                               replica_.WallNow());
      *answers = decide(*unit, batch->requests());
      return [unit] { unit->Save(); };
    };
    replica_.Commit(what, begin, [batch, answers, done](const absl::Status& status) {
      done(status.ok() ? std::move(*answers) : AllFailed<Answer>(batch->requests().size(), status));
    });
  }

  void ReadReports(const std::shared_ptr<Batch<TradePosition>>& batch,
                   std::function<void(Reports::Answers)> done) {
    Run<TradeReports>("reading reports", batch, std::move(done), [](Unit& unit, const auto& heard) {
      return Decisions(unit).ReadReports(heard);
    });
  }

  void TakeBack(const std::shared_ptr<Batch<RememberedTrade>>& batch,
                std::function<void(TakingBack::Answers)> done) {
    Run<ApplyAnswer>("taking back", batch, std::move(done), [this](Unit& unit, const auto& trades) {
      const auto put = [&](typename S::Change change, const RevisionMark& previous) {
        put_(unit, std::move(change), previous);
      };
      auto answers = replica_.world().Has(Defect::kMergedByForce)
                         ? RecoveryDecisions<Unit, Credulous>(unit).TakeBack(trades, put)
                         : Decisions(unit).TakeBack(trades, put);
      for (const auto& answer : answers) {
        if (answer.ok() && answer->outcome == ApplyOutcome::kApplied) {
          replica_.world().Count(Happening::kTakenBack);
        }
      }
      return answers;
    });
  }

  Replica& replica_;
  Database& database_;
  const Put put_;
  Reports reports_;
  TakingBack taking_back_;
};

}  // namespace tallystick::simulation
