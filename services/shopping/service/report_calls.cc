#include "services/shopping/service/report_calls.h"

#include "platform/calls/apply_calls.h"

namespace tallystick::shopping {
namespace {

// A report that its sender may not make is no matter of its neighbours.
absl::StatusOr<StatusReport> ReadReportOf(const rpc::Call& call, const v1::Report& proto) {
  absl::Status allowed;
  if (proto.has_payment()) allowed = call.admission().CheckPeer("payment");
  if (proto.has_delivery()) allowed = call.admission().CheckPeer("delivery");
  if (!allowed.ok()) return allowed;
  return wire::ReadReport("reports", proto);
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
