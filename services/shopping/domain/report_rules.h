// What the reports of payment and delivery mean to the shop: the rules of their sequences. Pure.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "services/shopping/domain/order.h"

namespace tallystick::shopping {

// Payment's or delivery's whole status; its number is the status' revision.
struct Report {
  Uuid trading_id;
  std::variant<PaymentStatus, DeliveryStatus> status;

  const PaymentStatus* payment() const { return std::get_if<PaymentStatus>(&status); }
};

struct ReportRules {
  using Aggregate = Order;
  using Message = Report;
  using Change = shopping::Change;

  static constexpr char kRpc[] = "ReportIntake/ApplyReports";
  static std::string Subject(const Report& report) {
    return report.payment() != nullptr ? "payment" : "delivery";
  }
  static const Uuid& TradingId(const Report& report) { return report.trading_id; }
  static int64_t Number(const Report& report) {
    return std::visit([](const StatusHeader& status) { return status.revision; }, report.status);
  }
  static int64_t LastApplied(const Order* order, const Report& report) {
    // A trade that the shop has lost, or never had, gets no report right, whatever its number.
    if (order == nullptr) return Number(report) - 1;
    return report.payment() != nullptr ? order->status.order.payment_revision
                                       : order->status.order.delivery_revision;
  }
  static absl::StatusOr<Change> Apply(const Order* order, const Report& report, absl::Time now) {
    if (order == nullptr) return absl::FailedPreconditionError("the shop knows no such trade");
    if (const PaymentStatus* payment = report.payment()) {
      return OnPaymentReport(*order, *payment, now);
    }
    return OnDeliveryReport(*order, std::get<DeliveryStatus>(report.status), now);
  }
  // Reports are refused only when there is no order, and then there is no number to use up.
  static std::string RefusalOf(const Order&, const Report&) { return ""; }
  static std::optional<Change> Skip(const Order&, const Report&, absl::string_view, absl::Time) {
    return std::nullopt;
  }
};

}  // namespace tallystick::shopping
