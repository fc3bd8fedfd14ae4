#include "client-cli/remote/watch.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "platform/time/steady.h"
#include "platform/transport/channel.h"
#include "platform/transport/status.h"
#include "platform/wire/convert.h"
#include "tallystick/v1/delivery.grpc.pb.h"
#include "tallystick/v1/payment.grpc.pb.h"
#include "tallystick/v1/shopping.grpc.pb.h"

namespace tallystick {
namespace {

// A stream is called again after this long at the latest.
constexpr absl::Duration kLongestStream = absl::Minutes(10);
constexpr absl::Duration kSettled = absl::Seconds(2);
constexpr size_t kMostEvents = 1'000;
constexpr BackoffPolicy kBackoff = {absl::Milliseconds(100), absl::Seconds(5)};

}  // namespace

class TradeWatch::Stream {
 public:
  virtual ~Stream() = default;
  virtual void Cancel() = 0;
  // Blocks until gRPC is done with it.
  virtual void Join() = 0;
};

namespace {

// How the statuses of a side are watched, in the background (Begin) and here and now (Open).
template <typename Status>
struct Watched;
template <>
struct Watched<OrderStatus> {
  using Service = v1::ShoppingService;
  using Request = v1::WatchOrderStatusRequest;
  using Response = v1::WatchOrderStatusResponse;
  static void Begin(Service::Stub& stub, auto*... call) { stub.async()->WatchOrderStatus(call...); }
  static auto Open(Service::Stub& stub, grpc::ClientContext* context, const Request& request) {
    return stub.WatchOrderStatus(context, request);
  }
};
template <>
struct Watched<PaymentStatus> {
  using Service = v1::PaymentService;
  using Request = v1::WatchPaymentStatusRequest;
  using Response = v1::WatchPaymentStatusResponse;
  static void Begin(Service::Stub& stub, auto*... call) {
    stub.async()->WatchPaymentStatus(call...);
  }
  static auto Open(Service::Stub& stub, grpc::ClientContext* context, const Request& request) {
    return stub.WatchPaymentStatus(context, request);
  }
};
template <>
struct Watched<DeliveryStatus> {
  using Service = v1::DeliveryService;
  using Request = v1::WatchDeliveryStatusRequest;
  using Response = v1::WatchDeliveryStatusResponse;
  static void Begin(Service::Stub& stub, auto*... call) {
    stub.async()->WatchDeliveryStatus(call...);
  }
  static auto Open(Service::Stub& stub, grpc::ClientContext* context, const Request& request) {
    return stub.WatchDeliveryStatus(context, request);
  }
};

template <typename Status>
typename Watched<Status>::Request RequestFor(const std::string& trading_id, int64_t after) {
  typename Watched<Status>::Request request;
  request.set_trading_id(trading_id);
  request.set_after_revision(after);
  return request;
}

template <typename Status>
class StreamOf final : public TradeWatch::Stream,
                       public grpc::ClientReadReactor<typename Watched<Status>::Response> {
  using Calls = Watched<Status>;

 public:
  StreamOf(Shop& shop, const std::string& address, typename Calls::Request request,
           TradeWatch::Mailbox& mailbox, size_t line, size_t trade)
      : stub_(Calls::Service::NewStub(shop.ChannelTo(address))),
        request_(std::move(request)),
        mailbox_(mailbox),
        line_(line),
        trade_(trade) {
    shop.Prepare(context_);
    rpc::SetDeadline(context_, kLongestStream);
    grpc::ClientReadReactor<typename Calls::Response>* const self = this;
    Calls::Begin(*stub_, &context_, &request_, self);
    this->StartRead(&response_);
    this->StartCall();
  }

  void Cancel() override { context_.TryCancel(); }
  void Join() override {
    MutexLock lock(mailbox_.mutex);
    while (!done_) mailbox_.arrived.Wait(mailbox_.mutex);
  }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    bool full;
    {
      MutexLock lock(mailbox_.mutex);
      Status status = wire::FromProto(response_.status());
      mailbox_.events.push_back({trade_, SideOf(status), std::move(status)});
      full = mailbox_.events.size() >= kMostEvents;
    }
    mailbox_.arrived.NotifyAll();
    // Faster than can be taken in: the stream ends here and is resumed from what was taken.
    if (full) context_.TryCancel();
    response_.Clear();
    this->StartRead(&response_);
  }

  void OnDone(const grpc::Status& status) override {
    MutexLock lock(mailbox_.mutex);
    mailbox_.ended.emplace_back(line_, rpc::FromGrpc(status));
    done_ = true;
    mailbox_.arrived.NotifyAll();
  }

 private:
  std::unique_ptr<typename Calls::Service::Stub> stub_;
  grpc::ClientContext context_;
  const typename Calls::Request request_;
  typename Calls::Response response_;
  TradeWatch::Mailbox& mailbox_;
  const size_t line_;
  const size_t trade_;
  bool done_ ABSL_GUARDED_BY(mailbox_.mutex) = false;
};

}  // namespace

TradeWatch::TradeWatch() = default;

TradeWatch::~TradeWatch() {
  for (const Line& line : lines_) {
    if (line.stream) line.stream->Cancel();
  }
  for (const Line& line : lines_) {
    if (line.stream) line.stream->Join();
  }
}

