#include "services/delivery/workflow/delivery_workflow.h"

#include <optional>
#include <variant>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "platform/postgres/working_set.h"
#include "services/delivery/store/delivery_store.h"

namespace tallystick::delivery {
namespace {

using DeliverySet = postgres::WorkingSet<Delivery, DeliveryCodec>;

constexpr int64_t kBookingNumber = 0;

int64_t NumberOf(const std::string& shipment_id) {
  int64_t number = 0;
  (void)absl::SimpleAtoi(shipment_id, &number);
  return number;
}

void AppendWork(const Change& change, absl::Time carrier_time, std::vector<WorkItem>& work) {
  work.push_back(ReportItem(change.delivery));
  const Uuid& id = change.delivery.status.trading_id;
  if (change.book) work.push_back({id, kCarrierQueue, kBookingNumber, carrier_time});
  for (const std::string& shipment_id : change.to_follow) {
    work.push_back({id, kCarrierQueue, NumberOf(shipment_id), carrier_time});
  }
}

struct InstructionRules {
  using Aggregate = Delivery;
  using Codec = DeliveryCodec;
  using Message = DeliveryInstruction;

  absl::Time now;
  absl::Time carrier_time;

  static const Uuid& TradingId(const Message& message) { return message.trading_id; }
  static int64_t Number(const Message& message) { return message.sequence; }
  static int64_t LastApplied(const Delivery* delivery, const Message&) {
    return delivery == nullptr ? 0 : delivery->status.instructions_applied;
  }
  absl::StatusOr<Delivery> Apply(const Delivery* delivery, const Message& message,
                                 std::vector<WorkItem>& work) const {
    absl::StatusOr<Change> change = delivery::Apply(delivery, message, now);
    if (!change.ok()) return change.status();
    AppendWork(*change, carrier_time, work);
    return std::move(change->delivery);
  }
  Delivery Skip(const Delivery& delivery, const Message& message,
                std::vector<WorkItem>& work) const {
    Delivery next = SkipInstruction(delivery, message.sequence, now);
    work.push_back(ReportItem(next));
    return next;
  }
};

std::vector<Uuid> TradesOf(std::span<const WorkItem> items) {
  std::vector<Uuid> ids;
  for (const WorkItem& item : items) ids.push_back(item.trading_id);
  return ids;
}

}  // namespace

// What the carrier said; nothing when there was nothing to ask.
struct DeliveryWorkflow::Step {
  std::variant<std::monostate, BookingAnswer, Progress> answer;
};

DeliveryWorkflow::DeliveryWorkflow(WorkflowOptions options, const std::string& database_url,
                                   Carrier& carrier, Clock clock, HandOver hand_over)
    : options_(options),
      table_(kDeliveriesTable),
      work_(options.work_lease),
      carrier_(carrier),
      clock_(std::move(clock)),
      hand_over_(std::move(hand_over)),
      instruction_session_({.database_url = database_url}),
      carrier_session_({.database_url = database_url}) {}

std::vector<absl::StatusOr<ApplyAnswer>> DeliveryWorkflow::ApplyInstructions(
    std::span<const DeliveryInstruction> instructions) {
  auto committed = instruction_session_.Run([&](postgres::Transaction& transaction) {
    const absl::Time now = clock_();
    return ApplyNumbered(transaction, table_, work_, instructions,
                         InstructionRules{now, now + options_.carrier_pace});
  });
  if (!committed.ok()) return AllFailed<ApplyAnswer>(instructions.size(), committed.status());
  hand_over_(committed->work);
  return std::move(committed->answers);
}

absl::StatusOr<std::vector<DeliveryWorkflow::Step>> DeliveryWorkflow::AskCarrier(
    std::span<const WorkItem> items) {
  const auto found = carrier_session_.Run([&](postgres::Transaction& transaction) {
    const DeliverySet deliveries(table_, transaction, TradesOf(items));
    std::vector<std::optional<Delivery>> found;
    for (const WorkItem& item : items) {
      const Delivery* delivery = deliveries.Find(item.trading_id);
      found.push_back(delivery == nullptr ? std::nullopt : std::optional<Delivery>(*delivery));
    }
    return found;
  });
  if (!found.ok()) return found.status();
  std::vector<Step> steps(items.size());
  for (size_t i = 0; i < items.size(); ++i) {
    const std::optional<Delivery>& delivery = (*found)[i];
    if (!delivery) continue;
    if (items[i].number == kBookingNumber) {
      if (delivery->status.booking != BookingState::kPending ||
          delivery->status.state == DeliveryState::kCanceled) {
        continue;
      }
      steps[i].answer = carrier_.Book(*delivery);
    } else {
      const Shipment* shipment = FindShipment(*delivery, absl::StrCat(items[i].number));
      if (shipment == nullptr || HasEnded(*shipment)) continue;
      steps[i].answer = carrier_.Follow(*delivery, *shipment);
    }
  }
  return steps;
}

absl::StatusOr<std::vector<WorkVerdict>> DeliveryWorkflow::RunCarrierSteps(
    std::span<const WorkItem> items) {
  const absl::StatusOr<std::vector<Step>> steps = AskCarrier(items);
  if (!steps.ok()) return steps.status();
  std::vector<WorkVerdict> verdicts;
  const auto work = carrier_session_.Run([&](postgres::Transaction& transaction) {
    const absl::Time now = clock_();
    DeliverySet deliveries(table_, transaction, TradesOf(items));
    std::vector<WorkItem> caused;
    verdicts.assign(items.size(), WorkVerdict{});
    for (size_t i = 0; i < items.size(); ++i) {
      const Uuid& id = items[i].trading_id;
      const Delivery* delivery = deliveries.Find(id);
      const std::string shipment_id = absl::StrCat(items[i].number);
      std::optional<Change> change;
      if (const auto* booking = std::get_if<BookingAnswer>(&(*steps)[i].answer)) {
        change = RecordBooking(*delivery, booking->accepted, booking->reason, now);
      } else if (const auto* progress = std::get_if<Progress>(&(*steps)[i].answer)) {
        change = RecordProgress(*delivery, shipment_id, *progress, now);
      }
      if (change) {
        AppendWork(*change, now + options_.carrier_pace, caused);
        deliveries.Put(id, std::move(change->delivery));
      }
      // A shipment is followed until it has ended.
      if (std::holds_alternative<Progress>((*steps)[i].answer) &&
          !HasEnded(*FindShipment(*deliveries.Find(id), shipment_id))) {
        verdicts[i] = {WorkVerdict::kAgain, now + options_.carrier_pace};
      }
    }
    deliveries.Save();
    work_.Insert(transaction, caused);
    return caused;
  });
  if (!work.ok()) return work.status();
  hand_over_(*work);
  return verdicts;
}

}  // namespace tallystick::delivery
