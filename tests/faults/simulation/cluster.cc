#include "tests/faults/simulation/cluster.h"

#include "services/delivery/workflow/manual_carrier.h"
#include "services/delivery/workflow/sandbox_carrier.h"
#include "services/payment/workflow/manual_gateway.h"
#include "tallystick/record/v1/delivery_record.pb.h"
#include "tallystick/record/v1/order_record.pb.h"
#include "tallystick/record/v1/payment_record.pb.h"
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
  SetFormats();
  for (const Database* database : databases()) {
    for (int i = 1; i <= 2; ++i) {
      replicas_.push_back({absl::StrCat(database->name(), "-", i), nullptr, {}});
      Machine& machine = machines_.emplace_back();
      machine.clock_error = world.dice.Between(-plan.clocks_apart, plan.clocks_apart);
      if (plan.from_old_version) machine.settings.version = kOldVersion;
      machine.settings.work.max_batch = static_cast<size_t>(world.dice.Between(2, 40));
    }
  }
  buyer_.name = "buyer";
  for (Node& replica : replicas_) Start(replica);
}

// What an older version has in its tables.
void Cluster::SetFormats() {
  shopping_.formats = {
      Forgotten<record::v1::OrderRecord>,
      [](int version, int16_t queue, std::string payload) -> std::optional<std::string> {
        if (queue == shopping::kPaymentQueue.number) {
          return Forgotten<v1::PaymentInstruction>(version, std::move(payload));
        }
        if (queue == shopping::kReconcileQueue.number && version < kThisVersion) {
          return std::nullopt;
        }
        return payload;
      }};
  const auto report = [](int16_t reports) {
    return
        [reports](int version, int16_t queue, std::string payload) -> std::optional<std::string> {
          if (queue != reports) return payload;
          return Forgotten<v1::Report>(version, std::move(payload));
        };
  };
  payment_.formats = {Forgotten<record::v1::PaymentRecord>, report(payment::kReportQueue.number)};
  delivery_.formats = {Forgotten<record::v1::DeliveryRecord>,
                       report(delivery::kReportQueue.number)};
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
  if (!replica.up()) return SetUp(replica);
  world_.Say(replica.name, {}, "drains");
  replica.listens = false;
  static_cast<Replica&>(*replica.life).Drain();
  world_.time.After(kDrain, [this, &replica] {
    Kill(replica);
    SetUp(replica);
    Start(replica);
  });
}

void Cluster::SetUp(const Node& replica) {
  Settings& settings = machines_[IndexOf(replica)].settings;
  world_.Count(Happening::kUpgraded);
  settings.version = kThisVersion;
  settings.work.lease = absl::Seconds(20);
  settings.work.max_batch = 500;
  settings.carrier_pace = absl::Seconds(15);
}

void Cluster::SetClock(Node& replica, absl::Duration error) {
  machines_[IndexOf(replica)].clock_error = error;
  if (replica.up()) replica.life->set_clock_error(error);
}

}  // namespace tallystick::simulation
