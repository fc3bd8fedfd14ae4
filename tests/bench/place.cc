#include "tests/bench/place.h"

#include <stdexcept>

#include "absl/strings/str_cat.h"
#include "tests/bench/calls.h"
#include "tests/bench/orders.h"

namespace tallystick::bench {

void DemandAll(const Load& load) {
  if (load.failed > 0) throw std::runtime_error(absl::StrCat(load.failed, " calls failed"));
}

Load Place(BenchStack& stack, int count, int outstanding) {
  const std::vector<v1::PlaceOrderRequest> orders = Orders(count);
  Calls calls(stack, "shopping");
  const Load load = RunClosed(count, outstanding, calls.PlaceOrder(orders));
  DemandAll(load);
  return load;
}

Load PlaceByBatches(BenchStack& stack, int count) {
  const std::vector<v1::PlaceOrderRequest> orders = Orders(count);
  Calls calls(stack, "shopping");
  Load load =
      RunClosed((count + kBatch - 1) / kBatch, kBatchCalls, calls.BatchPlaceOrders(orders, kBatch));
  DemandAll(load);
  return load;
}

}  // namespace tallystick::bench
