#include "tests/faults/simulation/payment_replica.h"

#include "platform/history/past.h"
#include "tallystick/record/v1/payment_record.pb.h"
#include "tallystick/v1/payment.pb.h"

namespace tallystick::simulation {
namespace {

using payment::GatewayStep;
using payment::InstructionRules;
using record::v1::PaymentRecord;
using Request = v1::PaymentInstructionsApplyInstructionsRequest;
using Response = v1::PaymentInstructionsApplyInstructionsResponse;

struct ReadInstructions {
  static const auto& all(const Request& request) { return request.instructions(); }
  static absl::StatusOr<PaymentInstruction> one(const v1::PaymentInstruction& instruction) {
    return wire::FromProto(instruction);
  }
};

}  // namespace

// A batch of steps on its way to the gateway and back.
struct PaymentReplica::Steps {
  std::vector<WorkItem> items;
  std::function<void(Verdicts)> done;
  std::vector<GatewayStep> steps;
  SteadyTime read_time;
  SteadyTime enough;
};

PaymentReplica::PaymentReplica(const Place& place, Database& database, const Settings& settings)
    : Replica(place, database, settings),
      instructions_(
          *this, 1000,
          [this](const auto& batch, auto done) { WriteInstructions(batch, std::move(done)); }),
      recovery_(*this, database,
                [this](Unit& unit, payment::Change change, const RevisionMark& previous) {
                  cluster().gateway().NoteTakenBack(change.payment.status.trading_id.ToString());
                  if (world().Has(Defect::kTakenBackForgotten)) change.payment.taken_back = {};
                  Decisions(unit, this->settings().gateway_pace).Put(std::move(change), previous);
                }) {
  AddQueue(payment::kReportQueue,
           Sender<v1::ApplyReportsRequest, v1::ApplyReportsResponse, v1::Report>(
               cluster().shopping(), "ApplyReports",
               [](auto& request) { return request.add_reports(); }));
  AddQueue(payment::kGatewayQueue, [this](std::span<const WorkItem> items, auto done) {
    RunGatewaySteps(items, std::move(done));
  });
  AddQueue(payment::kPlannedQueue, [this](std::span<const WorkItem> items, auto done) {
    BeginCaptures(items, std::move(done));
  });
  Serve("ApplyInstructions", Receiver<Request, Response>(instructions_, ReadInstructions()));
  Serve("GetPayment", Teller<PaymentRecord>(LatestEntry().compose, [](const PaymentRecord& record) {
          return record.status();
        }));
  Serve("Watch", Watched());
  if (version() >= kThisVersion) recovery_.ServeOn(place.node);
}

template <typename Decide>
Session::Begin PaymentReplica::Deciding(std::vector<Uuid> ids, Decide decide) {
  return [this, ids = std::move(ids), decide](Transaction& transaction) -> Session::Save {
    const auto unit = std::make_shared<Unit>(transaction, ids, WallNow());
    decide(*unit);
    return [unit] { unit->Save(); };
  };
}

void PaymentReplica::WriteInstructions(const std::shared_ptr<Batch<PaymentInstruction>>& batch,
                                       std::function<void(Instructions::Answers)> done) {
  const auto answers = std::make_shared<Instructions::Answers>();
  const auto begin = Deciding(
      TradesOfMessages<InstructionRules>(batch->requests()), [this, batch, answers](Unit& unit) {
        const auto apply = [&]<typename Rules>(Rules) {
          *answers = payment::PaymentDecisions<Unit, Rules>(unit, settings().gateway_pace)
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

void PaymentReplica::RunGatewaySteps(std::span<const WorkItem> items,
                                     std::function<void(Verdicts)> done) {
  const auto steps = std::make_shared<Steps>();
  steps->items.assign(items.begin(), items.end());
  steps->done = std::move(done);
  const auto begin = Deciding(TradesOf(items), [this, steps](Unit& unit) {
    steps->read_time = now();
    steps->steps = Decisions(unit, settings().gateway_pace).LoadSteps(steps->items);
  });
  CommitKnown("reading steps", begin, [this, steps](const absl::Status& status) {
    if (!status.ok()) return steps->done(status);
    steps->enough = now() + absl::ToChronoNanoseconds(settings().work.lease / 4);
    AskNext(steps, 0);
  });
}

void PaymentReplica::AskNext(const std::shared_ptr<Steps>& steps, size_t i) {
  if (i == steps->steps.size() || (i > 0 && now() >= steps->enough)) return SettleSteps(steps);
  GatewayStep& step = steps->steps[i];
  step.reached = true;
  if (!step.request) return AskNext(steps, i + 1);
  step.perhaps_submitted = step.PerhapsSubmitted(now());
  // The gateway hears of it some time later, and so does this process of what it says: in between
  // it may stop, or die.
  if (world().plan.stalls > 0 && world().Happens(0.01)) {
    world().Count(Happening::kSleptThroughLease);
    Stop(world().dice.Between(absl::Seconds(8), absl::Seconds(30)));
  }
  After(world().dice.Between(absl::Milliseconds(1), absl::Milliseconds(300)),
        [this, steps, i] { Ask(steps, i); });
}

void PaymentReplica::Ask(const std::shared_ptr<Steps>& steps, size_t i) {
  GatewayStep& step = steps->steps[i];
  cluster().gateway().set_read_time(steps->read_time);
  payment::Gateway& gateway = cluster().asked_gateway();
  step.answer = world().Has(Defect::kSentAgainOnUnknown)
                    ? gateway.Submit(*step.request)
                    : payment::AskGateway(gateway, *step.request, step.perhaps_submitted);
  world().Say(name(), steps->items[i].trading_id, step.perhaps_submitted ? "asks" : "submits", " ",
              step.request->reference, ", ", ToString(step.request->type), ": ",
              ToString(payment::ToOutcome(*step.answer).state));
  After(world().dice.Between(absl::Milliseconds(1), absl::Milliseconds(300)),
        [this, steps, i] { AskNext(steps, i + 1); });
}

void PaymentReplica::SettleSteps(const std::shared_ptr<Steps>& steps) {
  const auto verdicts = std::make_shared<std::vector<WorkVerdict>>();
  const auto begin = Deciding(TradesOf(steps->items), [this, steps, verdicts](Unit& unit) {
    *verdicts = Decisions(unit, settings().gateway_pace).SettleSteps(steps->items, steps->steps);
  });
  CommitKnown("steps", begin, [steps, verdicts](const absl::Status& status) {
    if (!status.ok()) return steps->done(status);
    steps->done(std::move(*verdicts));
  });
}

void PaymentReplica::BeginCaptures(std::span<const WorkItem> items,
                                   std::function<void(Verdicts)> done) {
  const auto verdicts = std::make_shared<std::vector<WorkVerdict>>();
  const auto begin = Deciding(TradesOf(items), [this, items, verdicts](Unit& unit) {
    *verdicts = Decisions(unit, settings().gateway_pace).BeginCaptures(items);
  });
  CommitKnown("planned captures", begin, [verdicts, done](const absl::Status& status) {
    if (!status.ok()) return done(status);
    done(std::move(*verdicts));
  });
}

void PaymentReplica::Record(const payment::ByHand& by_hand) {
  const auto begin = Deciding({by_hand.trading_id}, [this, by_hand](Unit& unit) {
    (void)Decisions(unit, settings().gateway_pace).Record(by_hand);
  });
  CommitKnown("what a person records", begin, [](const absl::Status&) {});
}

}  // namespace tallystick::simulation
