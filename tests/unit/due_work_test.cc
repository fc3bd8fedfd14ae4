// The rules of due work, without a thread or a table: what a batch's failures and verdicts mean,
// and what a process holds in memory until when. tests/concurrency/relay_test.cc has the workers.
#include <algorithm>
#include <map>

#include "platform/relay/batch_in_hand.h"
#include "platform/relay/bundle.h"
#include "platform/relay/work_in_hand.h"
#include "tests/support/catch.h"

namespace tallystick::testing {
namespace {

constexpr Queue kQueue{1, "tests"};

QueueWorkerOptions Options() {
  QueueWorkerOptions options;
  options.queue = kQueue;
  options.lease = absl::Seconds(10);
  return options;
}

WorkItem Item(int trade, int64_t number) {
  WorkItem item;
  item.trading_id.bytes[0] = static_cast<uint8_t>(trade);
  item.queue = kQueue.number;
  item.number = number;
  return item;
}

SteadyTime At(double seconds) {
  return SteadyTime() + absl::ToChronoNanoseconds(absl::Seconds(seconds));
}

// Whatever has one of the trades in it cannot be handled.
void Handle(BatchInHand& batch, const std::vector<int>& broken) {
  while (!batch.Next().empty()) {
    bool fails = false;
    for (const WorkItem& item : batch.Next()) {
      for (const int trade : broken) fails = fails || item.trading_id.bytes[0] == trade;
    }
    if (fails) {
      batch.Take(absl::InternalError("the row cannot be read"));
    } else {
      batch.Take(std::vector<WorkVerdict>(batch.Next().size()));
    }
  }
}

double Half() { return 0.5; }

TEST_CASE("due work: what one trade's items meet is that trade's trouble, however many they are") {
  const QueueWorkerOptions options = Options();
  BatchInHand alone({Item(1, 1), Item(1, 2), Item(1, 3)}, options);
  Handle(alone, {1});
  REQUIRE(alone.pause().ok());
  const Settlement settlement = alone.Settle(Half);
  REQUIRE(settlement.again.size() == 3);
  for (const WorkItem& item : settlement.postponed) REQUIRE(item.attempts == 1);

  // Tried often enough, it waits for a person.
  std::vector<WorkItem> tired = {Item(1, 1), Item(1, 2)};
  for (WorkItem& item : tired) item.attempts = options.max_attempts - 1;
  BatchInHand last(tired, options);
  Handle(last, {1});
  for (const WorkItem& item : last.Settle(Half).postponed) {
    REQUIRE(item.attempts == kParkedAttempts);
  }
}

TEST_CASE("due work: what items of several trades meet alike is the queue's trouble") {
  const QueueWorkerOptions options = Options();
  BatchInHand batch({Item(1, 1), Item(1, 2), Item(2, 1)}, options);
  Handle(batch, {1, 2});
  REQUIRE_FALSE(batch.pause().ok());
  REQUIRE(batch.TakeRest().empty());
  REQUIRE(batch.Settle(Half).again.size() == 3);
}

TEST_CASE("due work: for the queue's trouble nothing is parked, but people get to see it") {
  const QueueWorkerOptions options = Options();
  std::vector<WorkItem> items = {Item(1, 1), Item(2, 1)};
  for (int times = 1; times <= 3 * options.max_attempts; ++times) {
    BatchInHand batch(items, options);
    Handle(batch, {1, 2});
    items = batch.Settle(Half).again;
    REQUIRE(items.size() == 2);
    for (const WorkItem& item : items) REQUIRE(item.attempts == std::min(times, kManyAttempts));
  }
}

TEST_CASE("due work: a batch is halved until what is to blame stands alone") {
  const QueueWorkerOptions options = Options();
  std::vector<WorkItem> items;
  for (int trade = 1; trade <= 9; ++trade) items.push_back(Item(trade, 1));
  BatchInHand batch(items, options);
  Handle(batch, {4});
  REQUIRE(batch.pause().ok());
  const Settlement settlement = batch.Settle(Half);
  REQUIRE(settlement.done.size() == 8);
  REQUIRE(settlement.again.size() == 1);
  REQUIRE(settlement.again[0].trading_id.bytes[0] == 4);
  REQUIRE(settlement.again[0].perhaps_begun);
}

TEST_CASE("due work: a peer that is down ends a batch, and what was answered before stays so") {
  const QueueWorkerOptions options = Options();
  BatchInHand batch({Item(1, 1), Item(2, 1), Item(3, 1), Item(4, 1)}, options);
  batch.Take(absl::InternalError("one of them"));
  batch.Take(std::vector<WorkVerdict>(2));
  batch.Take(absl::UnavailableError("down"));
  REQUIRE(batch.Next().empty());
  REQUIRE(absl::IsUnavailable(batch.pause()));
  REQUIRE(batch.Settle(Half).done.size() == 2);
  REQUIRE(batch.TakeRest().size() == 2);
}

TEST_CASE("due work: what is stuck is parked only when it is first") {
  QueueWorkerOptions options = Options();
  options.max_attempts = 1;
  BatchInHand batch({Item(1, 1), Item(1, 2)}, options);
  batch.Take(std::vector<WorkVerdict>(2, {WorkVerdict::kStuck, {}, "too early"}));
  const Settlement settlement = batch.Settle(Half);
  REQUIRE(settlement.stuck.size() == 2);
  const auto judged = batch.JudgeStuck(settlement.stuck, {true, false}, Half);
  REQUIRE(judged[0].attempts == kParkedAttempts);
  REQUIRE(judged[1].attempts == 1);
  REQUIRE(judged[1].delay > absl::ZeroDuration());
}

TEST_CASE("due work: what is in memory is worked on within its lease, and looked for after it") {
  WorkInHand hand(Options());
  hand.HandOver({Item(1, 1)}, At(0));
  REQUIRE(hand.IsToLook(At(0)));
  hand.Claimed({}, At(0));
  REQUIRE(hand.WakeTime() == At(0));
  // Nobody came to it for longer than what a handler needs.
  REQUIRE(hand.TakeDue(At(6)).empty());
  REQUIRE(hand.IsToLook(At(6)));
  hand.Claimed({Item(1, 1)}, At(11));
  REQUIRE(hand.TakeDue(At(11)).size() == 1);
}

TEST_CASE("due work: a lease counts from before the commit, however late its answer came") {
  WorkInHand hand(Options());
  hand.HandOver({Item(1, 1)}, At(0));
  hand.Claimed({}, At(8));
  // It is 9 s later: the lease of the row is nearly over.
  REQUIRE(hand.TakeDue(At(9)).empty());
  hand.Claimed({Item(2, 1)}, At(20));
  REQUIRE(hand.TakeDue(At(29)).empty());
  hand.Settled({}, {Item(3, 1)}, At(30), At(30));
  REQUIRE(hand.TakeDue(At(39)).empty());
}

TEST_CASE("due work: what comes again after its lease ran out counts as perhaps begun") {
  for (const bool late : {false, true}) {
    WorkInHand hand(Options());
    hand.HandOver({Item(1, 1)}, At(0));
    std::vector<WorkItem> batch = hand.TakeDue(At(0));
    REQUIRE(batch.size() == 1);
    REQUIRE_FALSE(batch[0].perhaps_begun);
    const SteadyTime settled = late ? At(12) : At(2);
    hand.Settled(batch, batch, settled, settled);
    const std::vector<WorkItem> again = hand.TakeDue(settled);
    REQUIRE(again.size() == 1);
    REQUIRE(again[0].perhaps_begun == late);
  }
}

TEST_CASE("due work: what is taken knows until when it is nobody else's") {
  WorkInHand hand(Options());
  hand.HandOver({Item(1, 1)}, At(0));
  hand.Claimed({Item(2, 1)}, At(1));
  const std::vector<WorkItem> batch = hand.TakeDue(At(2));
  REQUIRE(batch.size() == 2);
  REQUIRE(batch[0].leased_until == At(10));
  REQUIRE(batch[1].leased_until == At(11));
}

TEST_CASE("due work: what was leased on another connection is left to the table") {
  WorkInHand hand(Options());
  hand.HandOver({Item(1, 1), Item(2, 1)}, At(0));
  hand.Claimed({Item(2, 1)}, At(2));  // once more, on the new one
  const std::vector<WorkItem> batch = hand.TakeDue(At(2), At(1));
  REQUIRE(batch.size() == 1);
  REQUIRE(batch[0].trading_id == Item(2, 1).trading_id);
  hand.Pause(batch, At(2), 0.5);
  // There is none.
  REQUIRE(hand.TakeDue(At(5), kNeverSteady).empty());
  REQUIRE(hand.IsToLook(At(5)));
}

TEST_CASE("due work: what was found again while it was in memory counts as perhaps begun") {
  WorkInHand hand(Options());
  hand.HandOver({Item(1, 1)}, At(0));
  hand.Claimed({Item(1, 1)}, At(11));
  const std::vector<WorkItem> batch = hand.TakeDue(At(11));
  REQUIRE(batch.size() == 1);
  REQUIRE(batch[0].perhaps_begun);
}

TEST_CASE("due work: a queue that fails pauses for longer each time, and not once it works") {
  WorkInHand hand(Options());
  const absl::Duration first = hand.Pause({}, At(0), 0.5);
  const absl::Duration second = hand.Pause({}, At(1), 0.5);
  REQUIRE(second == 2 * first);
  REQUIRE(hand.WakeTime() == At(1) + absl::ToChronoNanoseconds(second));
  hand.Works();
  REQUIRE(hand.Pause({}, At(2), 0.5) == first);
}

std::vector<WorkItem> Bundled(int count, size_t payload = 0) {
  std::vector<WorkItem> items;
  for (int trade = 1; trade <= count; ++trade) {
    items.push_back(Item(trade, 1));
    items.back().shares_row = true;
    items.back().payload.assign(payload, 'x');
  }
  uint8_t next = 0;
  MakeBundles(items, [&next] {
    Uuid id;
    id.bytes[15] = ++next;
    return id;
  });
  return items;
}

TEST_CASE("bundles: what one commit causes in a queue shares rows of a bounded size") {
  std::map<const Bundle*, size_t> sizes;
  for (const WorkItem& item : Bundled(450)) ++sizes[item.bundle.get()];
  REQUIRE(sizes.size() == 3);
  for (const auto& [bundle, size] : sizes) {
    REQUIRE(bundle != nullptr);
    REQUIRE(size == bundle->size);
    REQUIRE(size <= kMostBundled);
  }

  std::map<const Bundle*, size_t> bytes;
  for (const WorkItem& item : Bundled(20, 1'500)) bytes[item.bundle.get()] += item.payload.size();
  REQUIRE(bytes.size() == 5);
  for (const auto& [bundle, size] : bytes) REQUIRE(size <= kMostBundledBytes);

  // Too large for company, or without any.
  for (const WorkItem& item : Bundled(3, 5'000)) REQUIRE(item.bundle == nullptr);
  REQUIRE(Bundled(1)[0].bundle == nullptr);
}

TEST_CASE("bundles: only what may share a row does, and with its like") {
  std::vector<WorkItem> items = {Item(1, 1), Item(2, 1), Item(3, 1), Item(4, 1), Item(5, 1)};
  for (WorkItem& item : items) item.shares_row = true;
  items[0].date = absl::UnixEpoch();
  items[1].anew = true;
  items[2].queue = 2;
  items[3].delay = absl::Seconds(1);
  items.push_back(Item(6, 1));
  items.push_back(Item(7, 1));
  items.back().shares_row = true;
  MakeBundles(items, [] { return Uuid{}; });
  for (size_t i = 0; i < items.size(); ++i) {
    REQUIRE((items[i].bundle != nullptr) == (i == 4 || i == 6));
  }
}

TEST_CASE("bundles: a row goes when the last of it is done") {
  std::vector<WorkItem> items = Bundled(3);
  REQUIRE(RowsOf({.done = {items[0], items[1]}}).finished.empty());
  const SettledRows last = RowsOf({.done = {items[2]}});
  REQUIRE(last.finished == std::vector<Uuid>{items[2].bundle->id});
  REQUIRE(last.done.empty());
  REQUIRE(last.apart.empty());
}

TEST_CASE("bundles: what has to wait takes its bundle apart, once") {
  std::vector<WorkItem> items = Bundled(4);
  REQUIRE(RowsOf({.done = {items[0]}}).done.empty());
  const SettledRows rows = RowsOf({.done = {items[1]}, .postponed = {items[2]}});
  REQUIRE(rows.apart == std::vector<Uuid>{items[0].bundle->id});
  REQUIRE(rows.finished.empty());
  // The rows of what was done before, too.
  REQUIRE(rows.done.size() == 2);
  const SettledRows rest = RowsOf({.done = {items[3]}});
  REQUIRE(rest.apart.empty());
  REQUIRE(rest.finished.empty());
  REQUIRE(rest.done.size() == 1);
}

TEST_CASE("bundles: one whose settling was not written stays for whoever finds it") {
  std::vector<WorkItem> items = Bundled(2);
  REQUIRE(RowsOf({.done = {items[0]}}).finished.empty());
  LeaveBundles({&items[0], 1});
  const SettledRows rows = RowsOf({.done = {items[1]}});
  REQUIRE(rows.finished.empty());
  REQUIRE(rows.apart.empty());
}

TEST_CASE("bundles: what comes again by plan is in hand again, in another bundle") {
  const QueueWorkerOptions options = Options();
  std::vector<WorkItem> items = Bundled(2);
  items.push_back(Item(3, 1));
  BatchInHand batch(items, options);
  batch.Take(std::vector<WorkVerdict>(3, {WorkVerdict::kAgain, absl::Seconds(1)}));
  Settlement settlement = batch.Settle(Half);
  REQUIRE(settlement.renewed.size() == 2);
  REQUIRE(settlement.postponed.size() == 1);
  const Uuid before = items[0].bundle->id;
  REQUIRE(RowsOf(settlement).finished == std::vector<Uuid>{before});
  MakeBundles(settlement.renewed, [] { return Uuid{}; });
  REQUIRE(settlement.renewed[0].bundle->id != before);

  WorkInHand hand(options);
  hand.HandOver(items, At(0));
  const std::vector<WorkItem> taken = hand.TakeDue(At(0));
  REQUIRE(taken.size() == 3);
  REQUIRE(taken[0].bundle == items[0].bundle);
  hand.Settled(taken, settlement.renewed, At(0), At(0));
  const std::vector<WorkItem> again = hand.TakeDue(At(1));
  REQUIRE(again.size() == 2);
  REQUIRE(again[0].bundle == settlement.renewed[0].bundle);
}

TEST_CASE("bundles: what was found in the table has a row of its own") {
  WorkInHand hand(Options());
  const std::vector<WorkItem> items = Bundled(2);
  hand.HandOver(items, At(0));
  hand.Claimed({Item(1, 1)}, At(11));
  const std::vector<WorkItem> batch = hand.TakeDue(At(11));
  REQUIRE(batch.size() == 1);
  REQUIRE(batch[0].bundle == nullptr);
}

}  // namespace
}  // namespace tallystick::testing
