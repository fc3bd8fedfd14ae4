#include "services/delivery/workflow/delivery_workflow.h"

#include <algorithm>
#include <optional>
#include <variant>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "platform/error/error.h"
#include "platform/postgres/working_set.h"
#include "platform/relay/waiting_list.h"
#include "platform/runtime/overloaded.h"
#include "services/delivery/store/delivery_store.h"

namespace tallystick::delivery {
namespace {

using DeliverySet = postgres::WorkingSet<Delivery, DeliveryCodec>;

constexpr int64_t kBookingNumber = 0;

int64_t NumberOf(absl::string_view id) {
  const bool is_return = absl::ConsumePrefix(&id, "R");
  int64_t number = 0;
  (void)absl::SimpleAtoi(id, &number);
  return is_return ? kReturnNumbers + number : number;
}
bool IsReturn(const WorkItem& item) { return item.number > kReturnNumbers; }
std::string ShipmentIdOf(const WorkItem& item) { return absl::StrCat(item.number); }
std::string ReturnIdOf(const WorkItem& item) {
  return absl::StrCat("R", item.number - kReturnNumbers);
}

WorkItem StepItem(const Uuid& trading_id, const std::string& id, absl::Duration delay) {
  return {trading_id, kCarrierQueue, NumberOf(id), delay};
}

void AppendWork(const Change& change, absl::Duration carrier_pace, std::vector<WorkItem>& work) {
  work.push_back(ReportItem(change.delivery));
  const Uuid& id = change.delivery.status.trading_id;
  if (change.book) work.push_back({id, kCarrierQueue, kBookingNumber, carrier_pace});
  for (const std::string& shipment_id : change.to_follow) {
    work.push_back(StepItem(id, shipment_id, carrier_pace));
  }
  for (const std::string& return_id : change.to_collect) {
    work.push_back(StepItem(id, return_id, carrier_pace));
  }
}

struct InstructionRules {
  using Aggregate = Delivery;
  using Codec = DeliveryCodec;
  using Message = DeliveryInstruction;

  absl::Time now;
  absl::Duration carrier_pace;

