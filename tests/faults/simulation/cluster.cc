#include "tests/faults/simulation/cluster.h"

#include "services/delivery/workflow/manual_carrier.h"
#include "services/delivery/workflow/sandbox_carrier.h"
#include "services/payment/workflow/manual_gateway.h"
#include "tests/faults/simulation/delivery_replica.h"
#include "tests/faults/simulation/payment_replica.h"
#include "tests/faults/simulation/shop_replica.h"

namespace tallystick::simulation {
namespace {

constexpr absl::Duration kDrain = absl::Seconds(6);

}  // namespace

Cluster::Cluster(World& world)
    : world_(world),
      network_(world),
      shopping_(world, "shopping"),
      payment_(world, "payment"),
      delivery_(world, "delivery"),
      booked_gateway_(world) {
  const Plan& plan = world.plan;
  gateway_ = &booked_gateway_;
  if (plan.by_hand) {
    people_ = std::make_unique<payment::ManualGateway>();
    gateway_ = people_.get();
    carrier_ = std::make_unique<delivery::ManualCarrier>();
  } else {
    carrier_ = std::make_unique<delivery::SandboxCarrier>();
  }
  orders_.trading_id_key = std::string(32, 'k');
  orders_.policy.periods[Terms::kNet30] = absl::Minutes(10);
  for (const char* sku : {"CHAI", "CHANG", "ANISEED"}) {
    shopping_.products[sku] = {sku,
                               sku,
                               "",
                               "USD",
                               world.dice.Between(1, 5000),
                               static_cast<int32_t>(world.dice.Between(0, 2500)),
                               plan.stock};
  }
  shopping_.options["standard"] = {"standard", "Standard", world.dice.Between(0, 900),
                                   absl::Hours(48)};
  for (const Database* database : databases()) {
    for (int i = 1; i <= 2; ++i) {
      replicas_.push_back({absl::StrCat(database->name(), "-", i), nullptr, {}});
      Machine& machine = machines_.emplace_back();
      machine.clock_error = world.dice.Between(-plan.clocks_apart, plan.clocks_apart);
      machine.settings.work.max_batch = static_cast<size_t>(world.dice.Between(2, 40));
    }
  }
  buyer_.name = "buyer";
  for (Node& replica : replicas_) Start(replica);
}

size_t Cluster::IndexOf(const Node& replica) const {
  return static_cast<size_t>(&replica - replicas_.data());
}

Node& Cluster::OneOf(const Database& service) {
  const size_t first = &service == &shopping_ ? 0 : &service == &payment_ ? 2 : 4;
  return replicas_[first + static_cast<size_t>(world_.dice.Between(0, 1))];
}

Node* Cluster::LivingOneOf(const Database& service) {
  Node& one = OneOf(service);
  if (one.up() && one.listens) return &one;
  Node& other = replicas_[IndexOf(one) ^ 1];
  return other.up() && other.listens ? &other : nullptr;
}

void Cluster::Start(Node& replica) {
  if (replica.up()) return;
  const size_t index = IndexOf(replica);
  const Machine& machine = machines_[index];
  replica.methods.clear();
  replica.listens = true;
  const Replica::Place place{*this, replica, machine.clock_error};
  if (index < 2) {
    replica.life = std::make_shared<ShopReplica>(place, shopping_, machine.settings);
  } else if (index < 4) {
    replica.life = std::make_shared<PaymentReplica>(place, payment_, machine.settings);
  } else {
    replica.life = std::make_shared<DeliveryReplica>(place, delivery_, machine.settings);
  }
  world_.Keep(replica.life);
  world_.Say(replica.name, {}, "starts");
}

void Cluster::Kill(Node& replica) {
  if (!replica.up()) return;
  world_.Say(replica.name, {}, "is killed");
  replica.life->Kill();
}

void Cluster::Upgrade(Node& replica) {
  if (!replica.up()) return;
  world_.Say(replica.name, {}, "drains");
  replica.listens = false;
  static_cast<Replica&>(*replica.life).Drain();
  world_.time.After(kDrain, [this, &replica] {
    Kill(replica);
    Settings& settings = machines_[IndexOf(replica)].settings;
    world_.Count(Happening::kUpgraded);
    settings.work.lease = absl::Seconds(20);
    settings.work.max_batch = 500;
    settings.carrier_pace = absl::Seconds(15);
    Start(replica);
  });
}

void Cluster::SetClock(Node& replica, absl::Duration error) {
  machines_[IndexOf(replica)].clock_error = error;
  if (replica.up()) replica.life->set_clock_error(error);
}

}  // namespace tallystick::simulation
