// How a batch of steps is asked of a gateway: several trades at once when it is slow.
#include "services/payment/workflow/gateway_calls.h"

#include <map>
#include <set>
#include <thread>

#include "platform/lang/mutex.h"
#include "tests/support/catch.h"

namespace tallystick::payment {
namespace {

Uuid Trade(size_t number) {
  Uuid id;
  id.bytes[0] = static_cast<uint8_t>(number);
  return id;
}

// Remembers who asked it what; from the second batch on a call is answered when `together` are
// asked at once.
class MeetingGateway : public Gateway {
 public:
  explicit MeetingGateway(absl::Duration first_takes) : first_takes_(first_takes) {}

  GatewayAnswer Submit(const GatewayRequest& request) override {
    const SteadyTime end = SteadyAfter(first_takes_);
    while (SteadyNow() < end) std::this_thread::yield();
    MutexLock lock(mutex_);
    threads_.insert(std::this_thread::get_id());
    asked_.push_back(request.reference);
    most_ = std::max(most_, ++now_);
    if (now_ >= together_) met_ = true;
    all_here_.NotifyAll();
    while (!met_) all_here_.Wait(mutex_);
    --now_;
    return {GatewayAnswer::kSucceeded, ""};
  }
  GatewayAnswer Ask(const GatewayRequest&) override { return {}; }

  void NextBatch(int together) {
    MutexLock lock(mutex_);
    together_ = together;
    met_ = together == 0;
    asked_.clear();
    threads_.clear();
    most_ = 0;
  }
  std::vector<std::string> asked() {
    MutexLock lock(mutex_);
    return asked_;
  }
  size_t threads() {
    MutexLock lock(mutex_);
    return threads_.size();
  }
  int most() {
    MutexLock lock(mutex_);
    return most_;
  }

 private:
  const absl::Duration first_takes_;
  Mutex mutex_;
  Condition all_here_;
  std::vector<std::string> asked_ ABSL_GUARDED_BY(mutex_);
  std::set<std::thread::id> threads_ ABSL_GUARDED_BY(mutex_);
  int now_ ABSL_GUARDED_BY(mutex_) = 0;
  int most_ ABSL_GUARDED_BY(mutex_) = 0;
  int together_ ABSL_GUARDED_BY(mutex_) = 0;
  bool met_ ABSL_GUARDED_BY(mutex_) = true;
};

struct Batch {
  std::vector<WorkItem> items;
  std::vector<GatewayStep> steps;

  // `each` steps of each of `trades`, in turn.
  Batch(size_t trades, int each) {
    for (int number = 1; number <= each; ++number) {
      for (size_t trade = 0; trade < trades; ++trade) {
        items.push_back({Trade(trade), 2, number});
        GatewayStep& step = steps.emplace_back();
        step.request.emplace().reference = std::to_string(trade) + "-" + std::to_string(number);
      }
    }
  }
};

TEST_CASE("gateway calls: a slow gateway is asked about several trades at once, one step each") {
  MeetingGateway gateway(absl::Milliseconds(3));
  GatewayCalls calls(gateway, 8);
  // How long a call takes shows with the first, within a batch or before it.
  Batch first(3, 1);
  calls.Make(first.items, first.steps, kNeverSteady);
  for (const GatewayStep& step : first.steps) {
    REQUIRE(step.answer->verdict == GatewayAnswer::kSucceeded);
  }
  REQUIRE(gateway.threads() >= 1);
  gateway.NextBatch(8);
  Batch batch(20, 3);
  calls.Make(batch.items, batch.steps, kNeverSteady);
  REQUIRE(gateway.most() == 8);
  REQUIRE(gateway.threads() == 8);
  std::map<std::string, int> last;
  for (const std::string& reference : gateway.asked()) {
    const size_t dash = reference.find('-');
    // In the order of the trade's numbers.
    REQUIRE(++last[reference.substr(0, dash)] == std::stoi(reference.substr(dash + 1)));
  }
  REQUIRE(last.size() == 20);
  for (const GatewayStep& step : batch.steps) REQUIRE(step.answer.has_value());
}

TEST_CASE("gateway calls: one that answers at once is asked from one thread") {
  MeetingGateway gateway(absl::ZeroDuration());
  GatewayCalls calls(gateway, 8);
  size_t threads = 0;
  for (int round = 0; round < 5; ++round) {
    gateway.NextBatch(0);
    Batch batch(20, 1);
    calls.Make(batch.items, batch.steps, kNeverSteady);
    REQUIRE(gateway.asked().size() == 20);
    threads = std::max(threads, round == 0 ? gateway.threads() : size_t{1});
  }
  REQUIRE(threads == 1);
}

TEST_CASE("gateway calls: when it is enough, the first is asked all the same, and no other") {
  MeetingGateway gateway(absl::ZeroDuration());
  GatewayCalls calls(gateway, 8);
  Batch batch(5, 2);
  calls.Make(batch.items, batch.steps, SteadyNow());
  REQUIRE(gateway.asked() == std::vector<std::string>{"0-1"});
  REQUIRE(batch.steps[0].reached);
  for (size_t i = 1; i < batch.steps.size(); ++i) REQUIRE_FALSE(batch.steps[i].reached);
}

}  // namespace
}  // namespace tallystick::payment
