// Where payment and delivery report to the shop.
#pragma once

#include "platform/batch/batcher.h"
#include "platform/relay/apply.h"
#include "platform/rpc/gate.h"
#include "services/shopping/workflow/order_workflow.h"
#include "tallystick/v1/shopping.grpc.pb.h"

namespace tallystick::shopping {

using ReportBatcher = Batcher<Report, ApplyAnswer>;

class ReportIntakeImpl final : public v1::ReportIntake::CallbackService {
 public:
  ReportIntakeImpl(rpc::Gate& gate, ReportBatcher& reports) : gate_(gate), reports_(reports) {}

  grpc::ServerUnaryReactor* ApplyReports(grpc::CallbackServerContext* context,
                                         const v1::ApplyReportsRequest* request,
                                         v1::ApplyReportsResponse* response) override;

 private:
  rpc::Gate& gate_;
  ReportBatcher& reports_;
};

}  // namespace tallystick::shopping
