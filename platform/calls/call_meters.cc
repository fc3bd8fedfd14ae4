#include "platform/calls/call_meters.h"

#include "absl/strings/str_cat.h"
#include "platform/error/error.h"
#include "platform/ids/trace.h"
#include "platform/process/log.h"

namespace tallystick::rpc {
namespace {

constexpr std::array<const char*, kCodes> kCodeNames{
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
  for (size_t code = 0; code < kCodes; ++code) {
    meters.handled[code] =
        metrics.MakeCounter(metrics::kCallsHandled, {type, service, method, kCodeNames[code]});
  }
  return meters;
}

}  // namespace

MethodMeters MethodMetersOf(metrics::Metrics& metrics, absl::string_view service,
                            const Method& method) {
  MethodMeters meters =
      MetersOf(metrics, method.watch ? "server_stream" : "unary", service, method.name);
  for (size_t code = 0; method.has_items && code < kCodes; ++code) {
    meters.items[code] =
        metrics.MakeCounter(metrics::kItems, {service, method.name, kCodeNames[code]});
  }
  return meters;
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

void CallMeter::End(const absl::Status& status, absl::string_view caller,
                    const ItemOutcomes& items) const {
  method_.handled[static_cast<size_t>(status.code())].Add();
  for (size_t code = 0; code < kCodes; ++code) {
    if (items.counts()[code] > 0) method_.items[code].Add(items.counts()[code]);
  }
  method_.seconds.ObserveSince(begin_);
  refusals_.Count(status);
  if (!log::LogsAccess()) return;
  const std::string code = absl::StatusCodeToString(status.code());
  const std::string reason = GetErrorDetail(status).reason;
  const std::string ms = absl::StrCat(absl::ToInt64Milliseconds(-Until(begin_)));
  const std::string trace_id = TraceIdOf(traceparent_);
  std::vector<log::Field> fields{{"rpc", rpc_},      {"caller", caller}, {"code", code},
                                 {"reason", reason}, {"ms", ms},         {"trace_id", trace_id}};
  const std::string all = absl::StrCat(items.all());
  const std::string failed = absl::StrCat(items.failed());
  const std::string worst = absl::StatusCodeToString(items.worst());
  if (items.all() > 0) {
    fields.insert(fields.end(), {{"items", all}, {"failed", failed}, {"worst", worst}});
  }
  log::Access("call", fields);
}

}  // namespace tallystick::rpc
