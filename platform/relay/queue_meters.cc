#include "platform/relay/queue_meters.h"

namespace tallystick {
namespace {

// By WorkVerdict::Kind.
constexpr std::array<const char*, WorkVerdict::kKinds> kOutcomes{
    "done", "retry", "stuck", "again", "untouched", "parked", "refused", "by_hand"};

}  // namespace

void QueueMeters::Count(size_t given, const absl::StatusOr<std::vector<WorkVerdict>>& said) const {
  batch_size.Observe(static_cast<double>(given));
  if (!said.ok()) return failed.Add(given);
  for (const WorkVerdict& verdict : *said) verdicts[verdict.kind].Add();
}

QueueMeters QueueMetersOf(metrics::Metrics& metrics, absl::string_view queue) {
  QueueMeters meters{metrics.MakeHistogram(metrics::kQueueBatchSize, {queue}),
                     metrics.MakeGauge(metrics::kQueueInMemory, {queue}),
                     metrics.MakeCounter(metrics::kQueuePauses, {queue}),
                     metrics.MakeCounter(metrics::kQueueItems, {queue, "failed"}),
                     {}};
  for (size_t i = 0; i < kOutcomes.size(); ++i) {
    meters.verdicts[i] = metrics.MakeCounter(metrics::kQueueItems, {queue, kOutcomes[i]});
  }
  return meters;
}

}  // namespace tallystick