  static constexpr char kRpc[] = "DeliveryInstructions/ApplyInstructions";
  static std::string Subject(const Message&) { return "shopping"; }
  static const Uuid& TradingId(const Message& message) { return message.trading_id; }
  static int64_t Number(const Message& message) { return message.sequence; }
  static int64_t LastApplied(const Delivery* delivery, const Message&) {
    return delivery == nullptr ? 0 : delivery->status.instructions_applied;
  }
  absl::StatusOr<Delivery> Apply(const Delivery* delivery, const Message& message,
                                 std::vector<WorkItem>& work) const {
    absl::StatusOr<Change> change = delivery::Apply(delivery, message, now);
    if (!change.ok()) return change.status();
    AppendWork(*change, carrier_pace, work);
    return std::move(change->delivery);
  }
  static std::string RefusalOf(const Delivery& delivery, const Message& message) {
    return tallystick::RefusalOf(delivery.refused, message.sequence);
  }
  Delivery Skip(const Delivery& delivery, const Message& message, absl::string_view reason,
                std::vector<WorkItem>& work) const {
    Delivery next = SkipInstruction(delivery, message.sequence, reason, now);
    work.push_back(ReportItem(next));
    return next;
  }
};

std::vector<Uuid> TradesOf(std::span<const WorkItem> items) {
  std::vector<Uuid> ids;
  for (const WorkItem& item : items) ids.push_back(item.trading_id);
  return ids;
}

absl::StatusOr<std::optional<Change>> ApplyByHand(const Delivery& delivery, const ByHand& by_hand,
                                                  absl::Time now) {
  using Result = absl::StatusOr<std::optional<Change>>;
  return std::visit(
      Overloaded{
          [&](const BookingByHand& record) -> Result {
            const BookingState wanted =
                record.booking.accepted ? BookingState::kAccepted : BookingState::kRefused;
            if (delivery.status.booking == wanted) return std::nullopt;
            auto change = RecordBooking(delivery, record.booking, now);
            if (change) return change;
            const std::string state = ToString(delivery.status.booking);
            return MakeError(absl::StatusCode::kFailedPrecondition, "NOT_POSSIBLE",
                             "the booking is decided already, or was canceled", {{"state", state}});
          },
          [&](const Dispatch& record) -> Result { return RecordDispatch(delivery, record, now); },
          [&](const ShipmentByHand& record) -> Result {
            return RecordByHand(delivery, record.shipment_id, record.progress, now);
          },
          [&](const ReturnByHand& record) -> Result {
            return RecordReturnByHand(delivery, record.return_id, record.progress, now);
          }},
      by_hand.what);
}

// The steps that need nobody any more.
std::vector<WorkItem> EndedSteps(const Delivery& delivery) {
  const DeliveryStatus& status = delivery.status;
  std::vector<WorkItem> ended;
  if (status.booking != BookingState::kPending || status.state == DeliveryState::kCanceled) {
    ended.push_back({status.trading_id, kCarrierQueue, kBookingNumber});
  }
  for (const Shipment& shipment : status.shipments) {
    if (!HasEnded(shipment)) continue;
    ended.push_back(StepItem(status.trading_id, shipment.shipment_id, {}));
  }
  for (const Return& goods_return : status.returns) {
    if (IsUnderWay(goods_return)) continue;
    ended.push_back(StepItem(status.trading_id, goods_return.return_id, {}));
  }
  return ended;
}

bool HasEnded(const Delivery& delivery, const WorkItem& item) {
  const std::vector<WorkItem> ended = EndedSteps(delivery);
  return std::any_of(ended.begin(), ended.end(), [&](const WorkItem& step) {
    return step.queue == item.queue && step.number == item.number;
  });
}

std::string GoodsWords(const std::vector<GoodsQuantity>& lines) {
  return absl::StrJoin(lines, ", ", [](std::string* out, const GoodsQuantity& goods) {
    absl::StrAppend(out, goods.quantity, " ", goods.sku);
  });
}

std::string Describe(const Delivery& delivery, const WorkItem& item) {
  if (item.queue != kCarrierQueue) return "";
  if (IsReturn(item)) {
    const Return* goods_return = FindReturn(delivery, ReturnIdOf(item));
    if (goods_return == nullptr) return "";
    return absl::StrCat("return ", goods_return->return_id, ", ", ToString(goods_return->state),
                        ": ", GoodsWords(goods_return->lines));
  }
  if (item.number == kBookingNumber) {
    return absl::StrCat("booking, ", ToString(delivery.status.booking));
  }
  const Shipment* shipment = FindShipment(delivery, ShipmentIdOf(item));
  if (shipment == nullptr) return "";
  return absl::StrCat("shipment ", shipment->shipment_id, ", ", ToString(shipment->state), ": ",
                      GoodsWords(shipment->lines));
}

std::string RpcOf(const ByHand& by_hand) {
  const char* method = std::visit(Overloaded{[](const BookingByHand&) { return "RecordBooking"; },
                                             [](const Dispatch&) { return "RecordDispatch"; },
                                             [](const ShipmentByHand&) { return "RecordShipment"; },
                                             [](const ReturnByHand&) { return "RecordReturn"; }},
                                  by_hand.what);
  return absl::StrCat("DeliveryOperations/", method);
}

}  // namespace

// What the carrier said; nothing when there was nothing to ask.
struct DeliveryWorkflow::Step {
  std::variant<std::monostate, Booking, Progress, ReturnProgress> answer;
  bool by_hand = false;
  // What a slow carrier has answered is written down while the items are still this replica's; the
  // others have to wait for another turn.
  bool reached = false;
};

DeliveryWorkflow::DeliveryWorkflow(WorkflowOptions options, const postgres::Database& database,
                                   Carrier& carrier, Clock clock, AfterCommit after_commit)
    : options_(options),
      table_(kDeliveriesTable),
      work_(options.work_lease),
      carrier_(carrier),
      clock_(std::move(clock)),
      after_commit_(std::move(after_commit)),
      instruction_session_({.database = database}),
      carrier_session_({.database = database}),
      person_session_({.database = database}) {}

std::vector<absl::StatusOr<ApplyAnswer>> DeliveryWorkflow::ApplyInstructions(
    std::span<const DeliveryInstruction> instructions) {
  auto committed = instruction_session_.Run([&](postgres::Transaction& transaction) {
    const absl::Time now = clock_();
    return ApplyNumbered(transaction, table_, work_, instructions,
                         InstructionRules{now, options_.carrier_pace});
  });
  if (!committed.ok()) return AllFailed<ApplyAnswer>(instructions.size(), committed.status());
  after_commit_(committed->work, committed->changed);
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
  const SteadyTime enough = SteadyAfter(options_.work_lease / 4);
  const auto take = [](auto answer, Step& step) {
    step.by_hand = !answer.has_value();
    if (answer) step.answer = *std::move(answer);
  };
  for (size_t i = 0; i < items.size() && (i == 0 || SteadyNow() < enough); ++i) {
    steps[i].reached = true;
    const std::optional<Delivery>& delivery = (*found)[i];
    if (!delivery) continue;
    if (IsReturn(items[i])) {
      const Return* goods_return = FindReturn(*delivery, ReturnIdOf(items[i]));
      if (goods_return == nullptr || !IsUnderWay(*goods_return)) continue;
      take(carrier_.FollowReturn(*delivery, *goods_return), steps[i]);
    } else if (items[i].number == kBookingNumber) {
      if (delivery->status.booking != BookingState::kPending ||
          delivery->status.state == DeliveryState::kCanceled) {
        continue;
      }
      take(carrier_.Book(*delivery), steps[i]);
    } else {
      const Shipment* shipment = FindShipment(*delivery, ShipmentIdOf(items[i]));
      if (shipment == nullptr || HasEnded(*shipment)) continue;
      take(carrier_.Follow(*delivery, *shipment), steps[i]);
    }
  }
  return steps;
}

absl::StatusOr<std::vector<WorkVerdict>> DeliveryWorkflow::RunCarrierSteps(
    std::span<const WorkItem> items) {
  const absl::StatusOr<std::vector<Step>> steps = AskCarrier(items);
  if (!steps.ok()) return steps.status();
  std::vector<WorkVerdict> verdicts;
  const auto committed = carrier_session_.Run([&](postgres::Transaction& transaction) {
    const absl::Time now = clock_();
    DeliverySet deliveries(table_, transaction, TradesOf(items));
    Committed<std::monostate> result;
    verdicts.assign(items.size(), WorkVerdict{});
    for (size_t i = 0; i < items.size(); ++i) {
      const Uuid& id = items[i].trading_id;
      const Delivery* delivery = deliveries.Find(id);
      if ((*steps)[i].by_hand) verdicts[i].kind = WorkVerdict::kByHand;
      if (!(*steps)[i].reached) verdicts[i].kind = WorkVerdict::kUntouched;
      std::optional<Change> change = std::visit(
          Overloaded{[](std::monostate) { return std::optional<Change>(); },
                     [&](const Booking& booking) { return RecordBooking(*delivery, booking, now); },
                     [&](const Progress& progress) {
                       return RecordProgress(*delivery, ShipmentIdOf(items[i]), progress, now);
                     },
                     [&](const ReturnProgress& progress) {
                       return RecordReturn(*delivery, ReturnIdOf(items[i]), progress, now);
                     }},
          (*steps)[i].answer);
      if (change) {
        AppendWork(*change, options_.carrier_pace, result.work);
        deliveries.Put(id, std::move(change->delivery));
        delivery = deliveries.Find(id);
      }
      // Shipments and returns are followed until they have ended.
      const bool follows = std::holds_alternative<Progress>((*steps)[i].answer) &&
                           !HasEnded(*FindShipment(*delivery, ShipmentIdOf(items[i])));
      const bool collects = std::holds_alternative<ReturnProgress>((*steps)[i].answer) &&
                            IsUnderWay(*FindReturn(*delivery, ReturnIdOf(items[i])));
      if (follows || collects) verdicts[i] = {WorkVerdict::kAgain, options_.carrier_pace};
    }
    SaveAll(transaction, deliveries, work_, result);
    return result;
  });
  if (!committed.ok()) return committed.status();
  after_commit_(committed->work, committed->changed);
  return verdicts;
}

absl::StatusOr<Recorded> DeliveryWorkflow::Record(const ByHand& by_hand) {
  const auto committed = person_session_.Run([&](postgres::Transaction& transaction) {
    const absl::Time now = clock_();
    const Uuid& id = by_hand.trading_id;
    Committed<Recorded> result;
    DeliverySet deliveries(table_, transaction, {id});
    const Delivery* delivery = deliveries.Find(id);
    absl::StatusOr<std::optional<Change>> change = TradeNotFound();
    if (delivery != nullptr) change = ApplyByHand(*delivery, by_hand, now);
    const bool changes = change.ok() && change->has_value();
    if (changes || !change.ok()) {
      result.audit.push_back(
          {id, now, by_hand.subject, RpcOf(by_hand), postgres::AuditResult(change.status())});
    }
    if (changes) {
      AppendWork(**change, options_.carrier_pace, result.work);
      deliveries.Put(id, std::move((*change)->delivery));
      delivery = deliveries.Find(id);
    }
    SaveAll(transaction, deliveries, work_, result);
    if (changes) work_.Delete(transaction, EndedSteps(*delivery));
    if (change.ok()) {
      Recorded recorded{delivery->status};
      if (const auto* dispatch = std::get_if<Dispatch>(&by_hand.what)) {
        recorded.shipment_id = DispatchedBy(*delivery, dispatch->request_id);
      }
      result.answers.emplace_back(std::move(recorded));
    } else {
      result.answers.emplace_back(change.status());
    }
    return result;
  });
  if (!committed.ok()) return committed.status();
  after_commit_(committed->work, committed->changed);
  return committed->answers.front();
}

absl::StatusOr<std::vector<WaitingStep>> DeliveryWorkflow::ListWaiting(const WorkItem& after,
                                                                       size_t limit) {
  return person_session_.Run([&](postgres::Transaction& transaction) {
    const auto look = [&](const std::vector<WorkItem>& items) {
      const DeliverySet trades(table_, transaction, TradesOf(items));
      std::vector<std::optional<WaitingStep>> shown;
      for (const WorkItem& item : items) {
        const Delivery* delivery = trades.Find(item.trading_id);
        if (delivery != nullptr && HasEnded(*delivery, item)) {
          shown.emplace_back();
        } else {
          shown.push_back(WaitingStep{item, delivery == nullptr ? "" : Describe(*delivery, item)});
        }
      }
      return shown;
    };
    return tallystick::ListWaiting<WaitingStep>(transaction, work_, after, limit, look);
  });
}

absl::StatusOr<ResolvedWork> DeliveryWorkflow::Resolve(const WorkResolution& resolution) {
  constexpr int16_t kMessages[] = {kReportQueue};
  return ResolveWork(person_session_, resolution, clock_(), "DeliveryOperations/ResolveWork",
                     kMessages);
}

}  // namespace tallystick::delivery
