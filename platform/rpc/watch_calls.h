// The call that watches a trade: the same in all three services but for the messages.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "platform/history/status_desk.h"
#include "platform/rpc/document_calls.h"
#include "platform/wire/convert.h"

namespace tallystick::rpc {

// More changes than a trade will ever have.
inline constexpr int64_t kMaxRevision = 1'000'000'000;

// A stream of a trade's revisions: finds out whether the trade is the caller's, then waits at the
// hub for what comes next, writes it, and waits again, until the caller leaves.
template <typename Entry, typename Response>
class WatchReactor final : public grpc::ServerWriteReactor<Response>, public Watcher {
 public:
  using Fill = std::function<void(Entry, Response*)>;

  // Owns itself until gRPC is done with it.
  static std::shared_ptr<WatchReactor> Make(Admission call, WatchHub& hub, const Uuid& trading_id,
                                            int64_t after_revision, Fill fill) {
    std::shared_ptr<WatchReactor> reactor(
        new WatchReactor(std::move(call), hub, trading_id, after_revision, std::move(fill)));
    reactor->self_ = reactor;
    return reactor;
  }

  void Begin(const absl::Status& allowed) {
    if (allowed.ok()) {
      WaitForMore();
    } else {
      End(allowed);
    }
  }

  void OnChanges(std::vector<postgres::HistoryEntry> entries) override {
    entries_ = std::move(entries);
    next_ = 0;
    WriteNext();
  }
  void OnEnd(absl::Status status) override { End(status); }

  void OnWriteDone(bool ok) override {
    if (!ok) return End(absl::CancelledError("the caller has left"));
    if (next_ < entries_.size()) return WriteNext();
    WaitForMore();
  }
  void OnCancel() override {
    canceled_ = true;
    if (hub_.Leave(this)) End(absl::CancelledError("the caller has left"));
  }
  void OnDone() override {
    hub_.Exit();
    const std::shared_ptr<WatchReactor> self = std::move(self_);
  }

 private:
  WatchReactor(Admission call, WatchHub& hub, const Uuid& trading_id, int64_t after_revision,
               Fill fill)
      : call_(std::move(call)),
        hub_(hub),
        trading_id_(trading_id),
        revision_(after_revision),
        fill_(std::move(fill)) {}

  void WriteNext() {
    absl::StatusOr<Entry> entry = ParseStored<Entry>(entries_[next_].entry);
    if (!entry.ok()) return End(entry.status());
    response_.Clear();
    fill_(*std::move(entry), &response_);
    revision_ = entries_[next_].revision;
    ++next_;
    this->StartWrite(&response_);
  }
  void WaitForMore() {
    hub_.Wait(this, trading_id_, revision_, begin_);
    // A cancellation that came before Wait did not find it there.
    if (canceled_ && hub_.Leave(this)) End(absl::CancelledError("the caller has left"));
  }
  void End(const absl::Status& status) { this->Finish(ToGrpc(status)); }

  const Admission call_;
  WatchHub& hub_;
  const Uuid trading_id_;
  int64_t revision_;
  const Fill fill_;
  const SteadyTime begin_ = SteadyNow();
  std::vector<postgres::HistoryEntry> entries_;
  size_t next_ = 0;
  Response response_;
  std::atomic<bool> canceled_ = false;
  std::shared_ptr<WatchReactor> self_;
};

// A stream that ends at once.
template <typename Response>
class RefusedWatch final : public grpc::ServerWriteReactor<Response> {
 public:
  explicit RefusedWatch(const absl::Status& status) { this->Finish(ToGrpc(status)); }
  void OnDone() override { delete this; }
};

// `fill` gets each entry of the history.
template <typename Entry, typename Response, typename Request>
grpc::ServerWriteReactor<Response>* WatchDocument(
    grpc::CallbackServerContext* context, Gate& gate, StatusReader& desk, const Request* request,
    typename WatchReactor<Entry, Response>::Fill fill) {
  absl::StatusOr<Admission> call = gate.AdmitCaller(*context);
  if (!call.ok()) return new RefusedWatch<Response>(call.status());
  const absl::StatusOr<Uuid> id = wire::ReadTradingId("trading_id", request->trading_id());
  if (!id.ok()) return new RefusedWatch<Response>(id.status());
  if (request->after_revision() < 0 || request->after_revision() > kMaxRevision) {
    return new RefusedWatch<Response>(
        InvalidField("after_revision", absl::StrCat("give 0 to ", kMaxRevision)));
  }
  const absl::Status entered = desk.hub().Enter();
  if (!entered.ok()) return new RefusedWatch<Response>(entered);
  StatusQuery query{*id, call->subject(), std::nullopt};
  const auto reactor = WatchReactor<Entry, Response>::Make(
      *std::move(call), desk.hub(), *id, request->after_revision(), std::move(fill));
  desk.Read(std::move(query), {SteadyAfter(kDefaultDeadline)},
            [reactor](const absl::StatusOr<std::string>& document) {
              reactor->Begin(document.status());
            });
  return reactor.get();
}

}  // namespace tallystick::rpc
