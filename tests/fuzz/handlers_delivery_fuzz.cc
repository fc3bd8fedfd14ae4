// Every request message of the delivery manager, through its handlers.
#include "platform/wire/convert.h"
#include "services/delivery/domain/instruction_rules.h"
#include "services/delivery/service/delivery_calls.h"
#include "services/delivery/service/operations_calls.h"
#include "services/delivery/store/delivery_store.h"
#include "tests/fuzz/handlers.h"

namespace tallystick::fuzz {
namespace {

using delivery::Delivery;
using Deliveries = StubTable<Delivery, delivery::DeliveryCodec>;

class DeliveryTarget final : public ScriptTarget {
 public:
  DeliveryTarget()
      : statuses_(deliveries_),
        instructions_({},
                      [this](std::span<const DeliveryInstruction> batch) {
                        return ApplyAll<delivery::InstructionRules>(
                            deliveries_, batch, [](delivery::Change change) {
                              (void)delivery::ReportItem(change.delivery, {});
                              return std::move(change.delivery);
                            });
                      }),
        tasks_({}, [](const auto& batch) { return rpc::RunTask(batch.requests()); }),
        health_({"tallystick.v1.DeliveryService"}),
        methods_(entrance_, statuses_.watching,
                 {delivery::InstructionCalls(instructions_),
                  delivery::OperationsCalls(
                      tasks_, {[this](const delivery::ByHand& by_hand) { return Record(by_hand); },
                               WaitingIn(deliveries_)}),
                  delivery::BuyerCalls(statuses_), health_.Table()}) {
    for (const testing::History& history : Histories()) {
      if (history.delivery()) deliveries_.Begin(*history.delivery());
    }
    MessageMutator::Learn("trading_id", kNew);
  }

  std::vector<const google::protobuf::Message*> Kinds() const override { return methods_.kinds(); }

  void Run(const Script& script) override {
    deliveries_.Reset();
    for (const Step& step : script) methods_.Call(step);
  }

  // A delivery from its booking to a return.
  std::vector<Script> Seeds() override {
    v1::DeliveryInstructionsApplyInstructionsRequest opening;
    v1::DeliveryInstruction* open = opening.add_instructions();
    open->set_trading_id(kNew);
    open->set_sequence(1);
    open->mutable_book()->set_buyer("alice");
    open->mutable_book()->set_contents_digest(std::string(32, 'd'));
    wire::PutGoods({{"SKU-0", 3}, {"SKU-1", 1}}, open->mutable_book()->mutable_lines());
    open->mutable_book()->mutable_ship_to()->add_lines("Alice");
    open->mutable_book()->set_delivery_option("standard");
    v1::DeliveryInstructionsApplyInstructionsRequest releasing;
    v1::DeliveryInstruction* release = releasing.add_instructions();
    release->set_trading_id(kNew);
    release->set_sequence(2);
    release->mutable_release();
    v1::RecordBookingRequest booking;
    booking.set_trading_id(kNew);
    booking.set_accepted(true);
    v1::RecordDispatchRequest dispatch;
    dispatch.set_request_id("01900000-0000-7000-8000-000000000001");
    dispatch.set_trading_id(kNew);
    dispatch.set_shipment_id("1");
    wire::PutGoods({{"SKU-0", 2}}, dispatch.mutable_lines());
    v1::RecordShipmentRequest shipment;
    shipment.set_trading_id(kNew);
    shipment.set_shipment_id("2");
    shipment.set_state(v1::SHIPMENT_STATE_DELIVERED);
    v1::DeliveryInstructionsApplyInstructionsRequest collecting;
    v1::DeliveryInstruction* collect = collecting.add_instructions();
    collect->set_trading_id(kNew);
    collect->set_sequence(3);
    collect->mutable_collect()->set_return_id("R1");
    wire::PutGoods({{"SKU-0", 1}}, collect->mutable_collect()->mutable_lines());
    v1::RecordReturnRequest received;
    received.set_trading_id(kNew);
    received.set_return_id("R1");
    received.set_state(v1::RETURN_STATE_RECEIVED);
    const Step steps[] = {
        methods_.To("ApplyInstructions", opening),   methods_.To("RecordBooking", booking),
        methods_.To("ApplyInstructions", releasing), methods_.To("RecordDispatch", dispatch),
        methods_.To("RecordShipment", shipment),     methods_.To("ApplyInstructions", collecting),
        methods_.To("RecordReturn", received)};
    return {{steps[0], steps[1]},
            {steps[0], steps[1], steps[2], steps[3]},
            {std::begin(steps), std::end(steps)}};
  }

 private:
  static constexpr char kNew[] = "01900000-0000-7000-8000-00000000aaaa";

  absl::StatusOr<delivery::Recorded> Record(const delivery::ByHand& by_hand) {
    const std::optional<Delivery> found = deliveries_.Find(by_hand.trading_id);
    if (!found) return TradeNotFound();
    const auto change = delivery::ApplyByHand(*found, by_hand, kNow);
    if (!change.ok()) return change.status();
    if (*change) deliveries_.Put((*change)->delivery);
    return delivery::RecordedOf(*change ? (*change)->delivery : *found, by_hand);
  }

  Entrance entrance_;
  Deliveries deliveries_;
  StubStatuses<Deliveries> statuses_;
  delivery::InstructionBatcher instructions_;
  rpc::TaskDesk tasks_;
  rpc::Health health_;
  Methods methods_;
};

}  // namespace

ScriptTarget* MakeTarget() { return new DeliveryTarget; }

}  // namespace tallystick::fuzz
