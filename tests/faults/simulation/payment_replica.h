// A replica of the payment manager: instructions, steps at the gateway, captures at their dates,
// and what people record.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "services/payment/workflow/payment_decisions.h"
#include "tests/faults/simulation/recovery_desk.h"

namespace tallystick::simulation {

class PaymentReplica final : public Replica {
 public:
  PaymentReplica(const Place& place, Database& database, const Settings& settings);

  // What a person does with a transaction.
  void Record(const payment::ByHand& by_hand);

 private:
  using Unit = ObservedUnit<payment::Payment, payment::PaymentCodec>;
  using Decisions = payment::PaymentDecisions<Unit>;
  using Instructions = Inbox<PaymentInstruction, ApplyAnswer>;
  struct Steps;

  // `decide(Decisions)` in a transaction about the trades.
  template <typename Decide>
  Session::Begin Deciding(std::vector<Uuid> ids, Decide decide);
  void WriteInstructions(const std::shared_ptr<Batch<PaymentInstruction>>& batch,
                         std::function<void(Instructions::Answers)> done);
  void RunGatewaySteps(std::span<const WorkItem> items, std::function<void(Verdicts)> done);
  void AskNext(const std::shared_ptr<Steps>& steps, size_t i);
  void Ask(const std::shared_ptr<Steps>& steps, size_t i);
  void SettleSteps(const std::shared_ptr<Steps>& steps);
  void BeginCaptures(std::span<const WorkItem> items, std::function<void(Verdicts)> done);

  Instructions instructions_;
  RecoveryDesk<payment::PaymentCodec, payment::Recovery> recovery_;
};

}  // namespace tallystick::simulation
