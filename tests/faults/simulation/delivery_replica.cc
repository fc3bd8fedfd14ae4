#include "tests/faults/simulation/delivery_replica.h"

#include "platform/history/past.h"
#include "tallystick/record/v1/delivery_record.pb.h"
#include "tallystick/v1/delivery.pb.h"

namespace tallystick::simulation {
namespace {

using delivery::CarrierStep;
using delivery::Delivery;
using delivery::InstructionRules;
using record::v1::DeliveryRecord;
using Request = v1::DeliveryInstructionsApplyInstructionsRequest;
using Response = v1::DeliveryInstructionsApplyInstructionsResponse;

struct ReadInstructions {
  static const auto& all(const Request& request) { return request.instructions(); }
  static absl::StatusOr<DeliveryInstruction> one(const v1::DeliveryInstruction& instruction) {
    return wire::FromProto(instruction);
  }
};

}  // namespace

// A batch of steps on its way to the carrier and back.
struct DeliveryReplica::Steps {
  std::vector<WorkItem> items;
  std::function<void(Verdicts)> done;
  std::vector<std::optional<Delivery>> found;
  std::vector<CarrierStep> steps;
  SteadyTime enough;
};

DeliveryReplica::DeliveryReplica(const Place& place, Database& database, const Settings& settings)
    : Replica(place, database, settings),
      instructions_(
          *this, 1000,
          [this](const auto& batch, auto done) { WriteInstructions(batch, std::move(done)); }),
      recovery_(*this, database,
                [this](Unit& unit, delivery::Change change, const RevisionMark& previous) {
                  Decisions(unit, this->settings().carrier_pace).Put(std::move(change), previous);
                }) {
  AddQueue(delivery::kReportQueue,
           Sender<v1::ApplyReportsRequest, v1::ApplyReportsResponse, v1::Report>(
               cluster().shopping(), "ApplyReports",
               [](auto& request) { return request.add_reports(); }));
  AddQueue(delivery::kCarrierQueue, [this](std::span<const WorkItem> items, auto done) {
    RunCarrierSteps(items, std::move(done));
  });
  Serve("ApplyInstructions", Receiver<Request, Response>(instructions_, ReadInstructions()));
  Serve("GetDelivery",
        Teller<DeliveryRecord>(LatestEntry().compose,
                               [](const DeliveryRecord& record) { return record.status(); }));
  Serve("Watch", Watched());
  if (version() >= kThisVersion) recovery_.ServeOn(place.node);
}

template <typename Decide>
Session::Begin DeliveryReplica::Deciding(std::vector<Uuid> ids, Decide decide) {
  return [this, ids = std::move(ids), decide](Transaction& transaction) -> Session::Save {
    const auto unit = std::make_shared<Unit>(transaction, ids, WallNow());
    decide(*unit);
    return [unit] { unit->Save(); };
  };
}

void DeliveryReplica::WriteInstructions(const std::shared_ptr<Batch<DeliveryInstruction>>& batch,
                                        std::function<void(Instructions::Answers)> done) {
  const auto answers = std::make_shared<Instructions::Answers>();
  const auto begin = Deciding(
      TradesOfMessages<InstructionRules>(batch->requests()), [this, batch, answers](Unit& unit) {
        const auto apply = [&]<typename Rules>(Rules) {
          *answers = delivery::DeliveryDecisions<Unit, Rules>(unit, settings().carrier_pace)
                         .ApplyInstructions(batch->requests());
        };
        if (world().Has(Defect::kSequenceUnchecked)) return apply(Unchecked<InstructionRules>());
        if (world().Has(Defect::kInstructionRefusalForgotten)) {
          return apply(Forgetful<InstructionRules>());
        }
        apply(InstructionRules());
      });
  CommitKnown("instructions", begin, [batch, answers, done](const absl::Status& status) {
    done(status.ok() ? std::move(*answers)
                     : AllFailed<ApplyAnswer>(batch->requests().size(), status));
  });
}

void DeliveryReplica::RunCarrierSteps(std::span<const WorkItem> items,
                                      std::function<void(Verdicts)> done) {
  const auto steps = std::make_shared<Steps>();
  steps->items.assign(items.begin(), items.end());
  steps->done = std::move(done);
  steps->steps.resize(items.size());
  const auto begin = Deciding(TradesOf(items), [this, steps](Unit& unit) {
    steps->found = Decisions(unit, settings().carrier_pace).LoadSteps(steps->items);
  });
  CommitKnown("reading steps", begin, [this, steps](const absl::Status& status) {
    if (!status.ok()) return steps->done(status);
    steps->enough = now() + absl::ToChronoNanoseconds(settings().work.lease / 4);
    AskNext(steps, 0);
  });
}

void DeliveryReplica::AskNext(const std::shared_ptr<Steps>& steps, size_t i) {
  if (i == steps->steps.size() || (i > 0 && now() >= steps->enough)) return SettleSteps(steps);
  After(world().dice.Between(absl::Milliseconds(1), absl::Milliseconds(300)), [this, steps, i] {
    const std::optional<Delivery>& delivery = steps->found[i];
    steps->steps[i] =
        delivery::AskCarrier(cluster().carrier(), delivery ? &*delivery : nullptr, steps->items[i]);
    AskNext(steps, i + 1);
  });
}

void DeliveryReplica::SettleSteps(const std::shared_ptr<Steps>& steps) {
  const auto verdicts = std::make_shared<std::vector<WorkVerdict>>();
  const auto begin = Deciding(TradesOf(steps->items), [this, steps, verdicts](Unit& unit) {
    *verdicts = Decisions(unit, settings().carrier_pace).SettleSteps(steps->items, steps->steps);
  });
  CommitKnown("steps", begin, [steps, verdicts](const absl::Status& status) {
    if (!status.ok()) return steps->done(status);
    steps->done(std::move(*verdicts));
  });
}

void DeliveryReplica::Record(const delivery::ByHand& by_hand) {
  const auto begin = Deciding({by_hand.trading_id}, [this, by_hand](Unit& unit) {
    (void)Decisions(unit, settings().carrier_pace).Record(by_hand);
  });
  CommitKnown("what a person records", begin, [](const absl::Status&) {});
}

}  // namespace tallystick::simulation