void TradeWatch::Add(Shop& shop, const LedgerTrade& trade) {
  const size_t number = trades_++;
  ForEachSide(
      [&](Side side, const auto& status) {
        Line& line = lines_.emplace_back();
        line.shop = &shop;
        line.trade = number;
        line.side = side;
        line.address = trade.information->services[side];
        line.trading_id = trade.information->contents.trading_id.ToString();
        line.revision = status ? status->revision : 0;
        Start(lines_.size() - 1);
      },
      trade);
}

void TradeWatch::Start(size_t number) {
  Line& line = lines_[number];
  line.start_time = absl::Now();
  const auto start = [&]<typename Status>(Side side, const std::optional<Status>&) {
    if (side != line.side) return;
    line.stream = std::make_unique<StreamOf<Status>>(
        *line.shop, line.address, RequestFor<Status>(line.trading_id, line.revision), mailbox_,
        number, line.trade);
  };
  ForEachSide(start, ThreeOf<std::optional>());
}

void TradeWatch::TakeEnded() {
  std::deque<std::pair<size_t, absl::Status>> ended;
  {
    MutexLock lock(mailbox_.mutex);
    ended.swap(mailbox_.ended);
  }
  for (const auto& [number, status] : ended) {
    Line& line = lines_[number];
    line.stream.reset();
    // A service that does not know a new trade yet is not broken.
    const bool new_there = absl::IsNotFound(status) && line.revision == 0;
    line.error = status.ok() || new_there ? "" : std::string(status.message());
    ++line.failures;
    line.restart_time =
        absl::Now() + BackoffDelay(kBackoff, line.failures) +
        std::min(RetryAfter(status).value_or(absl::ZeroDuration()), line.shop->retry_budget());
    if (absl::IsPermissionDenied(status) || absl::IsUnauthenticated(status)) {
      not_allowed_ = true;
      line.restart_time = absl::InfiniteFuture();
    }
  }
}

std::optional<WatchEvent> TradeWatch::Next(absl::Time until) {
  while (true) {
    TakeEnded();
    absl::Time wake = until;
    for (size_t i = 0; i < lines_.size(); ++i) {
      if (lines_[i].stream) continue;
      if (lines_[i].restart_time <= absl::Now()) {
        Start(i);
      } else {
        wake = std::min(wake, lines_[i].restart_time);
      }
    }
    MutexLock lock(mailbox_.mutex);
    const SteadyTime end = SteadyAfter(wake - absl::Now());
    while (mailbox_.events.empty() && mailbox_.ended.empty() && SteadyNow() < end) {
      mailbox_.arrived.WaitUntil(mailbox_.mutex, end);
    }
    while (!mailbox_.events.empty()) {
      WatchEvent event = std::move(mailbox_.events.front());
      mailbox_.events.pop_front();
      const int64_t revision =
          std::visit([](const StatusHeader& status) { return status.revision; }, event.status);
      for (Line& line : lines_) {
        if (line.trade != event.trade || line.side != event.side) continue;
        line.failures = 0;
        line.error.clear();
        // What was told before a stream broke is not told again.
        if (revision <= line.revision) continue;
        line.revision = revision;
        return event;
      }
    }
    if (mailbox_.ended.empty() && absl::Now() >= until) return std::nullopt;
  }
}

std::vector<std::string> TradeWatch::Broken() const {
  std::vector<std::string> broken;
  for (const Line& line : lines_) {
    // One that was begun again and has not ended at once is whole: there is nothing to tell.
    const bool runs = line.stream && absl::Now() - line.start_time >= kSettled;
    if (!line.error.empty() && !runs)
      broken.push_back(absl::StrCat(ServiceOf(line.side), ": ", line.error));
  }
  return broken;
}

template <typename Status>
std::vector<Status> ReadChanges(Shop& shop, const LedgerTrade& trade, int64_t after,
                                int64_t until) {
  using Calls = Watched<Status>;
  const Uuid& trading_id = trade.information->contents.trading_id;
  const std::string& address = trade.information->services[SideOf(Status())];
  const auto stub = Calls::Service::NewStub(shop.ChannelTo(address));
  grpc::ClientContext context;
  shop.Prepare(context);
  const auto reader =
      Calls::Open(*stub, &context, RequestFor<Status>(trading_id.ToString(), after));
  std::vector<Status> statuses;
  typename Calls::Response response;
  while (reader->Read(&response)) {
    Status status = wire::FromProto(response.status());
    // In order; some may be missing, of a service that took up again after a loss.
    const int64_t last = statuses.empty() ? after : statuses.back().revision;
    if (status.trading_id != trading_id || status.revision <= last) {
      break;  // not what was asked for
    }
    statuses.push_back(std::move(status));
    if (statuses.back().revision >= until) break;
  }
  context.TryCancel();
  (void)reader->Finish();  // canceled by us, or over: what was read counts
  return statuses;
}

template std::vector<OrderStatus> ReadChanges(Shop&, const LedgerTrade&, int64_t, int64_t);
template std::vector<PaymentStatus> ReadChanges(Shop&, const LedgerTrade&, int64_t, int64_t);
template std::vector<DeliveryStatus> ReadChanges(Shop&, const LedgerTrade&, int64_t, int64_t);

}  // namespace tallystick
