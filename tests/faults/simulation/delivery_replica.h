// A replica of the delivery manager: instructions, steps at the carrier, and what people record.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "services/delivery/workflow/delivery_decisions.h"
#include "tests/faults/simulation/recovery_desk.h"

namespace tallystick::simulation {

class DeliveryReplica final : public Replica {
 public:
  DeliveryReplica(const Place& place, Database& database, const Settings& settings);

  // What a person says of the goods.
  void Record(const delivery::ByHand& by_hand);

 private:
  using Unit = ObservedUnit<delivery::Delivery, delivery::DeliveryCodec>;
  using Decisions = delivery::DeliveryDecisions<Unit>;
  using Instructions = Inbox<DeliveryInstruction, ApplyAnswer>;
  struct Steps;

  template <typename Decide>
  Session::Begin Deciding(std::vector<Uuid> ids, Decide decide);
  void WriteInstructions(const std::shared_ptr<Batch<DeliveryInstruction>>& batch,
                         std::function<void(Instructions::Answers)> done);
  void RunCarrierSteps(std::span<const WorkItem> items, std::function<void(Verdicts)> done);
  void AskNext(const std::shared_ptr<Steps>& steps, size_t i);
  void SettleSteps(const std::shared_ptr<Steps>& steps);

  Instructions instructions_;
  RecoveryDesk<delivery::DeliveryCodec, delivery::Recovery> recovery_;
};

}  // namespace tallystick::simulation
