#include "services/delivery/workflow/counted_carrier.h"

namespace tallystick::delivery {
namespace {

template <typename Meters, typename Call>
auto Counted(const Meters& meters, Call call) {
  const metrics::Timer timer(meters.seconds);
  auto answer = call();
  (answer ? meters.answered : meters.by_hand).Add();
  return answer;
}

}  // namespace

CountedCarrier::CountedCarrier(Carrier& carrier, metrics::Metrics& metrics)
    : carrier_(carrier),
      book_(MetersOf(metrics, "book")),
      follow_(MetersOf(metrics, "follow")),
      follow_return_(MetersOf(metrics, "follow_return")) {}

CountedCarrier::Meters CountedCarrier::MetersOf(metrics::Metrics& metrics, absl::string_view call) {
  return {metrics.MakeHistogram(metrics::kCarrierSeconds, {call}),
          metrics.MakeCounter(metrics::kCarrierCalls, {call, "answered"}),
          metrics.MakeCounter(metrics::kCarrierCalls, {call, "by_hand"})};
}

std::optional<Booking> CountedCarrier::Book(const Delivery& delivery) {
  return Counted(book_, [&] { return carrier_.Book(delivery); });
}

std::optional<Progress> CountedCarrier::Follow(const Delivery& delivery, const Shipment& shipment) {
  return Counted(follow_, [&] { return carrier_.Follow(delivery, shipment); });
}

std::optional<ReturnProgress> CountedCarrier::FollowReturn(const Delivery& delivery,
                                                           const Return& goods_return) {
  return Counted(follow_return_, [&] { return carrier_.FollowReturn(delivery, goods_return); });
}

}  // namespace tallystick::delivery
