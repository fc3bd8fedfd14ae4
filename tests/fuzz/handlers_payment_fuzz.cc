// Every request message of the payment manager, through its handlers.
#include "platform/wire/convert.h"
#include "services/payment/domain/instruction_rules.h"
#include "services/payment/service/operations_calls.h"
#include "services/payment/service/payment_calls.h"
#include "services/payment/store/payment_store.h"
#include "tests/fuzz/handlers.h"

namespace tallystick::fuzz {
namespace {

using payment::Payment;
using Payments = StubTable<Payment, payment::PaymentCodec>;

class PaymentTarget final : public ScriptTarget {
 public:
  PaymentTarget()
      : statuses_(payments_),
        instructions_({},
                      [this](std::span<const PaymentInstruction> batch) {
                        return ApplyAll<payment::InstructionRules>(
                            payments_, batch, [](payment::Change change) {
                              (void)payment::ReportItem(change.payment, {});
                              return std::move(change.payment);
                            });
                      }),
        tasks_({}, [](const auto& batch) { return rpc::RunTask(batch.requests()); }),
        health_({"tallystick.v1.PaymentService"}),
        methods_(entrance_, statuses_.watching,
                 {payment::InstructionCalls(instructions_),
                  payment::OperationsCalls(
                      tasks_, {[this](const payment::ByHand& by_hand) { return Record(by_hand); },
                               WaitingIn(payments_)}),
                  payment::BuyerCalls(statuses_), health_.Table()}) {
    for (const testing::History& history : Histories()) {
      if (history.payment()) payments_.Begin(*history.payment());
    }
    MessageMutator::Learn("trading_id", kNew);
  }

  std::vector<const google::protobuf::Message*> Kinds() const override { return methods_.kinds(); }

  void Run(const Script& script) override {
    payments_.Reset();
    for (const Step& step : script) methods_.Call(step);
  }

  // A payment from its authorization on: what it is told, and what a person says of it.
  std::vector<Script> Seeds() override {
    v1::PaymentInstructionsApplyInstructionsRequest opening;
    v1::PaymentInstruction* open = opening.add_instructions();
    open->set_trading_id(kNew);
    open->set_sequence(1);
    open->mutable_authorize()->set_buyer("alice");
    open->mutable_authorize()->set_contents_digest(std::string(32, 'd'));
    wire::Put(1000, "USD", open->mutable_authorize()->mutable_total());
    open->mutable_authorize()->set_terms(v1::TERMS_PREPAID);
    open->mutable_authorize()->set_payment_method("pm_sandbox_ok");
    v1::RecordTransactionRequest succeeds;
    succeeds.set_trading_id(kNew);
    succeeds.set_number(1);
    succeeds.set_state(v1::TRANSACTION_STATE_SUCCEEDED);
    v1::PaymentInstructionsApplyInstructionsRequest more;
    v1::PaymentInstruction* capture = more.add_instructions();
    capture->set_trading_id(kNew);
    capture->set_sequence(2);
    wire::Put(600, "USD", capture->mutable_capture()->mutable_amount());
    capture->mutable_capture()->set_shipment_id("1");
    v1::PaymentInstruction* reduce = more.add_instructions();
    reduce->set_trading_id(kNew);
    reduce->set_sequence(3);
    wire::Put(500, "USD", reduce->mutable_reduce_due()->mutable_amount());
    wire::Put(100, "USD", reduce->mutable_reduce_due()->mutable_called_amount());
    v1::RecordTransactionRequest fails = succeeds;
    fails.set_number(2);
    fails.set_state(v1::TRANSACTION_STATE_FAILED);
    v1::RetryTransactionRequest retry;
    retry.set_trading_id(kNew);
    retry.set_number(2);
    const Step steps[] = {
        methods_.To("ApplyInstructions", opening), methods_.To("RecordTransaction", succeeds),
        methods_.To("ApplyInstructions", more),    methods_.To("RecordTransaction", fails),
        methods_.To("RetryTransaction", retry),    methods_.To("GetPaymentStatus", retry)};
    return {{steps[0]}, {steps[0], steps[1], steps[2]}, {std::begin(steps), std::end(steps)}};
  }

 private:
  static constexpr char kNew[] = "01900000-0000-7000-8000-00000000aaaa";

  absl::StatusOr<PaymentStatus> Record(const payment::ByHand& by_hand) {
    const std::optional<Payment> payment = payments_.Find(by_hand.trading_id);
    if (!payment) return TradeNotFound();
    auto change = by_hand.outcome ? payment::RecordByHand(*payment, by_hand.number, by_hand.type,
                                                          *by_hand.outcome, kNow)
                                  : payment::Retry(*payment, by_hand.number, kNow);
    if (!change.ok()) return change.status();
    if (!*change) return payment->status;
    payments_.Put((*change)->payment);
    return (*change)->payment.status;
  }

  Entrance entrance_;
  Payments payments_;
  StubStatuses<Payments> statuses_;
  payment::InstructionBatcher instructions_;
  rpc::TaskDesk tasks_;
  rpc::Health health_;
  Methods methods_;
};

}  // namespace

ScriptTarget* MakeTarget() { return new PaymentTarget; }

}  // namespace tallystick::fuzz
