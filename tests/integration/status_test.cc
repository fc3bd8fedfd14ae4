// Statuses at a time, watches and planned captures through the real servers, across replicas.
#include <limits>
#include <thread>

#include "platform/error/error.h"
#include "platform/transport/status.h"
#include "platform/wire/convert.h"
#include "tests/support/gateways.h"
#include "tests/support/in_process_stack.h"

namespace tallystick::testing {
namespace {

std::string ReasonOf(const grpc::Status& status) {
  return GetErrorDetail(rpc::FromGrpc(status)).reason;
}
std::string FieldOf(const grpc::Status& status) {
  return GetErrorDetail(rpc::FromGrpc(status)).values["field"];
}

std::unique_ptr<v1::PaymentService::Stub> PaymentStub(const std::string& address) {
  return v1::PaymentService::NewStub(Keys::Get().BuyerChannel(address));
}

// The payment's status as of `time`, asked for with a deadline.
grpc::Status PaymentAt(const std::string& address, const std::string& id, absl::Time time,
                       v1::PaymentStatus* status, const std::string& buyer = "alice",
                       absl::Duration deadline = absl::Seconds(20)) {
  v1::GetPaymentStatusRequest request;
  request.set_trading_id(id);
  wire::Put(time, request.mutable_receive_time());
  v1::GetPaymentStatusResponse response;
  auto context = InProcessStack::By(buyer);
  rpc::SetDeadline(*context, deadline);
  const grpc::Status answer =
      PaymentStub(address)->GetPaymentStatus(context.get(), request, &response);
  if (status != nullptr) *status = response.status();
  return answer;
}

TEST_CASE("receive_time: the status as of then, waited for, ever the same, at any replica") {
  InProcessStack stack;
  stack.LoadProducts();
  const std::string id = stack.Place(InProcessStack::Order())->trading_id();
  REQUIRE(stack.Reaches(id, v1::ORDER_STATE_COMPLETED));
  const absl::Time now = SystemNow();
  v1::PaymentStatus whole;
  REQUIRE(PaymentAt(stack.address(1), id, now, &whole).ok());
  REQUIRE(whole.state() == v1::PAYMENT_STATE_CAPTURED);
  // As of the moment of the first revision.
  v1::PaymentStatus first;
  REQUIRE(PaymentAt(stack.address(1), id, wire::TimeFrom(whole.create_time()), &first).ok());
  REQUIRE(first.revision() < whole.revision());
  REQUIRE(first.state() == v1::PAYMENT_STATE_SCHEDULED);
  // At another replica, the same; and by the shop's account of all three.
  const std::vector<std::string> more = FreeAddresses(2);
  auto replica = stack.StartPaymentReplica(more);
  v1::PaymentStatus again;
  REQUIRE(PaymentAt(more[0], id, wire::TimeFrom(whole.create_time()), &again).ok());
  REQUIRE(again.SerializeAsString() == first.SerializeAsString());

  v1::BatchGetTradingStatusesRequest batch;
  batch.add_trading_ids(id);
  batch.add_trading_ids(NewUuidV7(absl::Now()).ToString());
  wire::Put(now, batch.mutable_receive_time());
  v1::BatchGetTradingStatusesResponse words;
  REQUIRE(stack.shopping_stub()
              ->BatchGetTradingStatuses(InProcessStack::By("alice").get(), batch, &words)
              .ok());
  REQUIRE(words.results(0).status().payment().SerializeAsString() == whole.SerializeAsString());
  REQUIRE(words.results(0).status().order().state() == v1::ORDER_STATE_COMPLETED);
  REQUIRE(words.results(1).error().code() == grpc::NOT_FOUND);

  // A time to come is waited for, at a replica that did not keep the request as well.
  const absl::Time soon = SystemNow() + absl::Milliseconds(1200);
  v1::PaymentStatus waited[2];
  std::thread other([&] { REQUIRE(PaymentAt(more[0], id, soon, &waited[1]).ok()); });
  REQUIRE(PaymentAt(stack.address(1), id, soon, &waited[0]).ok());
  REQUIRE(SystemNow() >= soon);
  other.join();
  REQUIRE(waited[0].SerializeAsString() == waited[1].SerializeAsString());
  REQUIRE(WaitUntil(
      [&] { return stack.postgres().Ask("payment", "SELECT count(*) FROM all_work") == "0"; }));
  replica->Drain();
}

TEST_CASE("revision: the status as it was then, of one trade or of many, and nothing else") {
  InProcessStack stack;
  stack.LoadProducts();
  const std::string id = stack.Place(InProcessStack::Order())->trading_id();
  const std::string other = stack.Place(InProcessStack::Order())->trading_id();
  REQUIRE(stack.Reaches(id, v1::ORDER_STATE_COMPLETED));
  REQUIRE(stack.Reaches(other, v1::ORDER_STATE_COMPLETED));
  const v1::TradingStatus now = stack.Status(id);
  const auto payment = PaymentStub(stack.address(1));
  const auto ask = [&](const std::string& trade, int64_t revision, v1::PaymentStatus* status,
                       const std::string& buyer = "alice") {
    v1::GetPaymentStatusRequest request;
    request.set_trading_id(trade);
    request.set_revision(revision);
    v1::GetPaymentStatusResponse response;
    const grpc::Status answer =
        payment->GetPaymentStatus(InProcessStack::By(buyer).get(), request, &response);
    if (status != nullptr) *status = response.status();
    return answer;
  };
  // Every revision, each with its own number; the latest is what holds now.
  v1::PaymentStatus status;
  for (int64_t revision = 1; revision <= now.payment().revision(); ++revision) {
    REQUIRE(ask(id, revision, &status).ok());
    REQUIRE(status.revision() == revision);
    REQUIRE(status.trading_id() == id);
  }
  REQUIRE(status.SerializeAsString() == now.payment().SerializeAsString());
  // Orders and deliveries, in batches, each trade at its own revision; 0 is the latest.
  v1::BatchGetOrderStatusesRequest orders;
  for (const std::string& trade : {id, id, other}) orders.add_trading_ids(trade);
  for (const int64_t revision : {int64_t{1}, int64_t{0}, int64_t{2}})
    orders.add_revisions(revision);
  v1::BatchGetOrderStatusesResponse order_answers;
  REQUIRE(stack.shopping_stub()
              ->BatchGetOrderStatuses(InProcessStack::By("alice").get(), orders, &order_answers)
              .ok());
  REQUIRE(order_answers.results(0).status().revision() == 1);
  REQUIRE(order_answers.results(0).status().state() == v1::ORDER_STATE_ACCEPTED);
  REQUIRE(order_answers.results(1).status().SerializeAsString() == now.order().SerializeAsString());
  REQUIRE(order_answers.results(2).status().trading_id() == other);
  REQUIRE(order_answers.results(2).status().revision() == 2);
  v1::GetDeliveryStatusRequest delivery;
  delivery.set_trading_id(id);
  delivery.set_revision(1);
  v1::GetDeliveryStatusResponse delivered;
  REQUIRE(v1::DeliveryService::NewStub(Keys::Get().BuyerChannel(stack.address(2)))
              ->GetDeliveryStatus(InProcessStack::By("alice").get(), delivery, &delivered)
              .ok());
  REQUIRE(delivered.status().revision() == 1);
  REQUIRE(delivered.status().booking() == v1::BOOKING_STATE_PENDING);
  // What does not exist, is somebody else's, or is no revision.
  const grpc::Status later = ask(id, now.payment().revision() + 1, nullptr);
  REQUIRE(later.error_code() == grpc::NOT_FOUND);
  REQUIRE(ReasonOf(later) == "REVISION_NOT_FOUND");
  REQUIRE(ReasonOf(ask(id, std::numeric_limits<int64_t>::max(), nullptr)) == "REVISION_NOT_FOUND");
  const grpc::Status foreign = ask(id, 1, nullptr, "mallory");
  REQUIRE(ReasonOf(foreign) == "TRADE_NOT_FOUND");
  REQUIRE(ReasonOf(ask(NewUuidV7(absl::Now()).ToString(), 1, nullptr, "mallory")) ==
          "TRADE_NOT_FOUND");
  REQUIRE(FieldOf(ask(id, -1, nullptr)) == "revision");
  v1::GetPaymentStatusRequest both;
  both.set_trading_id(id);
  both.set_revision(1);
  wire::Put(SystemNow(), both.mutable_receive_time());
  v1::GetPaymentStatusResponse neither;
  REQUIRE(FieldOf(payment->GetPaymentStatus(InProcessStack::By("alice").get(), both, &neither)) ==
          "revision");
  orders.mutable_revisions()->RemoveLast();
  REQUIRE(FieldOf(stack.shopping_stub()->BatchGetOrderStatuses(
              InProcessStack::By("alice").get(), orders, &order_answers)) == "revisions");
}

TEST_CASE("receive_time: what cannot be had is said, and others are served") {
  InProcessStack stack(nullptr, [](rpc::ServerSettings& settings) {
    settings.statuses.snapshots.max_pending = 2;
    settings.statuses.snapshots.max_ahead = absl::Hours(24);
  });
  stack.LoadProducts();
  const std::string id = stack.Place(InProcessStack::Order())->trading_id();
  const std::string other = stack.Place(InProcessStack::Order())->trading_id();
  REQUIRE(stack.Reaches(id, v1::ORDER_STATE_COMPLETED));
  REQUIRE(stack.Reaches(other, v1::ORDER_STATE_COMPLETED));
  const std::string& address = stack.address(1);
  const absl::Time now = SystemNow();
  REQUIRE(FieldOf(PaymentAt(address, id, now - absl::Hours(1), nullptr)) == "receive_time");
  REQUIRE(FieldOf(PaymentAt(address, id, now + absl::Hours(25), nullptr)) == "receive_time");
  for (const int64_t seconds : {-300'000'000'000, 0L, 300'000'000'000}) {
    REQUIRE(FieldOf(PaymentAt(address, id, absl::FromUnixSeconds(seconds), nullptr)) ==
            "receive_time");
  }
  // Long past times are read off the history and leave nothing behind.
  REQUIRE(stack.postgres().Ask("payment", "SELECT count(*) FROM snapshots") == "0");
  REQUIRE(PaymentAt(address, id, now, nullptr, "mallory").error_code() == grpc::NOT_FOUND);
  const auto later = [&](const std::string& trade, int minutes) {
    return PaymentAt(address, trade, now + absl::Minutes(minutes), nullptr, "alice",
                     absl::Milliseconds(500));
  };
  REQUIRE(ReasonOf(later(id, 1)) == "NOT_YET");
  REQUIRE(ReasonOf(later(id, 2)) == "NOT_YET");
  REQUIRE(ReasonOf(later(id, 2)) == "NOT_YET");  // the same again takes no more room
  const grpc::Status third = later(id, 3);
  REQUIRE(third.error_code() == grpc::RESOURCE_EXHAUSTED);
  REQUIRE(ReasonOf(third) == "TOO_MANY_SNAPSHOTS");
  REQUIRE(ReasonOf(later(other, 3)) == "NOT_YET");
  REQUIRE(PaymentAt(address, id, now, nullptr).ok());
}

// A stream that is read in a thread of its own.
class Watching {
 public:
  Watching(const std::string& address, const std::string& id, int64_t after,
           const std::string& buyer = "alice")
      : stub_(PaymentStub(address)), context_(InProcessStack::By(buyer)) {
    v1::WatchPaymentStatusRequest request;
    request.set_trading_id(id);
    request.set_after_revision(after);
    reader_ = stub_->WatchPaymentStatus(context_.get(), request);
  }
  // The next revision; 0 at the end of the stream.
  int64_t Next() {
    v1::WatchPaymentStatusResponse response;
    return reader_->Read(&response) ? response.status().revision() : 0;
  }
  grpc::Status End() {
    while (Next() != 0) {
    }
    return reader_->Finish();
  }
  void Cancel() { context_->TryCancel(); }

