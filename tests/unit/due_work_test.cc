// The rules of due work, without a thread or a table: what a batch's failures and verdicts mean,
// and what a process holds in memory until when. tests/concurrency/relay_test.cc has the workers.
#include <algorithm>

#include "platform/relay/batch_in_hand.h"
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

}  // namespace
}  // namespace tallystick::testing
