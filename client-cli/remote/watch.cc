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

template <typename Service, typename Request, typename Response>
class TypedStream final : public TradeWatch::Stream, public grpc::ClientReadReactor<Response> {
 public:
  // Begins the call on the stub.
  using Begin = void (*)(typename Service::Stub&, grpc::ClientContext*, const Request*,
                         grpc::ClientReadReactor<Response>*);

  TypedStream(Shop& shop, const std::string& address, Begin begin, Request request,
              TradeWatch::Mailbox& mailbox, size_t line, size_t trade, std::string service)
      : stub_(Service::NewStub(shop.ChannelTo(address))),
        request_(std::move(request)),
        mailbox_(mailbox),
        line_(line),
        trade_(trade),
        service_(std::move(service)) {
    shop.Prepare(context_);
    rpc::SetDeadline(context_, kLongestStream);
    begin(*stub_, &context_, &request_, this);
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
      mailbox_.events.push_back({trade_, service_, wire::FromProto(response_.status())});
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
  std::unique_ptr<typename Service::Stub> stub_;
  grpc::ClientContext context_;
  const Request request_;
  Response response_;
  TradeWatch::Mailbox& mailbox_;
  const size_t line_;
  const size_t trade_;
  const std::string service_;
  bool done_ ABSL_GUARDED_BY(mailbox_.mutex) = false;
};

using OrderStream =
    TypedStream<v1::ShoppingService, v1::WatchOrderStatusRequest, v1::WatchOrderStatusResponse>;
using PaymentStream =
    TypedStream<v1::PaymentService, v1::WatchPaymentStatusRequest, v1::WatchPaymentStatusResponse>;
using DeliveryStream = TypedStream<v1::DeliveryService, v1::WatchDeliveryStatusRequest,
                                   v1::WatchDeliveryStatusResponse>;

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

void TradeWatch::AddLine(Shop& shop, size_t trade, const std::string& service,
                         const std::string& address, const std::string& trading_id,
                         int64_t revision) {
  Line& line = lines_.emplace_back();
  line.shop = &shop;
  line.trade = trade;
  line.service = service;
  line.address = address;
  line.trading_id = trading_id;
  line.revision = revision;
  Start(lines_.size() - 1);
}

void TradeWatch::Add(Shop& shop, const LedgerTrade& trade) {
  const ServiceAddresses& services = trade.information->services;
  const std::string id = trade.information->contents.trading_id.ToString();
  const size_t number = trades_++;
  AddLine(shop, number, "shopping", services.shopping, id, trade.order ? trade.order->revision : 0);
  AddLine(shop, number, "payment", services.payment, id,
          trade.payment ? trade.payment->revision : 0);
  AddLine(shop, number, "delivery", services.delivery, id,
          trade.delivery ? trade.delivery->revision : 0);
}

void TradeWatch::Start(size_t number) {
  Line& line = lines_[number];
  const auto request = [&line](auto request) {
    request.set_trading_id(line.trading_id);
    request.set_after_revision(line.revision);
    return request;
  };
  if (line.service == "shopping") {
    line.stream = std::make_unique<OrderStream>(
        *line.shop, line.address,
        [](auto& stub, auto*... call) { stub.async()->WatchOrderStatus(call...); },
        request(v1::WatchOrderStatusRequest()), mailbox_, number, line.trade, line.service);
  } else if (line.service == "payment") {
    line.stream = std::make_unique<PaymentStream>(
        *line.shop, line.address,
        [](auto& stub, auto*... call) { stub.async()->WatchPaymentStatus(call...); },
        request(v1::WatchPaymentStatusRequest()), mailbox_, number, line.trade, line.service);
  } else {
    line.stream = std::make_unique<DeliveryStream>(
        *line.shop, line.address,
        [](auto& stub, auto*... call) { stub.async()->WatchDeliveryStatus(call...); },
        request(v1::WatchDeliveryStatusRequest()), mailbox_, number, line.trade, line.service);
  }
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
    line.error = status.ok() || absl::IsNotFound(status) ? "" : std::string(status.message());
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
        if (line.trade != event.trade || line.service != event.service) continue;
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
    if (!line.error.empty()) broken.push_back(absl::StrCat(line.service, ": ", line.error));
  }
  return broken;
}

namespace {

template <typename Status, typename Request, typename Response, typename Open>
std::vector<Status> ReadUntil(Shop& shop, const LedgerTrade& trade, int64_t after, int64_t until,
                              Open open) {
  Request request;
  request.set_trading_id(trade.information->contents.trading_id.ToString());
  request.set_after_revision(after);
  grpc::ClientContext context;
  shop.Prepare(context);
  const auto reader = open(&context, request);
  std::vector<Status> statuses;
  Response response;
  while (reader->Read(&response)) {
    Status status = wire::FromProto(response.status());
    if (status.trading_id != trade.information->contents.trading_id ||
        status.revision != after + static_cast<int64_t>(statuses.size()) + 1) {
      break;  // not what was asked for
    }
    statuses.push_back(std::move(status));
    if (statuses.back().revision >= until) break;
  }
  context.TryCancel();
  (void)reader->Finish();  // canceled by us, or over: what was read counts
  return statuses;
}

}  // namespace

std::vector<OrderStatus> ReadOrderChanges(Shop& shop, const LedgerTrade& trade, int64_t after,
                                          int64_t until) {
  auto stub = v1::ShoppingService::NewStub(shop.ChannelTo(trade.information->services.shopping));
  return ReadUntil<OrderStatus, v1::WatchOrderStatusRequest, v1::WatchOrderStatusResponse>(
      shop, trade, after, until,
      [&](auto* context, const auto& request) { return stub->WatchOrderStatus(context, request); });
}

std::vector<PaymentStatus> ReadPaymentChanges(Shop& shop, const LedgerTrade& trade, int64_t after,
                                              int64_t until) {
  auto stub = v1::PaymentService::NewStub(shop.ChannelTo(trade.information->services.payment));
  return ReadUntil<PaymentStatus, v1::WatchPaymentStatusRequest, v1::WatchPaymentStatusResponse>(
      shop, trade, after, until, [&](auto* context, const auto& request) {
        return stub->WatchPaymentStatus(context, request);
      });
}

std::vector<DeliveryStatus> ReadDeliveryChanges(Shop& shop, const LedgerTrade& trade, int64_t after,
                                                int64_t until) {
  auto stub = v1::DeliveryService::NewStub(shop.ChannelTo(trade.information->services.delivery));
  return ReadUntil<DeliveryStatus, v1::WatchDeliveryStatusRequest, v1::WatchDeliveryStatusResponse>(
      shop, trade, after, until, [&](auto* context, const auto& request) {
        return stub->WatchDeliveryStatus(context, request);
      });
}

}  // namespace tallystick
