// Whether a server is alive: asked by whoever looks after it, answered without a token.
#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <memory>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "grpc/health/v1/health.grpc.pb.h"

namespace tallystick::rpc {

class HealthService final : public grpc::health::v1::Health::CallbackService {
 public:
  // `services` are the full names of the port's services.
  explicit HealthService(std::set<std::string> services) : services_(std::move(services)) {}

  // Whether the server can do what it is asked for.
  void SetReady(bool ready) { ready_ = ready; }
  // For good: it takes no new calls.
  void StopServing() { stopped_ = true; }

  grpc::ServerUnaryReactor* Check(grpc::CallbackServerContext* context,
                                  const grpc::health::v1::HealthCheckRequest* request,
                                  grpc::health::v1::HealthCheckResponse* response) override;

 private:
  const std::set<std::string> services_;
  std::atomic<bool> ready_ = true;
  std::atomic<bool> stopped_ = false;
};

// Asks the server at `address` over a new connection; OK when it serves. 0.0.0.0 and [::] are asked
// on loopback.
absl::Status CheckHealth(const std::string& address,
                         const std::shared_ptr<grpc::ChannelCredentials>& credentials,
                         absl::Duration timeout);

}  // namespace tallystick::rpc
