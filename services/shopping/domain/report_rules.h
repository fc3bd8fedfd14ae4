// What the reports of payment and delivery mean to the shop: the rules of their sequences. Pure.
#pragma once

#include <optional>
#include <string>

#include "platform/trade/report.h"
#include "services/shopping/domain/order.h"
#include "services/shopping/domain/shown.h"

namespace tallystick::shopping {

struct ReportRules {
  using Aggregate = Order;
  using Message = StatusReport;
  using Change = shopping::Change;

  static constexpr char kRpc[] = "ReportIntake/ApplyReports";
  static std::string Subject(const StatusReport& report) {
    return report.payment() != nullptr ? "payment" : "delivery";
  }
  static const Uuid& TradingId(const StatusReport& report) { return report.trading_id; }
  static int64_t Number(const StatusReport& report) { return report.header().revision; }
  static int64_t LastApplied(const Order* order, const StatusReport& report) {
    // Of a trade that the shop has lost, or never had, nothing took effect.
    if (order == nullptr) return Number(report) - 1;
    return Follows(*order, report) ? Number(report) - 1 : HeardBy(*order, report).revision;
  }
  static bool IsOutOfStep(const Order* order, const StatusReport& report) {
    if (order == nullptr) return true;
    const OrderStatus& status = order->status.order;
    if (report.header().contents_digest != status.contents_digest) return true;
    const int64_t heard = HeardBy(*order, report).revision;
    if (Number(report) < heard) return true;
    if (Number(report) == heard) return !IsHeard(*order, report);
    const int64_t told =
        report.payment() != nullptr ? status.payment_instructions : status.delivery_instructions;
    if (!Follows(*order, report) || report.instructions_applied() > told) return true;
    return report.delivery() != nullptr && !ShowsWhatWasTold(*order, *report.delivery());
  }
  static absl::StatusOr<Change> Apply(const Order* order, const StatusReport& report,
                                      absl::Time now) {
    return OnReport(*order, report, now);
  }
  // Reports are never refused.
  static std::string RefusalOf(const Order&, const StatusReport&) { return ""; }
  static std::optional<Change> Skip(const Order&, const StatusReport&, absl::string_view,
                                    absl::Time) {
    return std::nullopt;
  }

 private:
  // What was heard last of the sender, and whether that is this report.
  static RevisionMark HeardBy(const Order& order, const StatusReport& report) {
    return report.payment() != nullptr ? HeardOf(order.status.payment)
                                       : HeardOf(order.status.delivery);
  }
  static bool IsHeard(const Order& order, const StatusReport& report) {
    return report.payment() != nullptr ? order.status.payment == *report.payment()
                                       : order.status.delivery == *report.delivery();
  }
  // Whether it tells of a change to what was heard last.
  static bool Follows(const Order& order, const StatusReport& report) {
    const RevisionMark heard = HeardBy(order, report);
    if (report.previous) return *report.previous == heard && Number(report) > heard.revision;
    return Number(report) == heard.revision + 1;
  }
};

}  // namespace tallystick::shopping
