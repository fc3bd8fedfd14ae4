#include "platform/rpc/grpc_log.h"

#include <grpc/support/log.h>

#include "platform/runtime/log.h"

namespace tallystick::rpc {

void RouteGrpcLog() {
  gpr_set_log_function([](gpr_log_func_args* line) {
    log::Debug("grpc", {{"reason", line->message}});
  });
}

}  // namespace tallystick::rpc
