// Carries the reports of payment and delivery to the shop.
#pragma once

#include <memory>
#include <string>

#include "platform/calls/message_sender.h"
#include "tallystick/v1/shopping.grpc.pb.h"

namespace tallystick::rpc {

inline QueueWorker::Handle ReportSender(const Peer& shopping) {
  std::shared_ptr<v1::ReportIntake::Stub> stub = v1::ReportIntake::NewStub(shopping.channel);
  return MessageSender<v1::ApplyReportsRequest, v1::ApplyReportsResponse, v1::Report>(
      [](v1::ApplyReportsRequest& request) { return request.add_reports(); },
      [stub](grpc::ClientContext* context, const v1::ApplyReportsRequest& request,
             v1::ApplyReportsResponse* response) {
        return stub->ApplyReports(context, request, response);
      },
      shopping.timeout);
}

}  // namespace tallystick::rpc
