// The call that watches a trade: the same in all three services but for the messages.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "platform/calls/document_calls.h"
#include "platform/history/status_desk.h"
#include "platform/wire/convert.h"

namespace tallystick::rpc {

// More changes than a trade will ever have.
inline constexpr int64_t kMaxRevision = 1'000'000'000;

// A stream of a trade's revisions: finds out whether the trade is the caller's, then waits at the
// hub for what comes next, writes it, and waits again, until the caller leaves.
template <typename Entry, typename Response, typename Fill>
class WatchedTrade final
    : public StreamSource,
      public Watcher,
      public std::enable_shared_from_this<WatchedTrade<Entry, Response, Fill>> {
 public:
  // The hub has counted it already.
  WatchedTrade(StatusReader& desk, StatusQuery query, int64_t after_revision, Fill fill,
               Stream& stream)
      : desk_(desk),
        hub_(desk.hub()),
        query_(std::move(query)),
        revision_(after_revision),
        fill_(std::move(fill)),
        stream_(stream) {}

  void OnBegin() override {
    // The answer may come when the call is over: it keeps this, and asks whether it is.
    desk_.Read(query_, {SteadyAfter(kDefaultDeadline), nullptr, query_.buyer},
               [self = this->shared_from_this()](const absl::StatusOr<std::string>& document) {
                 if (document.ok()) {
                   self->WaitForMore();
                 } else {
                   self->End(document.status());
                 }
               });
  }
  void OnWritten(bool ok) override {
    if (!ok) return End(absl::CancelledError("the caller has left"));
    if (next_ < entries_.size()) return WriteNext();
    WaitForMore();
  }
  void OnCancel() override {
    canceled_ = true;
    if (hub_.Leave(this)) End(absl::CancelledError("the caller has left"));
  }
  void OnDone() override { hub_.Exit(); }

  void OnChanges(std::vector<postgres::HistoryEntry> entries) override {
    entries_ = std::move(entries);
    next_ = 0;
    WriteNext();
  }
  void OnEnd(absl::Status status) override { End(status); }

 private:
  void WriteNext() {
    absl::StatusOr<Entry> entry = ParseStored<Entry>(entries_[next_].entry);
    if (!entry.ok()) return End(entry.status());
    Response response;
    fill_(*std::move(entry), response);
    revision_ = entries_[next_].revision;
    ++next_;
    const absl::Status written = stream_.Write(response);
    if (!written.ok()) End(written);
  }
  void WaitForMore() {
    // What it waits for may come, and be the end, before this returns.
    const auto self = this->shared_from_this();
    hub_.Wait(this, query_.trading_id, revision_, begin_);
    // It may have been canceled before it waited.
    if (canceled_ && hub_.Leave(this)) End(absl::CancelledError("the caller has left"));
  }
  // Once: whatever is left to happen does so before.
  void End(const absl::Status& status) { stream_.Finish(status); }

  StatusReader& desk_;
  WatchHub& hub_;
  const StatusQuery query_;
  int64_t revision_;
  const Fill fill_;
  Stream& stream_;
  const SteadyTime begin_ = SteadyNow();
  std::vector<postgres::HistoryEntry> entries_;
  size_t next_ = 0;
  std::atomic<bool> canceled_ = false;
};

// A method that streams what becomes of a trade; `fill(Entry, Response&)` gets each entry of the
// history.
template <typename Entry, typename Request, typename Response, typename Fill>
void AddWatch(ServiceTable& table, std::string name, StatusReader& desk, Fill fill) {
  table.AddStream<Request, Response>(
      std::move(name), ForCallers(),
      [&desk, fill](Call& call, const Request& request,
                    Stream& stream) -> absl::StatusOr<std::shared_ptr<StreamSource>> {
        const absl::StatusOr<Uuid> id = wire::ReadTradingId("trading_id", request.trading_id());
        if (!id.ok()) return id.status();
        if (request.after_revision() < 0 || request.after_revision() > kMaxRevision) {
          return InvalidField("after_revision", absl::StrCat("give 0 to ", kMaxRevision));
        }
        const absl::Status entered = desk.hub().Enter();
        if (!entered.ok()) return entered;
        return std::make_shared<WatchedTrade<Entry, Response, Fill>>(
            desk, StatusQuery{*id, call.subject(), std::nullopt, 0}, request.after_revision(), fill,
            stream);
      });
}

}  // namespace tallystick::rpc
