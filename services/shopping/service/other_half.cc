#include "services/shopping/service/other_half.h"

#include <memory>
#include <utility>

#include "platform/transport/status.h"
#include "platform/wire/convert.h"
#include "tallystick/v1/recovery.grpc.pb.h"

namespace tallystick::shopping {
namespace {

using Stub = v1::TradeRecovery::Stub;

template <typename Request, typename Response>
using Method = grpc::Status (Stub::*)(grpc::ClientContext*, const Request&, Response*);

template <typename Request, typename Response>
absl::StatusOr<Response> Ask(const std::shared_ptr<Stub>& stub, absl::Duration timeout,
                             Method<Request, Response> method, const Request& request) {
  grpc::ClientContext context;
  rpc::SetDeadline(context, timeout);
  Response response;
  const grpc::Status status = ((*stub).*method)(&context, request, &response);
  if (!status.ok()) return rpc::FromGrpc(status);
  return response;
}

absl::Status WrongNumber() {
  return absl::InternalError("the peer answered another number of results than was sent");
}

// Or a comparison would not come to its end.
absl::Status NoPage() {
  return absl::InternalError("the peer's list of trades is not one that goes on after the last");
}

absl::StatusOr<TradeReports> Read(const v1::ReadReportsResult& result) {
  if (result.has_reports()) return wire::FromProto(result.reports());
  return absl::UnavailableError(result.error().message());
}

}  // namespace

OtherHalf OtherHalfAt(const rpc::Peer& peer) {
  const std::shared_ptr<Stub> stub = v1::TradeRecovery::NewStub(peer.channel);
  OtherHalf half;
  half.list_positions = [stub, timeout = peer.timeout](
                            const Uuid& after,
                            int limit) -> absl::StatusOr<std::vector<TradePosition>> {
    v1::ListPositionsRequest request;
    request.set_after_trading_id(after.ToString());
    request.set_page_size(limit);
    const auto response = Ask(stub, timeout, &Stub::ListPositions, request);
    if (!response.ok()) return response.status();
    if (response->positions_size() > limit) return NoPage();
    std::vector<TradePosition> positions;
    Uuid last = after;
    for (const v1::TradePosition& proto : response->positions()) {
      auto position = wire::ReadPosition("positions", proto);
      if (!position.ok()) return position.status();
      if (position->trading_id <= last) return NoPage();
      last = position->trading_id;
      positions.push_back(*std::move(position));
    }
    return positions;
  };
  half.read_reports = [stub, timeout = peer.timeout](std::span<const TradePosition> heard)
      -> absl::StatusOr<std::vector<absl::StatusOr<TradeReports>>> {
    std::vector<absl::StatusOr<TradeReports>> answers;
    if (heard.empty()) return answers;
    v1::ReadReportsRequest request;
    for (const TradePosition& one : heard) *request.add_heard() = wire::ToProto(one);
    const auto response = Ask(stub, timeout, &Stub::ReadReports, request);
    if (!response.ok()) return response.status();
    if (static_cast<size_t>(response->results_size()) != heard.size()) return WrongNumber();
    for (const auto& result : response->results()) answers.push_back(Read(result));
    return answers;
  };
  half.take_back = [stub, timeout = peer.timeout](std::span<const RememberedTrade> trades)
      -> absl::StatusOr<std::vector<absl::StatusOr<ApplyAnswer>>> {
    v1::TakeBackRequest request;
    for (const RememberedTrade& trade : trades) *request.add_trades() = wire::ToProto(trade);
    const auto response = Ask(stub, timeout, &Stub::TakeBack, request);
    if (!response.ok()) return response.status();
    if (static_cast<size_t>(response->results_size()) != trades.size()) return WrongNumber();
    std::vector<absl::StatusOr<ApplyAnswer>> answers;
    for (const auto& result : response->results()) answers.push_back(wire::FromProto(result));
    return answers;
  };
  half.look = [stub,
               timeout = peer.timeout](const std::string& compared) -> absl::StatusOr<std::string> {
    v1::ListPositionsRequest request;
    // Behind all trades.
    request.set_after_trading_id("ffffffff-ffff-ffff-ffff-ffffffffffff");
    request.set_compared_database(compared);
    auto response = Ask(stub, timeout, &Stub::ListPositions, request);
    if (!response.ok()) return response.status();
    return std::move(*response->mutable_database());
  };
  return half;
}

}  // namespace tallystick::shopping
