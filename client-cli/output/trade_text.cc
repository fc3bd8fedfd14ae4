#include "client-cli/output/trade_text.h"

#include "absl/strings/str_cat.h"
#include "platform/trade/rollup.h"

namespace tallystick {
namespace {

std::string DeliveredWords(const LedgerTrade& trade) {
  int64_t ordered = 0;
  int64_t delivered = 0;
  for (const DeliveryLine& line : trade.delivery->lines) {
    ordered += line.ordered;
    delivered += line.delivered;
  }
  return absl::StrCat(delivered, " of ", ordered, " pieces");
}

std::string PaidWords(const PaymentStatus& payment) {
  return absl::StrCat(FormatMoney({payment.currency, payment.captured - payment.refunded}), " of ",
                      FormatMoney({payment.currency, payment.due}));
}

}  // namespace

std::string LocalTime(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d %H:%M", time, absl::LocalTimeZone());
}

std::string ScheduleWords(const Schedule& schedule, const std::string& done) {
  if (schedule.completed) return absl::StrCat(done, " ", LocalTime(*schedule.completed));
  if (schedule.scheduled) return absl::StrCat("planned ", LocalTime(*schedule.scheduled));
  return "-";
}

std::string StatusText(const Screen& screen, const LedgerTrade& trade) {
  Table table({{"SERVICE"}, {"STATE"}, {"HOW FAR", false, true}, {"WHEN", false, true}});
  if (trade.order) {
    table.Add({"shopping", ToString(trade.order->state), trade.order->reason,
               absl::StrCat("ordered ", LocalTime(trade.order->create_time))});
  } else {
    table.Add({"shopping", "-", "not heard of yet", "-"});
  }
  if (trade.payment) {
    table.Add({"payment", ToString(trade.payment->state), PaidWords(*trade.payment),
               ScheduleWords(trade.payment->schedule, "paid")});
  } else {
    table.Add({"payment", "-", "not heard of yet", "-"});
  }
  if (trade.delivery) {
    table.Add({"delivery", ToString(trade.delivery->state), DeliveredWords(trade),
               ScheduleWords(trade.delivery->schedule, "delivered")});
  } else {
    table.Add({"delivery", "-", "not heard of yet", "-"});
  }
  return table.Render(screen.width());
}

std::string WarningText(const Screen& screen, const std::vector<Warning>& warnings) {
  std::string text;
  for (const Warning& warning : warnings) {
    absl::StrAppend(&text, screen.Paint(absl::StrCat("! ", warning.rule), Color::kBad), "  ",
                    Printable(warning.sentence), "\n");
    for (const auto& [name, value] : warning.evidence) {
      absl::StrAppend(&text, "    ", Printable(name), ": ", Printable(value), "\n");
    }
  }
  return text;
}

bool IsDelivered(const LedgerTrade& trade) { return trade.order && IsFullyDelivered(*trade.order); }

bool IsPaid(const LedgerTrade& trade) { return trade.payment && IsSettled(*trade.payment); }

int64_t OwedOn(const LedgerTrade& trade) {
  if (trade.payment) return Owed(*trade.payment);
  if (trade.placement == Placement::kPlaced) return trade.information->contents.total;
  return 0;
}

}  // namespace tallystick
