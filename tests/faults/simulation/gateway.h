// The gateway, which keeps a book: what was carried out, under which reference, and whether
// somebody who could know better asked for it again. Its answers may be lost, the request or the
// answer.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "services/payment/workflow/sandbox_gateway.h"
#include "tests/faults/simulation/world.h"

namespace tallystick::simulation {

class BookedGateway final : public payment::Gateway {
 public:
  struct Entry {
    payment::GatewayAnswer answer;
    TransactionType type = TransactionType::kUnspecified;
    int64_t amount = 0;
    SteadyTime submitted;  // first
    SteadyTime read;       // when whoever did so had looked last
  };

  explicit BookedGateway(World& world) : world_(world) {}

  // Payment has lost what it had written down until then.
  void set_lost_time(SteadyTime time) { lost_time_ = time; }
  // It knows that it lost something of the trade.
  void NoteTakenBack(const std::string& trading_id) {
    taken_back_.emplace(trading_id, world_.time.now());
  }
  // Since when whoever calls now knows what it knows.
  void set_read_time(SteadyTime time) { read_time_ = time; }

  payment::GatewayAnswer Submit(const payment::GatewayRequest& request) override;
  payment::GatewayAnswer Ask(const payment::GatewayRequest& request) override;

  // What was carried out; null if it was not.
  const Entry* Find(const std::string& reference) const;
  // By a person.
  void Record(const payment::GatewayRequest& request, const payment::GatewayAnswer& answer);

  // Moved under references that begin so, by type.
  int64_t Moved(const std::string& prefix, TransactionType type) const;

 private:
  payment::GatewayAnswer Unknown();
  payment::GatewayAnswer OfAnother();
  // Whoever submits it may have lost that it was submitted, and not know that it did.
  bool IsForgotten(const std::string& reference, const Entry& entry) const;

  World& world_;
  payment::SandboxGateway sandbox_;
  std::map<std::string, Entry> book_;
  SteadyTime read_time_{};
  std::optional<SteadyTime> lost_time_;
  std::map<std::string, SteadyTime> taken_back_;  // when first
};

}  // namespace tallystick::simulation
