// Every request message of the delivery manager, through its handlers.
#include "platform/runtime/overloaded.h"
#include "platform/wire/convert.h"
#include "services/delivery/service/delivery_service.h"
#include "services/delivery/service/operations_service.h"
#include "services/delivery/store/delivery_store.h"
#include "tests/fuzz/handlers.h"

namespace tallystick::fuzz {
namespace {

using delivery::Delivery;
using Deliveries = StubTable<Delivery, delivery::DeliveryCodec>;

struct InstructionRules {
  static int64_t Number(const DeliveryInstruction& message) { return message.sequence; }
  static int64_t LastApplied(const Delivery* delivery, const DeliveryInstruction&) {
    return delivery == nullptr ? 0 : delivery->status.instructions_applied;
  }
  static absl::StatusOr<Delivery> Apply(const Delivery* delivery,
                                        const DeliveryInstruction& message) {
    absl::StatusOr<delivery::Change> change = delivery::Apply(delivery, message, kNow);
    if (!change.ok()) return change.status();
    (void)delivery::ReportItem(change->delivery);
    return std::move(change->delivery);
  }
  static Delivery Skip(const Delivery& delivery, const DeliveryInstruction& message) {
    return delivery::SkipInstruction(delivery, message.sequence, "refused", kNow);
  }
};

class DeliveryTarget final : public ScriptTarget {
 public:
  DeliveryTarget()
      : statuses_(deliveries_),
        instructions_({},
                      [this](std::span<const DeliveryInstruction> batch) {
                        return ApplyAll(deliveries_, batch, InstructionRules{});
                      }),
        tasks_({},
               [this](std::span<const delivery::OperationsTask> batch) {
                 return rpc::RunOperations<delivery::OperationsAnswer>(
                     batch,
                     Overloaded{[this](const delivery::ByHand& by_hand) { return Record(by_hand); },
                                [this](const rpc::WaitingQuery& query) {
                                  return ListPage(deliveries_, query);
                                },
                                [](const WorkResolution&) -> absl::StatusOr<ResolvedWork> {
                                  return ResolvedWork{};
                                }});
               }),
        buyers_(entrance_.gate(), statuses_),
        operations_(entrance_.gate(), tasks_),
        shop_(entrance_.gate(), instructions_),
        health_({"tallystick.v1.DeliveryService"}),
        methods_(entrance_, statuses_.watching) {
    using delivery::DeliveryServiceImpl, delivery::OperationsServiceImpl;
    methods_.Add(Methods::kForPeers, shop_, &delivery::DeliveryInstructionsImpl::ApplyInstructions);
    methods_.Add(Methods::kForOperators, operations_, &OperationsServiceImpl::RecordBooking);
    methods_.Add(Methods::kForOperators, operations_, &OperationsServiceImpl::RecordDispatch);
    methods_.Add(Methods::kForOperators, operations_, &OperationsServiceImpl::RecordShipment);
    methods_.Add(Methods::kForOperators, operations_, &OperationsServiceImpl::RecordReturn);
    methods_.Add(Methods::kForOperators, operations_, &OperationsServiceImpl::ListWork);
    methods_.Add(Methods::kForOperators, operations_, &OperationsServiceImpl::ResolveWork);
    methods_.Add(Methods::kForCallers, buyers_, &DeliveryServiceImpl::GetDeliveryStatus);
    methods_.Add(Methods::kForCallers, buyers_, &DeliveryServiceImpl::BatchGetDeliveryStatuses);
    methods_.Add(Methods::kForCallers, buyers_, &DeliveryServiceImpl::WatchDeliveryStatus);
    methods_.Add(Methods::kForAll, health_, &rpc::HealthService::Check);
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
    const Step steps[] = {{0, opening.SerializeAsString()},   {1, booking.SerializeAsString()},
                          {0, releasing.SerializeAsString()}, {2, dispatch.SerializeAsString()},
                          {3, shipment.SerializeAsString()},  {0, collecting.SerializeAsString()},
                          {4, received.SerializeAsString()}};
    return {{steps[0], steps[1]},
            {steps[0], steps[1], steps[2], steps[3]},
            {std::begin(steps), std::end(steps)}};
  }

 private:
  static constexpr char kNew[] = "01900000-0000-7000-8000-00000000aaaa";

  using Changed = absl::StatusOr<std::optional<delivery::Change>>;

  absl::StatusOr<delivery::Recorded> Record(const delivery::ByHand& by_hand) {
    const std::optional<Delivery> found = deliveries_.Find(by_hand.trading_id);
    if (!found) return TradeNotFound();
    const Changed change = std::visit(
        Overloaded{
            [&](const delivery::BookingByHand& record) -> Changed {
              return delivery::RecordBooking(*found, record.booking, kNow);
            },
            [&](const delivery::Dispatch& record) -> Changed {
              return delivery::RecordDispatch(*found, record, kNow);
            },
            [&](const delivery::ShipmentByHand& record) -> Changed {
              return delivery::RecordByHand(*found, record.shipment_id, record.progress, kNow);
            },
            [&](const delivery::ReturnByHand& record) -> Changed {
              return delivery::RecordReturnByHand(*found, record.return_id, record.progress, kNow);
            }},
        by_hand.what);
    if (!change.ok()) return change.status();
    if (*change) deliveries_.Put((*change)->delivery);
    const Delivery& now = *change ? (*change)->delivery : *found;
    delivery::Recorded recorded{now.status, ""};
    if (const auto* dispatch = std::get_if<delivery::Dispatch>(&by_hand.what)) {
      recorded.shipment_id = delivery::DispatchedBy(now, dispatch->request_id);
    }
    return recorded;
  }

  Entrance entrance_;
  Deliveries deliveries_;
  StubStatuses<Deliveries> statuses_;
  delivery::DeliveryInstructionsImpl::InstructionBatcher instructions_;
  delivery::OperationsBatcher tasks_;
  delivery::DeliveryServiceImpl buyers_;
  delivery::OperationsServiceImpl operations_;
  delivery::DeliveryInstructionsImpl shop_;
  rpc::HealthService health_;
  Methods methods_;
};

}  // namespace

ScriptTarget* MakeTarget() { return new DeliveryTarget; }

}  // namespace tallystick::fuzz
