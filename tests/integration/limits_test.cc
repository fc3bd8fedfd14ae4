// Each limit of a server: what goes beyond it gets a clear answer, and others are served.
#include <pqxx/pqxx>

#include "platform/admission/caller_limits.h"
#include "platform/transport/listener.h"
#include "platform/wire/convert.h"
#include "tests/support/in_process_stack.h"
#include "tests/support/raw_http2.h"

namespace tallystick::testing {
namespace {

constexpr char kStatusPath[] = "/tallystick.v1.PaymentService/GetPaymentStatus";

InProcessStack::Tweak With(std::function<void(rpc::ServerSettings&)> change) { return change; }

std::unique_ptr<v1::PaymentService::Stub> PaymentStub(const InProcessStack& stack) {
  return v1::PaymentService::NewStub(Keys::Get().BuyerChannel(stack.address(1)));
}

v1::GetPaymentStatusRequest StatusRequest() {
  v1::GetPaymentStatusRequest request;
  request.set_trading_id(NewUuidV7(absl::Now()).ToString());
  return request;
}

// One call about no trade: NOT_FOUND when it was let in.
grpc::Status Ask(v1::PaymentService::Stub& stub, const std::string& who) {
  v1::GetPaymentStatusResponse response;
  return stub.GetPaymentStatus(InProcessStack::By(who).get(), StatusRequest(), &response);
}
bool IsServed(v1::PaymentService::Stub& stub, const std::string& who) {
  const grpc::Status status = Ask(stub, who);
  UNSCOPED_INFO(status.error_message());
  return status.error_code() == grpc::NOT_FOUND;
}

std::string ReasonOf(const grpc::Status& status) {
  return GetErrorDetail(rpc::FromGrpc(status)).reason;
}

// While it lives, no payment can be read: calls pile up.
class Standstill {
 public:
  explicit Standstill(const InProcessStack& stack)
      : connection_(stack.postgres().Url("payment")), work_(connection_) {
    work_.exec("LOCK TABLE payments IN ACCESS EXCLUSIVE MODE");
  }

 private:
  pqxx::connection connection_;
  pqxx::work work_;
};

// Calls that are under way together.
class ManyCalls {
 public:
  ManyCalls(v1::PaymentService::Stub& stub, const std::string& who, int count) {
    for (int i = 0; i < count; ++i) {
      One& one = *calls_.emplace_back(std::make_unique<One>());
      one.context = InProcessStack::By(who);
      one.reader = stub.AsyncGetPaymentStatus(one.context.get(), StatusRequest(), &queue_);
      one.reader->Finish(&one.response, &one.status, &one);
    }
  }
  // Waits for `count` of them to end and counts their reasons.
  std::map<std::string, int> End(size_t count) {
    std::map<std::string, int> reasons;
    for (size_t i = 0; i < count; ++i) {
      void* tag;
      bool ok;
      REQUIRE(queue_.Next(&tag, &ok));
      ++reasons[ReasonOf(static_cast<One*>(tag)->status)];
    }
    return reasons;
  }

