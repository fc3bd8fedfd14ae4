#include "tests/faults/simulation/world.h"

#include "absl/strings/str_format.h"
#include "tests/faults/simulation/process.h"

namespace tallystick::simulation {
namespace {

// The end of a run that does not come to its end.
constexpr size_t kTraceLines = 200'000;

}  // namespace

World::~World() = default;

std::string World::NameOf(const Uuid& trade) const {
  if (trade.IsNil()) return "";
  const auto found = names_.find(trade);
  return found == names_.end() ? trade.ToString() : found->second;
}

void World::Write(absl::string_view who, const Uuid& trade, const std::string& what) {
  const double seconds = absl::ToDoubleSeconds(time.elapsed());
  trace_.push_back(
      {trade, absl::StrFormat("%10.3f  %-12s %-9s %s", seconds, who, NameOf(trade), what)});
  if (trace_.size() > kTraceLines) trace_.pop_front();
}

}  // namespace tallystick::simulation
