// What payment and delivery report, and what makes servers meet again; the rest of the conversions
// is in convert.cc.
#include "platform/error/error.h"
#include "platform/ids/trace.h"
#include "platform/lang/overloaded.h"
#include "platform/wire/convert.h"

namespace tallystick::wire {
namespace {

// More than any trade has: sums of such numbers are whole.
constexpr int64_t kMostRevisions = int64_t{1} << 40;

absl::Status CheckNumbers(absl::string_view field, int64_t revision, int64_t instructions) {
  const auto is_odd = [](int64_t number) { return number < 0 || number > kMostRevisions; };
  if (is_odd(revision)) return InvalidField(std::string(field) + ".revision", "is none");
  if (is_odd(instructions)) {
    return InvalidField(std::string(field) + ".instructions_applied", "is no number of those");
  }
  return absl::OkStatus();
}

}  // namespace

void PutPrevious(const RevisionMark& previous, v1::Report& proto) {
  proto.set_previous_revision(previous.revision);
  Put(previous.update_time, proto.mutable_previous_update_time());
}

v1::Report ToProto(const StatusReport& report) {
  v1::Report proto;
  std::visit(
      Overloaded{
          [&](const PaymentStatus& status) { *proto.mutable_payment() = ToProto(status); },
          [&](const DeliveryStatus& status) { *proto.mutable_delivery() = ToProto(status); }},
      report.status);
  if (report.previous) PutPrevious(*report.previous, proto);
  proto.set_keepsake(report.keepsake);
  proto.set_traceparent(report.traceparent);
  return proto;
}

absl::StatusOr<StatusReport> ReadReport(absl::string_view field, const v1::Report& proto) {
  StatusReport report;
  switch (proto.report_case()) {
    case v1::Report::kPayment: report.status = FromProto(proto.payment()); break;
    case v1::Report::kDelivery: report.status = FromProto(proto.delivery()); break;
    default: return InvalidField(field, "neither of payment nor of delivery");
  }
  if (!report.header().odd_trading_id.empty()) {
    return InvalidField(std::string(field) + ".trading_id", "give a trade's UUID");
  }
  const absl::Status numbers =
      CheckNumbers(field, report.header().revision, report.instructions_applied());
  if (!numbers.ok()) return numbers;
  report.trading_id = report.header().trading_id;
  if (proto.has_previous_update_time()) {
    report.previous = {proto.previous_revision(), TimeFrom(proto.previous_update_time())};
  }
  report.keepsake = proto.keepsake();
  if (IsTraceparent(proto.traceparent())) report.traceparent = proto.traceparent();
  return report;
}

v1::TradePosition ToProto(const TradePosition& position) {
  v1::TradePosition proto;
  proto.set_trading_id(position.trading_id.ToString());
  proto.set_revision(position.at.revision);
  if (position.at.revision > 0) Put(position.at.update_time, proto.mutable_update_time());
  proto.set_instructions_applied(position.instructions_applied);
  proto.set_contents_digest(position.contents_digest);
  return proto;
}

absl::StatusOr<TradePosition> ReadPosition(absl::string_view field,
                                           const v1::TradePosition& proto) {
  const auto id = ReadTradingId(std::string(field) + ".trading_id", proto.trading_id());
  absl::Status status = id.status();
  if (status.ok()) status = CheckNumbers(field, proto.revision(), proto.instructions_applied());
  if (!status.ok()) return status;
  TradePosition position{*id};
  if (proto.revision() > 0) position.at = {proto.revision(), TimeFrom(proto.update_time())};
  position.instructions_applied = proto.instructions_applied();
  position.contents_digest = proto.contents_digest();
  return position;
}

v1::TradeReports ToProto(const TradeReports& reports) {
  v1::TradeReports proto;
  if (reports.position) *proto.mutable_position() = ToProto(*reports.position);
  proto.set_has_heard_revision(reports.has_heard_revision);
  for (const StatusReport& report : reports.reports) *proto.add_reports() = ToProto(report);
  proto.set_keepsake(reports.keepsake);
  return proto;
}

absl::StatusOr<TradeReports> FromProto(const v1::TradeReports& proto) {
  TradeReports reports;
  if (proto.has_position()) {
    auto position = ReadPosition("position", proto.position());
    if (!position.ok()) return position.status();
    reports.position = *std::move(position);
  }
  reports.has_heard_revision = proto.has_heard_revision();
  for (const v1::Report& one : proto.reports()) {
    auto report = ReadReport("reports", one);
    if (!report.ok()) return report.status();
    reports.reports.push_back(*std::move(report));
  }
  reports.keepsake = proto.keepsake();
  return reports;
}

v1::RememberedTrade ToProto(const RememberedTrade& remembered) {
  v1::RememberedTrade proto;
  proto.set_trading_id(remembered.trading_id.ToString());
  if (remembered.report) *proto.mutable_report() = ToProto(*remembered.report);
  proto.set_buyer(remembered.buyer);
  proto.set_keepsake(remembered.keepsake);
  return proto;
}

absl::StatusOr<RememberedTrade> ReadRemembered(absl::string_view field,
                                               const v1::RememberedTrade& proto) {
  const auto id = ReadTradingId(std::string(field) + ".trading_id", proto.trading_id());
  if (!id.ok()) return id.status();
  RememberedTrade remembered{*id, std::nullopt, proto.buyer(), proto.keepsake()};
  if (proto.has_report()) {
    auto report = ReadReport(std::string(field) + ".report", proto.report());
    if (!report.ok()) return report.status();
    if (report->trading_id != *id) {
      return InvalidField(std::string(field) + ".report", "of another trade");
    }
    remembered.report = *std::move(report);
  }
  return remembered;
}

absl::StatusOr<ApplyAnswer> FromProto(const v1::ApplyResult& proto) {
  switch (proto.outcome()) {
    case v1::APPLY_OUTCOME_APPLIED: return ApplyAnswer{ApplyOutcome::kApplied};
    case v1::APPLY_OUTCOME_ALREADY_APPLIED: return ApplyAnswer{ApplyOutcome::kAlreadyApplied};
    case v1::APPLY_OUTCOME_NOT_YET: return ApplyAnswer{ApplyOutcome::kNotYet};
    case v1::APPLY_OUTCOME_REFUSED: return ApplyAnswer{ApplyOutcome::kRefused, proto.reason()};
    default: return absl::UnavailableError(proto.reason());
  }
}

}  // namespace tallystick::wire
