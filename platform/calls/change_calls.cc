#include "platform/calls/change_calls.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <utility>

#include "platform/calls/page.h"
#include "platform/wire/convert.h"

namespace tallystick::rpc {
namespace {

// Times that trades may have: after 2000-01-01, which stands for "nothing was trimmed", and before
// the year 10000.
const absl::Time kEarliest = absl::FromUnixSeconds(946'684'801);
const absl::Time kLatest = absl::FromUnixSeconds(253'402'300'799);

template <typename Request>
absl::StatusOr<ChangeQuery> ReadQuery(const Request& request) {
  ChangeQuery query;
  const absl::StatusOr<int> page_size = ReadPageSize(request.page_size());
  if (!page_size.ok()) return page_size.status();
  query.max_changes = *page_size;
  if (!request.cursor().empty()) {
    if (request.has_begin_time()) {
      return InvalidField("begin_time", "give a cursor or a begin_time, not both");
    }
    query.cursor = ParseChangeCursor(request.cursor());
    if (!query.cursor) return InvalidField("cursor", "give the one of the previous answer");
  } else if (request.has_begin_time()) {
    query.begin = std::clamp(wire::TimeFrom(request.begin_time()), kEarliest, kLatest);
  }
  return query;
}

template <typename Response>
void WritePage(ChangePage page, const FillChange& fill, Response& response) {
  for (postgres::ChangeRow& row : page.changes) {
    v1::Change* change = response.add_changes();
    change->set_trading_id(row.place.trading_id.ToString());
    change->set_revision(row.place.revision);
    wire::Put(row.change_time, change->mutable_change_time());
    change->set_buyer(std::move(row.buyer));
    fill(row.entry, *change);
  }
  response.set_cursor(ToToken(page.next));
  response.set_at_end(page.at_end);
}

// A stream of all changes: waits at the hub for a page, writes it, and waits again, until the
// caller leaves.
class WatchedChanges final : public StreamSource,
                             public ChangeWatcher,
                             public std::enable_shared_from_this<WatchedChanges> {
 public:
  // The hub has counted it already.
  WatchedChanges(ChangeHub& hub, ChangeQuery query, FillChange fill, Stream& stream)
      : hub_(hub), query_(std::move(query)), fill_(std::move(fill)), stream_(stream) {}

  void OnBegin() override { WaitForMore(); }
  void OnWritten(bool ok) override {
    if (!ok) return End(absl::CancelledError("the caller has left"));
    WaitForMore();
  }
  void OnCancel() override {
    canceled_ = true;
    if (hub_.Leave(this)) End(absl::CancelledError("the caller has left"));
  }
  void OnDone() override { hub_.Exit(); }

  void OnPage(ChangePage page) override {
    query_.cursor = page.next;
    at_once_ = !page.at_end;
    v1::WatchChangesResponse response;
    WritePage(std::move(page), fill_, response);
    const absl::Status written = stream_.Write(response);
    if (!written.ok()) End(written);
  }
  void OnEnd(absl::Status status) override { End(status); }

 private:
  void WaitForMore() {
    // What it waits for may come, and be the end, before this returns.
    const auto self = shared_from_this();
    hub_.Wait(this, query_, at_once_, begin_);
    // It may have been canceled before it waited.
    if (canceled_ && hub_.Leave(this)) End(absl::CancelledError("the caller has left"));
  }
  // Once: whatever is left to happen does so before.
  void End(const absl::Status& status) { stream_.Finish(status); }

  ChangeHub& hub_;
  ChangeQuery query_;
  bool at_once_ = true;
  const FillChange fill_;
  Stream& stream_;
  const SteadyTime begin_ = SteadyNow();
  std::atomic<bool> canceled_ = false;
};

}  // namespace

ServiceTable ChangeCalls(ChangeBatcher& changes, ChangeHub& hub, FillChange fill) {
  ServiceTable table("tallystick.v1.ChangeFeed");
  AddAsk<v1::ListChangesRequest, v1::ListChangesResponse>(
      table, "ListChanges", ForOperators(), changes,
      [](Call& call, const v1::ListChangesRequest& request) -> absl::StatusOr<ChangeQuery> {
        absl::StatusOr<ChangeQuery> query = ReadQuery(request);
        if (!query.ok()) return query;
        const absl::Status counted = call.CountRequests(static_cast<size_t>(query->max_changes));
        if (!counted.ok()) return counted;
        return query;
      },
      [fill](ChangePage page, v1::ListChangesResponse& response) {
        WritePage(std::move(page), fill, response);
      });
  table.AddStream<v1::WatchChangesRequest, v1::WatchChangesResponse>(
      "WatchChanges", ForOperators(),
      [&hub, fill](Call&, const v1::WatchChangesRequest& request,
                   Stream& stream) -> absl::StatusOr<std::shared_ptr<StreamSource>> {
        absl::StatusOr<ChangeQuery> query = ReadQuery(request);
        if (!query.ok()) return query.status();
        const absl::Status entered = hub.Enter();
        if (!entered.ok()) return entered;
        return std::make_shared<WatchedChanges>(hub, *std::move(query), fill, stream);
      });
  return table;
}

}  // namespace tallystick::rpc
