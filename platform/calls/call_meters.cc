#include "platform/calls/call_meters.h"

#include "absl/strings/str_cat.h"
#include "platform/error/error.h"
#include "platform/ids/trace.h"
#include "platform/process/log.h"

namespace tallystick::rpc {
namespace {

constexpr std::array<const char*, MethodMeters::kCodes> kCodeNames{
    "OK",       "Canceled",       "Unknown",          "InvalidArgument",   "DeadlineExceeded",
    "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
    "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
    "DataLoss", "Unauthenticated"};

// Those of the gate, the door and the queues behind it. What a workflow refuses by its rules is an
// answer like another.
constexpr const char* kRefusals[] = {
    "TOKEN_MISSING",     "TOKEN_TWICE",         "TOKEN_INVALID",     "TOKEN_EXPIRED",
    "TOKEN_NOT_FOR_US",  "TOKEN_NOT_YET_VALID", "TOKEN_REVOKED",     "OPERATOR_ONLY",
    "PEER_ONLY",         "METHOD_UNKNOWN",      "MALFORMED_MESSAGE", "MESSAGE_TOO_LARGE",
    "TOO_MANY_ELEMENTS", "SERVER_FULL",         "TOO_MANY_CALLS",    "RATE_LIMITED",
    "QUEUE_FULL",        "ANSWERS_UNREAD",      "TOO_MANY_WATCHES",  "TOO_MANY_SNAPSHOTS"};

MethodMeters MetersOf(metrics::Metrics& metrics, absl::string_view type, absl::string_view service,
                      absl::string_view method) {
  MethodMeters meters;
  meters.started = metrics.MakeCounter(metrics::kCallsStarted, {type, service, method});
  meters.seconds = metrics.MakeHistogram(metrics::kCallSeconds, {type, service, method});
  for (size_t code = 0; code < MethodMeters::kCodes; ++code) {
    meters.handled[code] =
        metrics.MakeCounter(metrics::kCallsHandled, {type, service, method, kCodeNames[code]});
  }
  return meters;
}

}  // namespace

MethodMeters MethodMetersOf(metrics::Metrics& metrics, absl::string_view service,
                            const Method& method) {
  return MetersOf(metrics, method.watch ? "server_stream" : "unary", service, method.name);
}

MethodMeters UnknownMethodMeters(metrics::Metrics& metrics) {
  return MetersOf(metrics, "unary", "unknown", "unknown");
}

RefusalMeters::RefusalMeters(metrics::Metrics& metrics) {
  if (!metrics.on()) return;
  for (const char* reason : kRefusals) {
    by_reason_.emplace(reason, metrics.MakeCounter(metrics::kCallsRefused, {reason}));
  }
}

void RefusalMeters::Count(const absl::Status& status) const {
  if (status.ok() || by_reason_.empty()) return;
  const auto found = by_reason_.find(GetErrorDetail(status).reason);
  if (found != by_reason_.end()) found->second.Add();
}

void CallMeter::End(const absl::Status& status, absl::string_view caller) const {
  method_.handled[static_cast<size_t>(status.code())].Add();
  method_.seconds.ObserveSince(begin_);
  refusals_.Count(status);
  if (!log::LogsAccess()) return;
  log::Access("call", {{"rpc", rpc_},
                       {"caller", caller},
                       {"code", absl::StatusCodeToString(status.code())},
                       {"reason", GetErrorDetail(status).reason},
                       {"ms", absl::StrCat(absl::ToInt64Milliseconds(-Until(begin_)))},
                       {"trace_id", TraceIdOf(traceparent_)}});
}

}  // namespace tallystick::rpc
