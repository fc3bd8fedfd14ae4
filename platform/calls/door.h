// The one way in: every call of a port, whatever its method. A call is looked at by its headers:
// where it goes, who makes it, whether there is room for it. Only then is its message read, within
// bounds, and handed to the method's handler; what that answers is sent. So nothing that a stranger
// sends is read, and what a handler needs not think of is done in one place.
#pragma once

#include <grpcpp/generic/async_generic_service.h>

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "platform/admission/gate.h"
#include "platform/calls/call_meters.h"
#include "platform/calls/method.h"
#include "platform/lang/mutex.h"
#include "platform/transport/connections.h"

namespace tallystick::rpc {

struct DoorOptions {
  int max_message_bytes = 4 * 1024 * 1024;
  // Messages and elements of lists in one request, at any depth: some more than the largest call
  // with orders has.
  size_t max_message_elements = 120'000;
};

// Thread-safe; never blocks, if the handlers do not. Must outlive the calls, and so the gRPC
// server; `gate`,
// `connections` and `metrics` must outlive it.
class Door final : public grpc::CallbackGenericService {
 public:
  // Without a gate, nobody comes in but to what is for anybody.
  Door(DoorOptions options, Gate* gate, Connections& connections,
       std::vector<ServiceTable> services, metrics::Metrics& metrics);

  const std::vector<ServiceTable>& services() const { return services_; }

  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override;

 private:
  struct Known {
    const Method& method;
    const MethodMeters meters;
  };
  class Served;
  class Refused;
  // Makes room for one more of those whose message is being read though nobody knows who sends it:
  // the one that has been at it for longest is refused when there are too many.
  void Admit(const std::shared_ptr<Served>& stranger) ABSL_LOCKS_EXCLUDED(strangers_mutex_);
  absl::StatusOr<Admission> Admit(const grpc::CallbackServerContext& context, const Access& access);

  const DoorOptions options_;
  Gate* const gate_;
  Connections& connections_;
  const std::vector<ServiceTable> services_;
  std::unordered_map<std::string, Known> methods_;  // by "/package.Service/Method"
  const MethodMeters unknown_method_;
  const RefusalMeters refusals_;
  Mutex strangers_mutex_;
  std::deque<std::weak_ptr<Served>> strangers_ ABSL_GUARDED_BY(strangers_mutex_);
};

}  // namespace tallystick::rpc
