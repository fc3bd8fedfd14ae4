#include "client-cli/output/trade_text.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "platform/trade/rollup.h"

namespace tallystick {
namespace {

// What each side has come to, and when.
std::string HowFar(const OrderStatus& order) { return order.reason; }
std::string When(const OrderStatus& order) {
  return absl::StrCat("ordered ", LocalTime(order.create_time));
}

std::string HowFar(const PaymentStatus& payment) {
  const int64_t paid = SaturatedSubtract(payment.captured, payment.refunded);
  return absl::StrCat(FormatMoney({payment.currency, paid}), " of ",
                      FormatMoney({payment.currency, payment.due}));
}
std::string When(const PaymentStatus& payment) { return ScheduleWords(payment.schedule, "paid"); }

std::string HowFar(const DeliveryStatus& delivery) {
  int64_t ordered = 0;
  int64_t delivered = 0;
  int64_t returned = 0;
  for (const DeliveryLine& line : delivery.lines) {
    ordered = SaturatedAdd(ordered, line.ordered);
    delivered = SaturatedAdd(delivered, line.delivered);
    returned = SaturatedAdd(returned, line.returned);
  }
  return absl::StrCat(delivered, " of ", ordered, " pieces",
                      returned > 0 ? absl::StrCat(", ", returned, " returned") : "");
}

std::string When(const DeliveryStatus& delivery) {
  return ScheduleWords(delivery.schedule, "delivered");
}

// The times that a rule names, as the rest of the screen shows them.
std::string WithLocalTimes(const std::string& text) {
  constexpr size_t kLeast = sizeof("2026-11-22T18:00:00Z") - 1;
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('Z', at);
    const size_t start = end == std::string::npos ? end : text.find_last_of(" ;", end);
    const size_t begin = start == std::string::npos || start < at ? at : start + 1;
    absl::Time time;
    if (end != std::string::npos && end - begin + 1 >= kLeast &&
        absl::ParseTime(absl::RFC3339_full, text.substr(begin, end - begin + 1), &time, nullptr)) {
      absl::StrAppend(&out, text.substr(at, begin - at), PreciseTime(time));
      at = end + 1;
    } else if (end == std::string::npos) {
      absl::StrAppend(&out, text.substr(at));
      break;
    } else {
      absl::StrAppend(&out, text.substr(at, end - at + 1));
      at = end + 1;
    }
  }
  return out;
}

}  // namespace

std::string ScheduleWords(const Schedule& schedule, const std::string& done) {
  if (schedule.completed) return absl::StrCat(done, " ", LocalTime(*schedule.completed));
  if (schedule.scheduled) return absl::StrCat("planned ", LocalTime(*schedule.scheduled));
  return "-";
}

std::string StatusText(const Screen& screen, const LedgerTrade& trade, const RowNotes& notes) {
  Table table({{"SERVICE"}, {"STATE"}, {"HOW FAR", false, true}, {"WHEN", false, true}});
  const auto add = [&](Side side, const auto& status) {
    const std::string& note = notes[side];
    if (status) {
      table.Add({ServiceOf(side), absl::StrCat(note.empty() ? "" : "? ", ToString(status->state)),
                 HowFar(*status), note.empty() ? When(*status) : note});
    } else {
      table.Add({ServiceOf(side), note.empty() ? "-" : "?",
                 note.empty() ? "not heard of yet" : note, "-"});
    }
  };
  ForEachSide(add, trade);
  return table.Render(screen.width());
}