 private:
  std::unique_ptr<v1::PaymentService::Stub> stub_;
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<grpc::ClientReader<v1::WatchPaymentStatusResponse>> reader_;
};

TEST_CASE("watch: every revision once and in order, at any replica, from any revision on") {
  InProcessStack stack;
  stack.LoadProducts();
  const std::vector<std::string> more = FreeAddresses(2);
  auto replica = stack.StartPaymentReplica(more);
  const std::string id = stack.Place(InProcessStack::Order())->trading_id();
  REQUIRE(WaitUntil([&] { return stack.Status(id).has_payment(); }));
  for (const std::string& address : {stack.address(1), more[0]}) {
    Watching all(address, id, 0);
    for (int64_t revision = 1; revision <= 4; ++revision) REQUIRE(all.Next() == revision);
    Watching rest(address, id, 2);
    REQUIRE(rest.Next() == 3);
    rest.Cancel();
    REQUIRE(rest.End().error_code() == grpc::CANCELLED);
    all.Cancel();
    REQUIRE(all.End().error_code() == grpc::CANCELLED);
  }
  // A watcher at one replica hears of what comes later through either: a return.
  Watching here(stack.address(1), id, 4);
  Watching there(more[0], id, 4);
  REQUIRE(stack.Reaches(id, v1::ORDER_STATE_COMPLETED));
  v1::ReturnProductsRequest give_back;
  give_back.set_request_id(NewUuidV7(absl::Now()).ToString());
  give_back.set_trading_id(id);
  auto* line = give_back.add_lines();
  line->set_sku("A");
  line->set_quantity(1);
  v1::ReturnProductsResponse returned;
  REQUIRE(stack.shopping_stub()
              ->ReturnProducts(InProcessStack::By("alice").get(), give_back, &returned)
              .ok());
  REQUIRE(returned.return_id() == "R1");
  REQUIRE(here.Next() == 5);
  REQUIRE(there.Next() == 5);
  // The server's end is the watches' end, at once, and says so.
  replica->Drain();
  REQUIRE(there.End().error_code() == grpc::UNAVAILABLE);
}

TEST_CASE("watch: refused without a trade of one's own, bounded in number and age") {
  InProcessStack stack(nullptr, [](rpc::ServerSettings& settings) {
    settings.statuses.watches.max_watchers = 2;
    settings.statuses.watches.max_age = absl::Milliseconds(1500);
  });
  stack.LoadProducts();
  const std::string id = stack.Place(InProcessStack::Order())->trading_id();
  REQUIRE(stack.Reaches(id, v1::ORDER_STATE_COMPLETED));
  REQUIRE(Watching(stack.address(1), id, 0, "mallory").End().error_code() == grpc::NOT_FOUND);
  REQUIRE(FieldOf(Watching(stack.address(1), id, -1).End()) == "after_revision");
  REQUIRE(FieldOf(Watching(stack.address(1), id, std::numeric_limits<int64_t>::max()).End()) ==
          "after_revision");
  REQUIRE(FieldOf(Watching(stack.address(1), "rubbish", 0).End()) == "trading_id");
  {
    Watching first(stack.address(1), id, 0);
    Watching second(stack.address(1), id, 0);
    REQUIRE(first.Next() == 1);
    REQUIRE(second.Next() == 1);
    const grpc::Status third = Watching(stack.address(1), id, 0).End();
    REQUIRE(third.error_code() == grpc::RESOURCE_EXHAUSTED);
    REQUIRE(ReasonOf(third) == "TOO_MANY_WATCHES");
    // Other calls are served.
    REQUIRE(PaymentAt(stack.address(1), id, SystemNow(), nullptr).ok());
    REQUIRE(first.End().ok());  // its time is over: resume
    REQUIRE(second.End().ok());
  }
  REQUIRE(WaitUntil([&] { return Watching(stack.address(1), id, 0).Next() == 1; }));
}

TEST_CASE("planned captures run by themselves at their date, once, whichever replica is there") {
  RecordingGateway gateway(false);
  InProcessStack stack(&gateway, nullptr, absl::Milliseconds(2500));
  stack.LoadProducts();
  const std::vector<std::string> more = FreeAddresses(2);
  auto replica = stack.StartPaymentReplica(more);
  std::vector<std::string> ids;
  for (int i = 0; i < 20; ++i) {
    v1::PlaceOrderRequest order = InProcessStack::Order(1);
    order.set_terms(v1::TERMS_NET_30);
    ids.push_back(stack.Place(order)->trading_id());
  }
  for (const std::string& id : ids) {
    REQUIRE(WaitUntil([&] { return stack.Status(id).payment().planned_captures_size() == 1; }));
  }
  // The one that planned them is gone when the date comes.
  stack.StopPayment();
  for (const std::string& id : ids) REQUIRE(stack.Reaches(id, v1::ORDER_STATE_COMPLETED));
  const auto submitted = gateway.submitted();
  REQUIRE(submitted.size() == 40);
  for (const auto& [reference, times] : submitted) {
    CAPTURE(reference);
    REQUIRE(times == 1);
  }
  for (const std::string& id : ids) {
    const v1::PaymentStatus payment = stack.Status(id).payment();
    REQUIRE(payment.captured().minor_units() == 1000 + 70 + 490);
    REQUIRE(payment.terms() == v1::TERMS_NET_30);
  }
  replica->Drain();
  stack.StartPayment();
}

}  // namespace
}  // namespace tallystick::testing
