#include "services/shopping/service/report_intake.h"

#include "platform/rpc/apply_calls.h"

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

}  // namespace

grpc::ServerUnaryReactor* ReportIntakeImpl::ApplyReports(grpc::CallbackServerContext* context,
                                                         const v1::ApplyReportsRequest* request,
                                                         v1::ApplyReportsResponse* response) {
  absl::StatusOr<rpc::Admission> call = gate_.AdmitPeer(*context, {"payment", "delivery"});
  if (!call.ok()) return rpc::Finish(context, call.status());
  // A report that its sender may not make is no matter of its neighbours.
  const auto read = [as_payment = gate_.CheckPeer(*call, "payment"),
                     as_delivery = gate_.CheckPeer(*call, "delivery")](
                        const v1::Report& report) -> absl::StatusOr<Report> {
    if (report.has_payment() && !as_payment.ok()) return as_payment;
    if (report.has_delivery() && !as_delivery.ok()) return as_delivery;
    return ReadReport(report);
  };
  return rpc::ApplyMessages(context, *std::move(call), reports_, "reports", request->reports(),
                            read, response);
}

}  // namespace tallystick::shopping
