#include "platform/transport/grpc_log.h"

#include <grpc/support/log.h>

#include <atomic>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "platform/process/log.h"

namespace tallystick::rpc {
namespace {

void TakeError(const char* message) {
  static std::atomic<int64_t> last_second = 0;
  static std::atomic<int64_t> left_out = 0;
  const int64_t second = absl::ToUnixSeconds(absl::Now());
  if (last_second.exchange(second) == second) {
    ++left_out;
    return;
  }
  log::Warn("grpc", {{"reason", message}, {"left_out_before", absl::StrCat(left_out.exchange(0))}});
}

}  // namespace

void RouteGrpcLog() {
  gpr_set_log_function([](gpr_log_func_args* line) {
    if (line->severity == GPR_LOG_SEVERITY_ERROR) {
      TakeError(line->message);
    } else {
      log::Debug("grpc", {{"reason", line->message}});
    }
  });
}

}  // namespace tallystick::rpc
