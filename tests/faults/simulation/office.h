// The back office of the three services: prices and stock, work that waits for a person, what
// people record of goods and money, and what is too old.
#pragma once

#include <map>
#include <string>

#include "services/delivery/workflow/by_hand.h"
#include "services/payment/domain/payment.h"
#include "tests/faults/simulation/buyer.h"
#include "tests/faults/simulation/cluster.h"

namespace tallystick::simulation {

class Office {
 public:
  Office(Cluster& cluster, const Buyer& buyer);

  // Comes back again and again, from now on.
  void Begin();
  // It is over: nobody comes any more.
  void End() { over_ = true; }

  // Of a product: what there was at first, and what was added.
  int64_t Owned(const std::string& sku) const { return owned_.at(sku); }

 private:
  void Visit();
  void ChangePrices();
  void AddStock();
  bool IsTired(const Uuid& trade);
  void RetryParked(Database& database);
  void DealWithPayments();
  void DealWithPayment(const WorkItem& item, const payment::Payment& payment);
  void DealWithDeliveries();
  void DealWithDelivery(const delivery::Delivery& delivery);
  // Somebody records something that the carrier would have.
  void RecordSomething();
  void Record(const delivery::ByHand& by_hand);
  void Trim(Database& database, int16_t report_queue);

  Cluster& cluster_;
  const Buyer& buyer_;
  World& world_;
  std::map<std::string, int64_t> owned_;
  std::map<Uuid, int> retried_;
  absl::Duration retention_;
  bool over_ = false;
};

}  // namespace tallystick::simulation