std::string DetailText(const Screen& screen, const LedgerTrade& trade) {
  std::string text;
  if (trade.delivery &&
      (trade.delivery->shipments.size() > 1 || trade.delivery->state == DeliveryState::kFailed)) {
    Table table({{"SHIPMENT"},
                 {"STATE"},
                 {"GOODS", false, true},
                 {"CARRIER", false, true},
                 {"TRACKING", false, true},
                 {"WHEN", false, true}});
    for (const Shipment& shipment : trade.delivery->shipments) {
      table.Add({shipment.shipment_id, ToString(shipment.state), GoodsText(shipment.lines),
                 shipment.carrier, shipment.tracking_number,
                 shipment.reason.empty() ? ScheduleWords(shipment.schedule, "delivered")
                                         : shipment.reason});
    }
    absl::StrAppend(&text, "\n", table.Render(screen.width()));
  }
  if (trade.payment && !trade.payment->planned_captures.empty()) {
    Table table({{"PLANNED PAYMENT", true}, {"FOR SHIPMENT"}, {"WHEN", false, true}});
    for (const PlannedCapture& planned : trade.payment->planned_captures) {
      table.Add({FormatMoney({trade.payment->currency, planned.amount}), planned.shipment_id,
                 LocalTime(planned.scheduled_time)});
    }
    absl::StrAppend(&text, "\n", table.Render(screen.width()));
  }
  if (trade.payment) {
    Table table({{"FAILED"}, {"AMOUNT", true}, {"FOR SHIPMENT"}, {"REASON", false, true}});
    for (const PaymentTransaction& transaction : trade.payment->transactions) {
      if (transaction.state != TransactionState::kFailed ||
          WasRetried(*trade.payment, transaction.number)) {
        continue;
      }
      table.Add({ToString(transaction.type),
                 FormatMoney({trade.payment->currency, transaction.amount}),
                 transaction.shipment_id.empty() ? "-" : transaction.shipment_id,
                 transaction.failure_reason});
    }
    if (!table.empty()) absl::StrAppend(&text, "\n", table.Render(screen.width()));
  }
  if (trade.order && !trade.order->returns.empty()) {
    Table table(
        {{"RETURN"}, {"STATE"}, {"GOODS", false, true}, {"AMOUNT", true}, {"REASON", false, true}});
    for (const Return& goods_return : trade.order->returns) {
      const std::string& rejected = goods_return.rejection_reason;
      table.Add(
          {goods_return.return_id, ToString(goods_return.state), GoodsText(goods_return.lines),
           IsBack(goods_return) ? FormatMoney({trade.order->currency, goods_return.amount}) : "",
           rejected.empty() ? goods_return.reason : rejected});
    }
    absl::StrAppend(&text, "\n", table.Render(screen.width()));
  }
  if (trade.order && !trade.order->adjustments.empty()) {
    Table table({{"TAKEN OFF", true}, {"FOR"}, {"WHAT"}, {"WHEN", false, true}});
    for (const DueAdjustment& adjustment : trade.order->adjustments) {
      table.Add({FormatMoney({trade.order->currency, adjustment.amount}), ToString(adjustment.type),
                 adjustment.reference_id, LocalTime(adjustment.create_time)});
    }
    absl::StrAppend(&text, "\n", table.Render(screen.width()));
  }
  return text;
}

namespace {

std::string BlockOf(const Screen& screen, const Warning& warning, bool acknowledged) {
  constexpr int kBelow = 4;
  const std::string title = absl::StrCat("! ", warning.rule, "  ");
  const int beside = static_cast<int>(title.size());
  const bool narrow = screen.width() > 0 && beside > screen.width() / 3;
  const std::string words =
      Wrapped(absl::StrCat(Printable(warning.sentence), acknowledged ? " (acknowledged)" : ""),
              screen.width(), narrow ? kBelow : beside);
  std::string text = absl::StrCat(screen.Paint(title, acknowledged ? Color::kFaint : Color::kBad),
                                  narrow ? "\n" + words : words.substr(title.size()));
  for (const auto& [name, value] : warning.evidence) {
    absl::StrAppend(&text,
                    Wrapped(absl::StrCat(Printable(name), ": ", Printable(WithLocalTimes(value))),
                            screen.width(), 4));
  }
  return text;
}

}  // namespace

std::string WarningText(const Screen& screen, const std::vector<Warning>& warnings,
                        const std::vector<bool>& acknowledged) {
  std::string text;
  for (size_t i = 0; i < warnings.size(); ++i) {
    absl::StrAppend(&text,
                    BlockOf(screen, warnings[i], i < acknowledged.size() && acknowledged[i]));
  }
  return text;
}

std::string FirstWarningText(const Screen& screen, const std::vector<Warning>& warnings,
                             const std::vector<bool>& acknowledged,
                             const std::vector<int64_t>& numbers) {
  const auto is_known = [&](size_t i) { return i < acknowledged.size() && acknowledged[i]; };
  const auto number = [&](size_t i) { return i < numbers.size() ? numbers[i] : 0; };
  size_t first = 0;
  while (first < warnings.size() && is_known(first)) ++first;
  std::string text;
  std::string others;
  for (size_t i = 0; i < warnings.size(); ++i) {
    if (i == first) {
      absl::StrAppend(&text, BlockOf(screen, warnings[i], false));
      if (number(i) == 0) continue;
      absl::StrAppend(&text, "    when it is dealt with: tally warnings ack ", number(i), "\n");
      continue;
    }
    absl::StrAppend(&others, others.empty() ? "" : "  ",
                    number(i) > 0 ? absl::StrCat("[", number(i), "] ") : "", warnings[i].rule,
                    is_known(i) ? " (acknowledged)" : "");
  }
  if (others.empty()) return text;
  return absl::StrCat(
      text, Wrapped(absl::StrCat("! ", warnings.size() - (first < warnings.size() ? 1 : 0),
                                 text.empty() ? "" : " more", ": ", others,
                                 "; --explain shows what they are about"),
                    screen.width(), 0));
}

}  // namespace tallystick
