// Everything that is there: three databases, two replicas on each, the gateway, and who uses them.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "platform/relay/work_in_hand.h"
#include "services/delivery/workflow/carrier.h"
#include "services/payment/workflow/gateway.h"
#include "services/shopping/workflow/order_workflow.h"
#include "tests/faults/simulation/database.h"
#include "tests/faults/simulation/gateway.h"
#include "tests/faults/simulation/network.h"

namespace tallystick::simulation {

inline constexpr char kBuyer[] = "alice";

// What a version of the servers is set to; an upgrade changes it.
struct Settings {
  int version = kThisVersion;
  QueueWorkerOptions work;
  absl::Duration gateway_pace = absl::Seconds(1);
  absl::Duration carrier_pace = absl::Seconds(20);
};

class Cluster {
 public:
  explicit Cluster(World& world);

  World& world() { return world_; }
  Network& network() { return network_; }
  Database& shopping() { return shopping_; }
  Database& payment() { return payment_; }
  Database& delivery() { return delivery_; }
  std::array<Database*, 3> databases() { return {&shopping_, &payment_, &delivery_}; }
  BookedGateway& gateway() { return booked_gateway_; }
  payment::Gateway& asked_gateway() { return *gateway_; }  // that one, or people
  delivery::Carrier& carrier() { return *carrier_; }
  const shopping::OrderOptions& orders() const { return orders_; }

  // The six replicas: two of shopping, of payment, of delivery.
  std::vector<Node>& replicas() { return replicas_; }
  // One of the two of a service, left to chance.
  Node& OneOf(const Database& service);
  // One that lives; null if none does.
  Node* LivingOneOf(const Database& service);
  Node& buyer() { return buyer_; }

  // A process in the place of a replica that is not there, or dies; its clock is the machine's.
  void Start(Node& replica);
  void Kill(Node& replica);
  // Takes no calls any more, finishes what is under way, and is followed by the next version.
  void Upgrade(Node& replica);
  // A comparison of all trades that began then is over.
  void Compared(SteadyTime begun) { compared_ = std::max(compared_, begun); }
  bool HasCompared(SteadyTime since) const { return compared_ >= since; }
  void SetClock(Node& replica, absl::Duration error);

 private:
  struct Machine {
    absl::Duration clock_error;
    Settings settings;
  };
  void SetFormats();
  // As the next version is.
  void SetUp(const Node& replica);
  size_t IndexOf(const Node& replica) const;

  World& world_;
  Network network_;
  Database shopping_;
  Database payment_;
  Database delivery_;
  BookedGateway booked_gateway_;
  std::unique_ptr<payment::Gateway> people_;
  payment::Gateway* gateway_ = nullptr;
  std::unique_ptr<delivery::Carrier> carrier_;
  shopping::OrderOptions orders_;
  std::vector<Node> replicas_;
  std::vector<Machine> machines_;
  Node buyer_;
  SteadyTime compared_{};
};

}  // namespace tallystick::simulation
