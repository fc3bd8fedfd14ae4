// The steps of the carrier: what each of them is about, by its number in the queue, and what
// becomes of a delivery by what the carrier says. Pure.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "services/delivery/domain/delivery.h"
#include "services/delivery/store/delivery_store.h"
#include "services/delivery/workflow/carrier.h"

namespace tallystick::delivery {

// The work of following a shipment ("3") or a return ("R3"), or of booking.
WorkItem StepItem(const Uuid& trading_id, absl::string_view id, absl::Duration delay);
WorkItem BookingItem(const Uuid& trading_id, absl::Duration delay);

// What the carrier said; nothing when there was nothing to ask.
struct CarrierStep {
  bool reached = false;  // it was asked, or there was nothing to ask
  bool by_hand = false;  // it leaves it to a person
  std::variant<std::monostate, Booking, Progress, ReturnProgress> answer;
};

// Asks the carrier about one step; may block.
CarrierStep AskCarrier(Carrier& carrier, const Delivery* delivery, const WorkItem& item);

// What the answer changes; nullopt when nothing.
std::optional<Change> ChangeBy(const CarrierStep& step, const Delivery& delivery,
                               const WorkItem& item, absl::Time now);

// Whether the step is to be asked about again: shipments and returns are followed until they have
// ended.
bool GoesOn(const CarrierStep& step, const Delivery& delivery, const WorkItem& item);

// The steps that need nobody any more.
std::vector<WorkItem> EndedSteps(const Delivery& delivery);

// A waiting item in words, with its delivery or null; nullopt for what needs nobody any more.
std::optional<std::string> DescribeWaiting(const Delivery* delivery, const WorkItem& item);

}  // namespace tallystick::delivery
