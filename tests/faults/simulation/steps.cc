#include "tests/faults/simulation/steps.h"

namespace tallystick::simulation {
namespace {

constexpr char kOnceInOrder[] = "each message takes effect once and in order";

void CheckCount(World& world, const Uuid& trade, const char* what, int64_t before, int64_t after) {
  if (after == before || after == before + 1) return;
  // What is taken back may be less at first, and is more at once.
  if (world.lost_something) return;
  world.Violate(kOnceInOrder, absl::StrCat(what, " of ", world.NameOf(trade), " went from ", before,
                                           " to ", after));
}

bool HasEnded(OrderState state) {
  return state == OrderState::kRejected || state == OrderState::kCanceled ||
         state == OrderState::kCompleted;
}

}  // namespace

void CheckStep(World& world, const shopping::Order* before, const shopping::Order& after) {
  const OrderStatus none;
  const OrderStatus& was = before == nullptr ? none : before->status.order;
  const OrderStatus& is = after.status.order;
  const Uuid& id = after.contents.trading_id;
  CheckCount(world, id, "payment's reports", was.payment_revision, is.payment_revision);
  CheckCount(world, id, "delivery's reports", was.delivery_revision, is.delivery_revision);
  if (HasEnded(was.state) && is.state != was.state) {
    world.Violate("what has ended stays so",
                  absl::StrCat(world.NameOf(id), " was ", ToString(was.state), " and became ",
                               ToString(is.state)));
  }
}

void CheckStep(World& world, const payment::Payment* before, const payment::Payment& after) {
  const int64_t was = before == nullptr ? 0 : before->status.instructions_applied;
  CheckCount(world, after.status.trading_id, "payment's instructions", was,
             after.status.instructions_applied);
}

void CheckStep(World& world, const delivery::Delivery* before, const delivery::Delivery& after) {
  const int64_t was = before == nullptr ? 0 : before->status.instructions_applied;
  CheckCount(world, after.status.trading_id, "delivery's instructions", was,
             after.status.instructions_applied);
}

}  // namespace tallystick::simulation
