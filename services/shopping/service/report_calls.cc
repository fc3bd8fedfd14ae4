#include "services/shopping/service/report_calls.h"

#include "platform/calls/apply_calls.h"
#include "platform/wire/convert.h"

namespace tallystick::shopping {
namespace {

absl::StatusOr<Report> ReadReport(const v1::Report& proto) {
  switch (proto.report_case()) {
    case v1::Report::kPayment: {
      const auto id =
          wire::ReadTradingId("reports.payment.trading_id", proto.payment().trading_id());
      if (!id.ok()) return id.status();
      return Report{*id, wire::FromProto(proto.payment())};
    }
    case v1::Report::kDelivery: {
      const auto id =
          wire::ReadTradingId("reports.delivery.trading_id", proto.delivery().trading_id());
      if (!id.ok()) return id.status();
      return Report{*id, wire::FromProto(proto.delivery())};
    }
    default: return InvalidField("reports", "neither of payment nor of delivery");
  }
}

// A report that its sender may not make is no matter of its neighbours.
absl::StatusOr<Report> ReadReportOf(const rpc::Call& call, const v1::Report& proto) {
  absl::Status allowed;
  if (proto.has_payment()) allowed = call.admission().CheckPeer("payment");
  if (proto.has_delivery()) allowed = call.admission().CheckPeer("delivery");
  if (!allowed.ok()) return allowed;
  return ReadReport(proto);
}

}  // namespace

rpc::ServiceTable ReportCalls(ReportBatcher& reports) {
  rpc::ServiceTable table("tallystick.v1.ReportIntake");
  rpc::AddApply<v1::ApplyReportsRequest, v1::ApplyReportsResponse>(
      table, "ApplyReports", rpc::ForPeers({"payment", "delivery"}), "reports", reports,
      [](const v1::ApplyReportsRequest& request) -> const auto& { return request.reports(); },
      ReadReportOf);
  return table;
}

}  // namespace tallystick::shopping
