#include "platform/service/health.h"

#include "grpc/health/v1/health.pb.h"

namespace tallystick::rpc {

ServiceTable Health::Table() {
  using grpc::health::v1::HealthCheckRequest, grpc::health::v1::HealthCheckResponse;
  ServiceTable table("grpc.health.v1.Health");
  table.AddImmediate<HealthCheckRequest, HealthCheckResponse>(
      "Check", ForAnybody(),
      [this](Call&, const HealthCheckRequest& request, HealthCheckResponse& response) {
        if (!request.service().empty() && !services_.contains(request.service())) {
          return absl::NotFoundError("there is no such service here");
        }
        response.set_status(ready_ && !stopped_ ? HealthCheckResponse::SERVING
                                                : HealthCheckResponse::NOT_SERVING);
        return absl::OkStatus();
      });
  return table;
}

}  // namespace tallystick::rpc
