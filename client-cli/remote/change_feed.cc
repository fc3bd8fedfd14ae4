#include "client-cli/remote/change_feed.h"

#include <algorithm>

#include "absl/time/clock.h"
#include "platform/time/backoff.h"
#include "platform/transport/channel.h"
#include "platform/transport/status.h"
#include "platform/wire/convert.h"
#include "tallystick/v1/changes.grpc.pb.h"

namespace tallystick {
namespace {

// A stream is called again after this long at the latest.
constexpr absl::Duration kLongestFollowing = absl::Minutes(10);
constexpr BackoffPolicy kFollowBackoff = {absl::Milliseconds(100), absl::Seconds(5)};

TradeChange ReadChange(const v1::Change& proto) {
  TradeChange change{proto.trading_id(), proto.revision(), wire::TimeFrom(proto.change_time()),
                     proto.buyer()};
  if (proto.has_order()) change.status = wire::FromProto(proto.order());
  if (proto.has_payment()) change.status = wire::FromProto(proto.payment());
  if (proto.has_delivery()) change.status = wire::FromProto(proto.delivery());
  return change;
}

ChangeMessage ReadMessage(const v1::WatchChangesResponse& response) {
  ChangeMessage message{{}, response.cursor(), response.at_end()};
  for (const v1::Change& change : response.changes()) message.changes.push_back(ReadChange(change));
  return message;
}

}  // namespace

absl::Status FollowChanges(Shop& shop, const std::string& address, ChangeStart start, bool patient,
                           const std::function<bool(const ChangeMessage&)>& take) {
  const auto stub = v1::ChangeFeed::NewStub(shop.ChannelTo(address));
  for (int failures = 0;;) {
    grpc::ClientContext context;
    shop.Prepare(context);
    rpc::SetDeadline(context, kLongestFollowing);
    v1::WatchChangesRequest request;
    request.set_cursor(start.cursor);
    if (start.time && start.cursor.empty()) wire::Put(*start.time, request.mutable_begin_time());
    const auto stream = stub->WatchChanges(&context, request);
    v1::WatchChangesResponse response;
    while (stream->Read(&response)) {
      failures = 0;
      start.cursor = response.cursor();
      if (take(ReadMessage(response))) continue;
      context.TryCancel();
      (void)stream->Finish();  // canceled by us
      return absl::OkStatus();
    }
    const absl::Status status = rpc::FromGrpc(stream->Finish());
    if (status.ok()) continue;
    const bool goes_on = IsUnreachable(status) || RetryAfter(status);
    if (!goes_on || !patient) return status;
    ++failures;
    absl::SleepFor(std::max(BackoffDelay(kFollowBackoff, failures),
                            RetryAfter(status).value_or(absl::ZeroDuration())));
  }
}

}  // namespace tallystick
