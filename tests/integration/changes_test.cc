// What the back office is told of all trades: in order, resumable, and nothing missed.
#include <algorithm>
#include <atomic>
#include <thread>

#include "absl/strings/str_split.h"
#include "platform/wire/convert.h"
#include "tests/support/change_reader.h"
#include "tests/support/raw_http2.h"

namespace tallystick::testing {
namespace {

constexpr const char* kServices[] = {"shopping", "payment", "delivery"};

int64_t StatusRevision(const v1::Change& change) {
  switch (change.status_case()) {
    case v1::Change::kOrder: return change.order().revision();
    case v1::Change::kPayment: return change.payment().revision();
    case v1::Change::kDelivery: return change.delivery().revision();
    default: return 0;
  }
}

std::string ReasonOf(const absl::Status& status) { return GetErrorDetail(status).reason; }

void PlaceSome(const InProcessStack& stack, int orders) {
  std::vector<std::string> ids;
  for (int i = 0; i < orders; ++i) {
    ids.push_back(stack.Place(InProcessStack::Order(1))->trading_id());
  }
  for (const std::string& id : ids) REQUIRE(stack.Reaches(id, v1::ORDER_STATE_COMPLETED));
  REQUIRE(WaitUntil([&] { return stack.IsQuiet(); }));
}

TEST_CASE("changes: all three services tell every change, and from every cursor what comes after") {
  InProcessStack stack(nullptr, [](rpc::ServerSettings& settings) {
    settings.caller_limits.max_calls_per_second = 1'000'000;
  });
  stack.LoadProducts();
  PlaceSome(stack, 4);
  for (int server = 0; server < 3; ++server) {
    CAPTURE(server);
    ChangeReader reader(stack, server);
    std::string end;
    std::vector<std::string> cursors = {""};
    const std::vector<v1::Change> all = reader.ReadAll(end, 1, &cursors);
    CheckComplete(stack, kServices[server], NamesOf(all));
    for (const v1::Change& change : all) {
      REQUIRE(StatusRevision(change) == change.revision());
      REQUIRE(change.buyer() == "alice");
      REQUIRE(change.has_change_time());
    }
    for (size_t read = 0; read < all.size(); ++read) {
      for (const int page_size : {2, 1000}) {
        std::string cursor = cursors[read];
        REQUIRE(NamesOf(reader.ReadAll(cursor, page_size)) ==
                NamesOf({all.begin() + static_cast<std::ptrdiff_t>(read), all.end()}));
      }
    }
    REQUIRE(reader.ReadAll(end).empty());
  }
}

TEST_CASE("changes: nothing is told before what began earlier, and nothing is missed") {
  InProcessStack stack;
  ChangeReader reader(stack, 1);
  const std::string url = stack.postgres().Url("payment");
  pqxx::connection first_connection(url);
  pqxx::connection second_connection(url);
  const auto append = [](pqxx::work& work, const std::string& time) {
    work.exec(
        "INSERT INTO history (trading_id, revision, change_time, entry) VALUES "
        "(gen_random_uuid(), 1, " +
        time + ", '\\x00')");
  };
  std::string cursor;
  REQUIRE(reader.ReadAll(cursor).empty());
  pqxx::work first(first_connection);
  append(first, "now() - interval '1 day'");
  {
    pqxx::work second(second_connection);
    append(second, "now()");
    second.commit();
  }
  // The second is there, and the first may come before it.
  REQUIRE(reader.ReadAll(cursor).empty());
  {
    pqxx::work third(second_connection);
    append(third, "now() + interval '1 day'");
    third.abort();
  }
  first.commit();
  const std::vector<v1::Change> both = reader.ReadAll(cursor);
  REQUIRE(both.size() == 2);
  REQUIRE(wire::TimeFrom(both[0].change_time()) < wire::TimeFrom(both[1].change_time()));
  // Whoever reads from there on gets what has an earlier time still.
  {
    pqxx::work late(second_connection);
    append(late, "now() - interval '7 days'");
    late.commit();
  }
  REQUIRE(reader.ReadAll(cursor).size() == 1);
}

// After a crash PostgreSQL gives numbers again that nothing was committed under.
TEST_CASE(
    "changes: a place at the end is behind the last change, not behind what came to nothing") {
  InProcessStack stack;
  stack.LoadProducts();
  const std::string id = stack.Place(InProcessStack::Order(1))->trading_id();
  REQUIRE(stack.Reaches(id, v1::ORDER_STATE_COMPLETED));
  REQUIRE(stack.IsQuiet());
  ChangeReader reader(stack, 0);
  std::string cursor;
  REQUIRE_FALSE(reader.ReadAll(cursor).empty());
  const std::string at_end = cursor;
  for (int i = 0; i < 5; ++i) {
    stack.postgres().Execute("shopping", "SELECT pg_current_xact_id()");
  }
  REQUIRE(reader.ReadAll(cursor).empty());
  REQUIRE(cursor == at_end);
  const std::vector<std::string> parts = absl::StrSplit(cursor, '.');
  REQUIRE(parts.at(2) == stack.postgres().Ask("shopping",
                                              "SELECT max(appended_by::text::bigint) "
                                              "FROM history"));
}

TEST_CASE("changes: a reader beside replicas that commit at once gets each change once") {
  constexpr int kThreads = 4;
  constexpr int kOrders = 12;
  InProcessStack stack;
  stack.LoadProducts();
  const std::vector<std::string> addresses = FreeAddresses(2);
  const auto replica = stack.StartShoppingReplica(addresses);
  ChangeReader reader(stack, 0);
  v1::WatchChangesRequest watch;
  watch.set_page_size(3);
  auto context = InProcessStack::By("operator:olga");
  auto stream = reader.stub().WatchChanges(context.get(), watch);
  std::atomic<int> placed = 0;
  std::vector<std::jthread> buyers;
  for (int thread = 0; thread < kThreads; ++thread) {
    buyers.emplace_back([&, thread] {
      auto stub = v1::ShoppingService::NewStub(
          Keys::Get().BuyerChannel(thread % 2 == 0 ? stack.address(0) : addresses[0]));
      for (int i = 0; i < kOrders; ++i) {
        v1::PlaceOrderResponse response;
        placed +=
            stub->PlaceOrder(InProcessStack::By("alice").get(), InProcessStack::Order(1), &response)
                .ok();
      }
    });
  }
  // To the end of all of them, by stream and, with its cursors, by pages.
  std::vector<v1::Change> streamed;
  std::string cursor;
  std::string in_between;
  size_t before = 0;
  std::map<std::string, v1::OrderState> states;
  const auto all_ended = [&] {
    return states.size() == kThreads * kOrders && std::ranges::all_of(states, [](const auto& one) {
             return one.second == v1::ORDER_STATE_COMPLETED;
           });
  };
  v1::WatchChangesResponse response;
  while (!all_ended() && stream->Read(&response)) {
    for (const v1::Change& change : response.changes()) {
      streamed.push_back(change);
      states[change.trading_id()] = change.order().state();
    }
    cursor = response.cursor();
    if (streamed.size() < 100) {
      in_between = cursor;
      before = streamed.size();
    }
  }
  buyers.clear();
  REQUIRE(placed == kThreads * kOrders);
  REQUIRE(all_ended());
  context->TryCancel();
  REQUIRE(WaitUntil([&] { return stack.IsQuiet(); }));
  for (const v1::Change& change : reader.ReadAll(cursor)) streamed.push_back(change);
  CheckComplete(stack, "shopping", NamesOf(streamed));
  std::string again;
  REQUIRE(NamesOf(reader.ReadAll(again, 7)) == NamesOf(streamed));
  REQUIRE(NamesOf(reader.ReadAll(in_between, 100)) ==
          NamesOf({streamed.begin() + static_cast<std::ptrdiff_t>(before), streamed.end()}));
  replica->Drain();
}

TEST_CASE("changes: what was trimmed is told to whoever missed it, and to nobody else") {
  InProcessStack stack(nullptr, [](rpc::ServerSettings& settings) {
    settings.statuses.trimming.interval = absl::Milliseconds(30);
  });
  stack.LoadProducts();
  PlaceSome(stack, 2);
  ChangeReader reader(stack, 2);
  const std::string first = reader.List("", 1)->cursor();
  std::string end;
  const std::vector<v1::Change> all = reader.ReadAll(end);
  stack.postgres().Execute("delivery",
                           "UPDATE history SET change_time = change_time - interval '200 days'; "
                           "UPDATE trims SET done_until = done_until - interval '200 days' "
                           "WHERE name = 'history'");
  REQUIRE(WaitUntil(
      [&] { return stack.postgres().Ask("delivery", "SELECT count(*) FROM history") == "2"; }));
  const auto missed = reader.List(first);
  REQUIRE(ReasonOf(missed.status()) == "NO_LONGER_KEPT");
  REQUIRE(GetErrorDetail(missed.status()).values.at("field") == "cursor");
  v1::ListChangesRequest since;
  wire::Put(absl::Now() - absl::Hours(24 * 201), since.mutable_begin_time());
  REQUIRE(ReasonOf(reader.List(since).status()) == "NO_LONGER_KEPT");
  // The same by stream.
  v1::WatchChangesRequest watch;
  watch.set_cursor(first);
  v1::WatchChangesResponse response;
  auto context = InProcessStack::By("operator:olga");
  auto stream = reader.stub().WatchChanges(context.get(), watch);
  REQUIRE_FALSE(stream->Read(&response));
  REQUIRE(ReasonOf(rpc::FromGrpc(stream->Finish())) == "NO_LONGER_KEPT");
  // Who had read it all goes on, and who begins again gets the last of each trade, page by page.
  REQUIRE(reader.ReadAll(end).empty());
  std::string again;
  std::vector<std::string> cursors;
  const std::vector<v1::Change> latest = reader.ReadAll(again, 1, &cursors);
  REQUIRE(latest.size() == 2);
  for (const v1::Change& change : latest) {
    const auto same = std::ranges::find_if(all, [&](const v1::Change& one) {
      return one.trading_id() == change.trading_id() && one.revision() == change.revision();
    });
    REQUIRE(same->delivery().SerializeAsString() == change.delivery().SerializeAsString());
  }
  for (std::string& cursor : cursors) REQUIRE(reader.List(cursor).ok());
}

TEST_CASE("changes: from a time on come those of that time and later, and from now on new ones") {
  InProcessStack stack;
  stack.LoadProducts();
  PlaceSome(stack, 1);
  stack.postgres().Execute("payment",
                           "UPDATE history SET change_time = change_time - interval '1 hour'");
  const absl::Time between = absl::Now() - absl::Minutes(30);
  ChangeReader reader(stack, 1);
  v1::ListChangesRequest since;
  wire::Put(absl::Now() + absl::Hours(1), since.mutable_begin_time());
  std::string now = reader.List(since)->cursor();
  PlaceSome(stack, 1);
  const std::vector<v1::Change> later = reader.ReadAll(now);
  REQUIRE_FALSE(later.empty());
  wire::Put(between, since.mutable_begin_time());
  const auto found = reader.List(since);
  REQUIRE(NamesOf({found->changes().begin(), found->changes().end()}) == NamesOf(later));
  wire::Put(absl::InfinitePast(), since.mutable_begin_time());
  REQUIRE(reader.List(since)->changes_size() > found->changes_size());
}

TEST_CASE("changes: a page has as many as it may, and no more bytes than an answer has") {
  InProcessStack stack;
  ChangeReader reader(stack, 1);
  // Each has more than half of an answer, the last more than a whole one; none can be read.
  stack.postgres().Execute(
      "payment",
      "INSERT INTO history (trading_id, revision, change_time, entry) SELECT gen_random_uuid(), 1, "
      "now(), decode(repeat('00', size), 'hex') FROM unnest(ARRAY[1200000, 1200000, 3000000]) "
      "AS size");
  std::string cursor;
  std::vector<std::string> pages;
  const std::vector<v1::Change> all = reader.ReadAll(cursor, 0, &pages);
  REQUIRE(pages.size() >= 3);
  REQUIRE(all.size() == 3);
  for (const v1::Change& change : all) {
    REQUIRE(change.status_case() == v1::Change::STATUS_NOT_SET);
  }
  stack.postgres().Execute(
      "payment",
      "INSERT INTO history (trading_id, revision, change_time, entry) SELECT gen_random_uuid(), 1, "
      "now(), '\\x00' FROM generate_series(1, 1200)");
  REQUIRE(reader.List(cursor)->changes_size() == 100);
  REQUIRE(reader.List(cursor, 1000)->changes_size() == 1000);
  for (const int page_size : {-1, 1001}) {
    REQUIRE(ReasonOf(reader.List(cursor, page_size).status()) == "INVALID_FIELD");
  }
  for (const char* wrong : {"1", "c1.x.1.y.1.1", "c1.a.1.00000000-0000-0000-0000-000000000000.-1.0",
                            "c2.a.1.00000000-0000-0000-0000-000000000000.1.0"}) {
    REQUIRE(ReasonOf(reader.List(wrong).status()) == "INVALID_FIELD");
  }
  v1::ListChangesRequest both;
  both.set_cursor(cursor);
  both.mutable_begin_time();
  REQUIRE(ReasonOf(reader.List(both).status()) == "INVALID_FIELD");
}

TEST_CASE("changes: a watch says where it is, and ends in time") {
  InProcessStack stack(nullptr, [](rpc::ServerSettings& settings) {
    settings.statuses.watches.max_age = absl::Seconds(1);
  });
  ChangeReader reader(stack, 0);
  const auto watch = [&](grpc::ClientContext* context) {
    return reader.stub().WatchChanges(context, v1::WatchChangesRequest());
  };
  v1::WatchChangesResponse response;
  {
    auto context = InProcessStack::By("operator:olga");
    auto stream = watch(context.get());
    REQUIRE(stream->Read(&response));
    REQUIRE(response.at_end());
    REQUIRE(response.changes().empty());
    REQUIRE(reader.List(response.cursor()).ok());
    REQUIRE_FALSE(stream->Read(&response));
    REQUIRE(stream->Finish().ok());
  }
}

TEST_CASE("changes: there are no more watches than some") {
  InProcessStack stack;
  ChangeReader reader(stack, 0);
  const auto watch = [&](grpc::ClientContext* context) {
    return reader.stub().WatchChanges(context, v1::WatchChangesRequest());
  };
  v1::WatchChangesResponse response;
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::ClientReader<v1::WatchChangesResponse>>> streams;
  absl::Status last;
  while (last.ok()) {
    REQUIRE(streams.size() <= 32);
    contexts.push_back(InProcessStack::By("operator:olga"));
    streams.push_back(watch(contexts.back().get()));
    if (!streams.back()->Read(&response)) last = rpc::FromGrpc(streams.back()->Finish());
  }
  REQUIRE(ReasonOf(last) == "TOO_MANY_WATCHES");
  for (size_t i = 0; i + 1 < streams.size(); ++i) {
    contexts[i]->TryCancel();
    streams[i]->Finish();
  }
  REQUIRE(WaitUntil([&] {
    auto context = InProcessStack::By("operator:olga");
    const bool read = watch(context.get())->Read(&response);
    context->TryCancel();
    return read;
  }));
}

TEST_CASE("changes: a watch that nobody reads holds one page, and its caller gets no more") {
  InProcessStack stack(nullptr, [](rpc::ServerSettings& settings) {
    settings.ports.plaintext_loopback = true;
    settings.caller_limits.max_unread_bytes_per_caller = 30'000;
  });
  stack.postgres().Execute(
      "shopping",
      "INSERT INTO history (trading_id, revision, change_time, entry) SELECT gen_random_uuid(), 1, "
      "now(), '\\x00' FROM generate_series(1, 2000)");
  const auto stub = v1::ChangeFeed::NewStub(
      rpc::MakeChannel(stack.address(0), grpc::InsecureChannelCredentials()));
  // How a watch ends for who reads it to the end of what there is.
  const auto watch = [&](const std::string& who) {
    auto context = InProcessStack::By(who);
    auto stream = stub->WatchChanges(context.get(), v1::WatchChangesRequest());
    v1::WatchChangesResponse response;
    int read = 0;
    while (stream->Read(&response)) {
      read += response.changes_size();
      if (!response.at_end()) continue;
      REQUIRE(read == 2000);
      context->TryCancel();
      stream->Finish();
      return std::string();
    }
    return ReasonOf(rpc::FromGrpc(stream->Finish()));
  };
  REQUIRE(watch("operator:mallory") == "");
  const auto& limits = stack.shopping().gate().limits();
  REQUIRE(WaitUntil([&] { return limits.unread_bytes() == 0; }));
  {
    RawConnection idle(stack.address(0));
    v1::WatchChangesRequest request;
    request.set_page_size(1000);
    REQUIRE(idle.Send(http2::Preface() + http2::CloseWindow()));
    REQUIRE(
        idle.Send(http2::Call(1, "/tallystick.v1.ChangeFeed/WatchChanges",
                              Keys::Get().Token("operator:mallory"), request.SerializeAsString())));
    REQUIRE(WaitUntil([&] { return limits.unread_bytes() > 30'000; }));
    REQUIRE(watch("operator:mallory") == "ANSWERS_UNREAD");
    REQUIRE(limits.unread_bytes() < 100'000);
    REQUIRE(watch("operator:bob") == "");
  }
  REQUIRE(WaitUntil([&] { return watch("operator:mallory") == ""; }));
}

TEST_CASE(
    "changes: a cursor of another database is refused, and a restored one told from the first") {
  InProcessStack stack;
  stack.LoadProducts();
  PlaceSome(stack, 3);
  ChangeReader reader(stack, 1);
  std::string cursor;
  const std::vector<ChangeName> all = NamesOf(reader.ReadAll(cursor, 2));
  std::string other = cursor;
  other.insert(other.find('.') + 1, "1");
  REQUIRE(ReasonOf(reader.List(other).status()) == "OTHER_DATABASE");
  // As in a cluster that has had fewer transactions.
  stack.postgres().Execute("payment",
                           "UPDATE history SET appended_by = '1000000000000' WHERE revision > 1; "
                           "UPDATE trims SET trimmed_to = '1000000000000'");
  REQUIRE(absl::IsInternal(reader.List("").status()));
  stack.StopPayment();
  stack.StartPayment();
  std::string again;
  const std::vector<ChangeName> restored = NamesOf(reader.ReadAll(again, 2));
  CheckComplete(stack, "payment", restored);
  REQUIRE(restored.size() == all.size());
  PlaceSome(stack, 1);
  const std::vector<ChangeName> later = NamesOf(reader.ReadAll(again, 2));
  std::vector<ChangeName> both = restored;
  both.insert(both.end(), later.begin(), later.end());
  CheckComplete(stack, "payment", both);
}

}  // namespace
}  // namespace tallystick::testing