 private:
  struct One {
    std::unique_ptr<grpc::ClientContext> context;
    v1::GetPaymentStatusResponse response;
    grpc::Status status;
    std::unique_ptr<grpc::ClientAsyncResponseReader<v1::GetPaymentStatusResponse>> reader;
  };
  grpc::CompletionQueue queue_;
  std::vector<std::unique_ptr<One>> calls_;
};

TEST_CASE("limit: calls under way, of a caller and of all") {
  InProcessStack stack(nullptr, With([](rpc::ServerSettings& settings) {
                         settings.caller_limits.max_live_calls = 10;
                         settings.caller_limits.max_live_calls_per_caller = 6;
                       }));
  const auto stub = PaymentStub(stack);
  // Which asks payment now and then, too.
  stack.StopShopping();
  auto standstill = std::make_unique<Standstill>(stack);
  ManyCalls alices(*stub, "alice", 9);
  REQUIRE(alices.End(3) == std::map<std::string, int>{{"TOO_MANY_CALLS", 3}});
  // Bob has his own share, until the server is full.
  ManyCalls bobs(*stub, "bob", 6);
  REQUIRE(bobs.End(2) == std::map<std::string, int>{{"SERVER_FULL", 2}});
  REQUIRE(stack.payment().gate().limits().live() == 10);
  standstill.reset();
  REQUIRE(alices.End(6) == std::map<std::string, int>{{"TRADE_NOT_FOUND", 6}});
  REQUIRE(bobs.End(4) == std::map<std::string, int>{{"TRADE_NOT_FOUND", 4}});
  REQUIRE(WaitUntil([&] { return stack.payment().gate().limits().live() == 0; }));
  // Each request of a batch counts.
  v1::BatchGetPaymentStatusesRequest batch;
  for (int i = 0; i < 7; ++i) batch.add_trading_ids(NewUuidV7(absl::Now()).ToString());
  v1::BatchGetPaymentStatusesResponse response;
  REQUIRE(ReasonOf(stub->BatchGetPaymentStatuses(InProcessStack::By("alice").get(), batch,
                                                 &response)) == "TOO_MANY_CALLS");
  REQUIRE(IsServed(*stub, "alice"));
}

TEST_CASE("limit: watches count as calls of their caller") {
  InProcessStack stack(nullptr, With([](rpc::ServerSettings& settings) {
                         settings.caller_limits.max_live_calls_per_caller = 2;
                       }));
  stack.LoadProducts();
  const std::string id = stack.Place(InProcessStack::Order())->trading_id();
  REQUIRE(stack.Reaches(id, v1::ORDER_STATE_COMPLETED));
  const auto stub = PaymentStub(stack);
  v1::WatchPaymentStatusRequest request;
  request.set_trading_id(id);
  v1::WatchPaymentStatusResponse response;
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::ClientReader<v1::WatchPaymentStatusResponse>>> watches;
  for (int i = 0; i < 2; ++i) {
    contexts.push_back(InProcessStack::By("alice"));
    watches.push_back(stub->WatchPaymentStatus(contexts.back().get(), request));
    REQUIRE(watches.back()->Read(&response));
  }
  REQUIRE(ReasonOf(Ask(*stub, "alice")) == "TOO_MANY_CALLS");
  REQUIRE(IsServed(*stub, "bob"));
  for (const auto& context : contexts) context->TryCancel();
  REQUIRE(WaitUntil([&] { return IsServed(*stub, "alice"); }));
  for (const auto& watch : watches) watch->Finish();
}

TEST_CASE("limit: calls a second of a caller") {
  InProcessStack stack(nullptr, With([](rpc::ServerSettings& settings) {
                         settings.caller_limits.max_calls_per_second = 1;
                       }));
  const auto stub = PaymentStub(stack);
  // Two at once, then one a second; this takes far less than many seconds.
  std::map<std::string, int> reasons;
  absl::Status refused;
  for (int i = 0; i < 20; ++i) {
    const grpc::Status status = Ask(*stub, "alice");
    ++reasons[ReasonOf(status)];
    if (ReasonOf(status) == "RATE_LIMITED") refused = rpc::FromGrpc(status);
  }
  REQUIRE(reasons["RATE_LIMITED"] > 0);
  REQUIRE(reasons["TRADE_NOT_FOUND"] >= 2);
  REQUIRE(refused.code() == absl::StatusCode::kResourceExhausted);
  const int wait_ms = std::stoi(GetErrorDetail(refused).values.at("retry_after_ms"));
  REQUIRE(wait_ms > 0);
  REQUIRE(wait_ms <= 1000);
  REQUIRE(IsServed(*stub, "bob"));
}

TEST_CASE("limit: message and metadata size") {
  InProcessStack stack(nullptr, With([](rpc::ServerSettings& settings) {
                         settings.ports.limits.messages.max_message_bytes = 10'000;
                         settings.ports.limits.max_metadata_bytes = 4'000;
                       }));
  const auto stub = PaymentStub(stack);
  v1::GetPaymentStatusRequest huge;
  huge.set_trading_id(std::string(10'001, '0'));
  v1::GetPaymentStatusResponse response;
  const grpc::Status large =
      stub->GetPaymentStatus(InProcessStack::By("alice").get(), huge, &response);
  REQUIRE(large.error_code() == grpc::RESOURCE_EXHAUSTED);
  REQUIRE(large.error_message().find("10000") != std::string::npos);
  auto context = InProcessStack::By("alice");
  context->AddMetadata("more", std::string(8'000, 'x'));
  REQUIRE(stub->GetPaymentStatus(context.get(), StatusRequest(), &response).error_code() ==
          grpc::RESOURCE_EXHAUSTED);
  REQUIRE(IsServed(*PaymentStub(stack), "bob"));
}

TEST_CASE("limit: a connection that never shakes hands is closed") {
  InProcessStack stack(nullptr, With([](rpc::ServerSettings& settings) {
                         settings.ports.limits.handshake_timeout = absl::Milliseconds(300);
                       }));
  const auto stub = PaymentStub(stack);
  for (const int port : {1, 4}) {
    RawConnection silent(stack.address(port));
    RawConnection garbage(stack.address(port));
    REQUIRE(garbage.Send("GET / HTTP/1.1\r\n\r\n"));
    REQUIRE(IsServed(*stub, "bob"));
    REQUIRE(silent.IsClosedWithin(absl::Seconds(10)));
    REQUIRE(garbage.IsClosedWithin(absl::Seconds(10)));
  }
  REQUIRE(IsServed(*stub, "bob"));
}

TEST_CASE("limit: idle and old connections are closed, and their callers connect again") {
  for (const bool idle : {true, false}) {
    InProcessStack stack(nullptr, With([idle](rpc::ServerSettings& settings) {
                           rpc::ConnectionLimits& limits = settings.ports.limits;
                           (idle ? limits.max_connection_idle : limits.max_connection_age) =
                               absl::Milliseconds(400);
                           limits.max_connection_age_grace = absl::Milliseconds(200);
                         }));
    const auto channel = Keys::Get().BuyerChannel(stack.address(1));
    const auto stub = v1::PaymentService::NewStub(channel);
    REQUIRE(IsServed(*stub, "bob"));
    const auto closed = [&](std::chrono::seconds within) {
      return channel->GetState(false) != GRPC_CHANNEL_READY ||
             channel->WaitForStateChange(GRPC_CHANNEL_READY,
                                         std::chrono::system_clock::now() + within);
    };
    REQUIRE(closed(std::chrono::seconds(20)));
    REQUIRE(IsServed(*stub, "bob"));
    // An old connection is cut with the call that still waits on it.
    if (idle) continue;
    Standstill standstill(stack);
    REQUIRE(Ask(*stub, "alice").error_code() == grpc::UNAVAILABLE);
  }
}

TEST_CASE("limit: connections of a port") {
  InProcessStack stack(nullptr, With([](rpc::ServerSettings& settings) {
                         settings.ports.limits.bounds.max_connections = 10;
                         settings.ports.limits.handshake_timeout = absl::Minutes(1);
                       }));
  const auto stub = PaymentStub(stack);
  REQUIRE(IsServed(*stub, "bob"));
  {
    std::vector<std::unique_ptr<RawConnection>> many;
    int closed = 0;
    for (int i = 0; i < 15; ++i) {
      many.push_back(std::make_unique<RawConnection>(stack.address(1)));
    }
    for (const auto& one : many) closed += one->IsClosedWithin(absl::Milliseconds(200)) ? 1 : 0;
    REQUIRE(closed == 6);
    REQUIRE(IsServed(*stub, "bob"));  // who is in stays in
  }
  REQUIRE(WaitUntil([&] { return IsServed(*PaymentStub(stack), "carol"); }));
}

InProcessStack::Tweak Plaintext(size_t live_of_caller) {
  return [live_of_caller](rpc::ServerSettings& settings) {
    settings.ports.plaintext_loopback = true;
    settings.caller_limits.max_live_calls_per_caller = live_of_caller;
    settings.caller_limits.max_calls_per_second = 1'000'000;
    settings.ports.limits.max_concurrent_streams = 20;
  };
}

TEST_CASE("limit: answers that are not read count as calls under way") {
  InProcessStack stack(nullptr, Plaintext(5));
  const auto channel = [&](int server) {
    return rpc::MakeChannel(stack.address(server), grpc::InsecureChannelCredentials());
  };
  const auto stub = v1::ShoppingService::NewStub(channel(0));
  const auto list = [&](const std::string& who) {
    v1::ListTradesRequest request;
    request.set_page_size(1);
    v1::ListTradesResponse response;
    return stub->ListTrades(InProcessStack::By(who).get(), request, &response);
  };
  const auto& limits = stack.shopping().gate().limits();
  REQUIRE(list("mallory").ok());
  REQUIRE(WaitUntil([&] { return limits.live() == 0; }));
  // A reader whose window is never open.
  RawConnection idle(stack.address(0));
  REQUIRE(idle.Send(http2::Preface() + http2::CloseWindow()));
  v1::ListTradesRequest request;
  request.set_page_size(1);
  const std::string token = Keys::Get().Token("mallory");
  for (uint32_t i = 0; i < 5; ++i) {
    REQUIRE(idle.Send(http2::Call(2 * i + 1, "/tallystick.v1.ShoppingService/ListTrades", token,
                                  request.SerializeAsString())));
  }
  // They have all been let in before anything else is asked.
  REQUIRE(WaitUntil([&] { return limits.live() == 5; }));
  for (int i = 0; i < 20; ++i) REQUIRE(ReasonOf(list("mallory")) == "TOO_MANY_CALLS");
  REQUIRE(list("bob").ok());
}

TEST_CASE("limit: streams of a connection") {
  InProcessStack stack(nullptr, Plaintext(1'000));
  auto standstill = std::make_unique<Standstill>(stack);
  RawConnection greedy(stack.address(1));
  REQUIRE(greedy.Send(http2::Preface()));
  const auto& limits = stack.payment().gate().limits();
  auto begin_calls = [&, first = uint32_t{1}](uint32_t count) mutable {
    const std::string token = Keys::Get().Token("mallory");
    bool open = true;
    for (uint32_t i = 0; open && i < count; ++i, first += 2) {
      open =
          greedy.Send(http2::Call(first, kStatusPath, token, StatusRequest().SerializeAsString()));
    }
  };
  // The limit counts from when the client has confirmed the server's settings; only the calls under
  // way are bounded before (the test after this one).
  begin_calls(1);
  REQUIRE(WaitUntil([&] { return limits.live() == 1; }));
  REQUIRE(greedy.Send(http2::ConfirmSettings()));
  begin_calls(100);
  REQUIRE(WaitUntil([&] { return limits.live() >= 20 || !greedy.Drop(10); }));
  REQUIRE(limits.most_live() <= 20);
  standstill.reset();
  const auto stub = v1::PaymentService::NewStub(
      rpc::MakeChannel(stack.address(1), grpc::InsecureChannelCredentials()));
  REQUIRE(IsServed(*stub, "bob"));
}

TEST_CASE("limit: streams opened and reset as fast as it goes stay within the calls under way") {
  constexpr size_t kLive = 50;
  InProcessStack stack(nullptr, Plaintext(kLive));
  const auto stub = v1::PaymentService::NewStub(
      rpc::MakeChannel(stack.address(1), grpc::InsecureChannelCredentials()));
  REQUIRE(IsServed(*stub, "bob"));
  const auto& limits = stack.payment().gate().limits();
  // An answer is there a moment before its call is over.
  REQUIRE(WaitUntil([&] { return limits.live() == 0; }));
  auto standstill = std::make_unique<Standstill>(stack);
  const std::string token = Keys::Get().Token("mallory");
  const std::string message = StatusRequest().SerializeAsString();
  constexpr uint32_t kStreams = 20'000;
  uint32_t sent = 0;
  for (int connections = 0; sent < kStreams && connections < 2'000; ++connections) {
    RawConnection rapid(stack.address(1));
    REQUIRE(rapid.Send(http2::Preface()));
    for (uint32_t i = 0; sent < kStreams; ++i, ++sent) {
      const uint32_t stream = 2 * i + 1;
      if (!rapid.Send(http2::Call(stream, kStatusPath, token, message) + http2::Reset(stream))) {
        break;  // cut off: again from the start
      }
    }
  }
  REQUIRE(limits.most_live() > 0);
  REQUIRE(limits.most_live() <= kLive);
  // Bob is let in meanwhile, and answered when the database is.
  ManyCalls bobs(*stub, "bob", 3);
  standstill.reset();
  REQUIRE(bobs.End(3) == std::map<std::string, int>{{"TRADE_NOT_FOUND", 3}});
  REQUIRE(WaitUntil([&] { return limits.live() == 0; }));
}

}  // namespace
}  // namespace tallystick::testing
