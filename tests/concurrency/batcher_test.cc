#include "platform/batch/batcher.h"

#include <atomic>
#include <future>
#include <mutex>
#include <semaphore>
#include <thread>

#include "platform/batch/gather.h"
#include "tests/support/catch.h"
#include "tests/support/wait_until.h"

namespace tallystick {
namespace {

using testing::WaitUntil;

using IntBatcher = Batcher<int, int>;

IntBatcher::Answers Doubled(std::span<const int> requests) {
  IntBatcher::Answers answers;
  for (const int request : requests) answers.emplace_back(request * 2);
  return answers;
}

std::future<absl::StatusOr<int>> Submit(IntBatcher& batcher, int request, Patience patience = {}) {
  auto promise = std::make_shared<std::promise<absl::StatusOr<int>>>();
  batcher.Submit(request, std::move(patience),
                 [promise](absl::StatusOr<int> answer) { promise->set_value(answer); });
  return promise->get_future();
}

// A process function that waits until it is let go, so that a test decides what is queued
// meanwhile.
class Gate {
 public:
  IntBatcher::Process Guard(IntBatcher::Process process) {
    return [this, process](const Batch<int>& batch) {
      entered_.release();
      opened_.acquire();
      return process(batch);
    };
  }
  void WaitUntilEntered() { entered_.acquire(); }
  void Open() { opened_.release(); }

 private:
  std::counting_semaphore<1000> entered_{0};
  std::counting_semaphore<1000> opened_{0};
};

TEST_CASE("batcher: a batch that fails slowly is not halved until the queue has grown old") {
  std::atomic<int> runs = 0;
  Gate gate;
  std::atomic<bool> first = true;
  IntBatcher batcher({128, 1000, absl::Milliseconds(50)}, [&](const Batch<int>& batch) {
    if (first.exchange(false))
      return gate.Guard([](const Batch<int>& b) { return Doubled(b); })(batch);
    ++runs;
    // A lock that is not given back.
    absl::SleepFor(absl::Milliseconds(30));
    return AllFailed<int>(batch.requests().size(), absl::AbortedError("locked"));
  });
  auto opener = Submit(batcher, 0);
  gate.WaitUntilEntered();
  std::vector<std::future<absl::StatusOr<int>>> answers;
  for (int i = 0; i < 128; ++i) answers.push_back(Submit(batcher, i));
  gate.Open();
  REQUIRE(opener.get().ok());
  for (auto& answer : answers) {
    const absl::Status status = answer.get().status();
    REQUIRE((absl::IsAborted(status) || absl::IsResourceExhausted(status)));
  }
  // Two or three halvings, and the parts that were left then.
  REQUIRE(runs <= 12);
}

TEST_CASE("batcher: what would have to wait too long is refused at once, not when it has") {
  Gate gate;
  std::atomic<bool> gated = false;
  IntBatcher batcher({2, 1000, absl::Milliseconds(50)}, [&](const Batch<int>& batch) {
    if (gated) {
      return gate.Guard([](const Batch<int>& b) { return Doubled(b); })(batch);
    }
    absl::SleepFor(absl::Milliseconds(100));
    return Doubled(batch);
  });
  // Now it knows how long a batch takes.
  for (int i = 0; i < 3; ++i) REQUIRE(Submit(batcher, i).get().ok());
  gated = true;
  auto first = Submit(batcher, 0);
  gate.WaitUntilEntered();
  std::vector<std::future<absl::StatusOr<int>>> answers;
  for (int i = 0; i < 20; ++i) answers.push_back(Submit(batcher, i));
  gated = false;
  gate.Open();
  REQUIRE(first.get().ok());
  int taken = 0;
  for (auto& answer : answers) {
    const absl::StatusOr<int> one = answer.get();
    if (one.ok()) {
      ++taken;
    } else {
      REQUIRE(GetErrorDetail(one.status()).reason == "QUEUE_FULL");
    }
  }
  REQUIRE(taken == 2);
}

TEST_CASE("batcher: each request gets its own answer, from many threads") {
  IntBatcher batcher({64, 100'000}, Doubled);
  std::vector<std::thread> threads;
  std::atomic<int> right = 0;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 500; ++i) {
        const int request = thread * 1000 + i;
        if (*Submit(batcher, request).get() == request * 2) ++right;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  REQUIRE(right == 2000);
}

TEST_CASE("batcher: what arrives while a batch is written goes into the next one") {
  Gate gate;
  std::mutex mutex;
  std::vector<size_t> sizes;
  IntBatcher batcher({8, 100}, gate.Guard([&](std::span<const int> requests) {
    std::lock_guard lock(mutex);
    sizes.push_back(requests.size());
    return Doubled(requests);
  }));
  std::vector<std::future<absl::StatusOr<int>>> answers;
  answers.push_back(Submit(batcher, 0));
  gate.WaitUntilEntered();
  for (int i = 1; i <= 10; ++i) answers.push_back(Submit(batcher, i));
  for (int i = 0; i < 3; ++i) gate.Open();
  for (int i = 0; i <= 10; ++i) REQUIRE(*answers[static_cast<size_t>(i)].get() == i * 2);
  std::lock_guard lock(mutex);
  REQUIRE(sizes == std::vector<size_t>{1, 8, 2});
}

std::string ReasonOf(const absl::StatusOr<int>& answer) {
  return GetErrorDetail(answer.status()).reason;
}

TEST_CASE("batcher: a full queue refuses at once, and an expired request costs nothing") {
  Gate gate;
  std::atomic<int> processed = 0;
  IntBatcher batcher({8, 1}, gate.Guard([&](std::span<const int> requests) {
    processed += static_cast<int>(requests.size());
    return Doubled(requests);
  }));
  auto first = Submit(batcher, 1);
  gate.WaitUntilEntered();
  auto expired = Submit(batcher, 3, {SteadyAfter(-absl::Seconds(1))});
  REQUIRE(expired.get().status().code() == absl::StatusCode::kDeadlineExceeded);
  auto second = Submit(batcher, 2);
  const auto refused = Submit(batcher, 4).get();
  REQUIRE(ReasonOf(refused) == "QUEUE_FULL");
  REQUIRE(GetErrorDetail(refused.status()).values.contains("retry_after_ms"));
  gate.Open();
  gate.Open();
  REQUIRE(*first.get() == 2);
  REQUIRE(*second.get() == 4);
  REQUIRE(processed == 2);
}

TEST_CASE("batcher: a queue that has grown old takes no more, and none that would come too late") {
  Gate gate;
  IntBatcher batcher({8, 100, absl::Milliseconds(20)}, gate.Guard(Doubled));
  auto first = Submit(batcher, 1);
  gate.WaitUntilEntered();
  auto waiting = Submit(batcher, 2);
  // Taken while the queue is young, refused when it is not.
  REQUIRE(WaitUntil([&] {
    auto answer = Submit(batcher, 3);
    return answer.wait_for(std::chrono::seconds(0)) == std::future_status::ready &&
           ReasonOf(answer.get()) == "QUEUE_FULL";
  }));
  for (int i = 0; i < 20; ++i) gate.Open();
  REQUIRE(*first.get() == 2);
  REQUIRE(*waiting.get() == 4);
  // It recovers by itself.
  REQUIRE(WaitUntil([&] {
    gate.Open();
    return Submit(batcher, 5).get().ok();
  }));
  for (int i = 0; i < 100; ++i) gate.Open();
}

TEST_CASE("batcher: whoever waits is answered at the deadline, whatever the writer hangs at") {
  Gate gate;
  IntBatcher batcher({1, 100}, gate.Guard(Doubled));
  auto processing = Submit(batcher, 1, {SteadyAfter(absl::Milliseconds(30))});
  gate.WaitUntilEntered();
  auto queued = Submit(batcher, 2, {SteadyAfter(absl::Milliseconds(30))});
  auto patient = Submit(batcher, 3);
  // The gate is shut.
  REQUIRE(processing.get().status().code() == absl::StatusCode::kDeadlineExceeded);
  REQUIRE(queued.get().status().code() == absl::StatusCode::kDeadlineExceeded);
  for (int i = 0; i < 3; ++i) gate.Open();
  REQUIRE(*patient.get() == 6);
}

TEST_CASE("batcher: a process knows who still waits") {
  Gate gate;
  std::vector<bool> waits;
  IntBatcher batcher({8, 100}, [&](const Batch<int>& batch) {
    gate.Guard([](const Batch<int>& all) { return Doubled(all); })(batch);
    for (size_t i = 0; i < batch.requests().size(); ++i) waits.push_back(batch.Waits(i));
    return Doubled(batch);
  });
  std::atomic<bool> gone = false;
  auto first = Submit(batcher, 1, {kNeverSteady, [&] { return gone.load(); }});
  gate.WaitUntilEntered();
  auto second = Submit(batcher, 2);
  gone = true;
  gate.Open();
  gate.Open();
  REQUIRE(*second.get() == 4);
  (void)first.get();  // nobody looks at it
  REQUIRE(waits == std::vector<bool>{false, true});
}

TEST_CASE("batcher: rows that others hold fail alone, in few runs") {
  Gate gate;
  std::atomic<int> runs = 0;
  IntBatcher batcher({128, 1000}, [&](const Batch<int>& batch) -> IntBatcher::Answers {
    if (++runs == 1) gate.Guard([](const Batch<int>& all) { return Doubled(all); })(batch);
    const std::span<const int> requests = batch;
    for (const int request : requests) {
      if (request == 13 || request == 77) {
        return AllFailed<int>(requests.size(), absl::AbortedError("locked"));
      }
    }
    return Doubled(requests);
  });
  auto first = Submit(batcher, 0);
  gate.WaitUntilEntered();
  std::vector<std::future<absl::StatusOr<int>>> answers;
  for (int i = 1; i <= 128; ++i) answers.push_back(Submit(batcher, i));
  gate.Open();
  for (int i = 1; i <= 128; ++i) {
    const auto answer = answers[static_cast<size_t>(i - 1)].get();
    if (i == 13 || i == 77) {
      REQUIRE(absl::IsAborted(answer.status()));
    } else {
      REQUIRE(*answer == i * 2);
    }
  }
  REQUIRE(runs <= 1 + 4 * 8);
}

TEST_CASE("batcher: one request that breaks the batch does not fail its neighbours") {
  Gate gate;
  IntBatcher batcher({8, 100}, gate.Guard([](std::span<const int> requests) {
    for (const int request : requests) {
      if (request == 13) return AllFailed<int>(requests.size(), absl::InternalError("13"));
    }
    return Doubled(requests);
  }));
  auto first = Submit(batcher, 0);
  gate.WaitUntilEntered();
  auto before = Submit(batcher, 1);
  auto bad = Submit(batcher, 13);
  auto after = Submit(batcher, 2);
  for (int i = 0; i < 10; ++i) gate.Open();
  REQUIRE(*before.get() == 2);
  REQUIRE(*after.get() == 4);
  REQUIRE(bad.get().status().code() == absl::StatusCode::kInternal);
}

TEST_CASE("batcher: the destructor answers everything that was taken") {
  std::atomic<int> answered = 0;
  {
    IntBatcher batcher({4, 1000}, Doubled);
    for (int i = 0; i < 500; ++i) {
      batcher.Submit(i, {}, [&](absl::StatusOr<int> answer) {
        if (answer.ok()) ++answered;
      });
    }
  }
  REQUIRE(answered == 500);
}

TEST_CASE("batcher: answers are given in the order of the requests") {
  IntBatcher batcher({16, 1000}, Doubled);
  std::promise<IntBatcher::Answers> promise;
  auto dones =
      Gather<int>(100, [&](IntBatcher::Answers answers) { promise.set_value(std::move(answers)); });
  for (int i = 0; i < 100; ++i) batcher.Submit(i, {}, std::move(dones[static_cast<size_t>(i)]));
  const IntBatcher::Answers answers = promise.get_future().get();
  for (int i = 0; i < 100; ++i) REQUIRE(*answers[static_cast<size_t>(i)] == i * 2);
}

TEST_CASE("batcher: one who asks for much does not hold up others") {
  std::mutex begin;
  begin.lock();
  std::vector<int> order;
  IntBatcher batcher({1, 10'000, absl::Hours(1)}, [&](std::span<const int> requests) {
    std::lock_guard lock(begin);
    order.push_back(requests.front());
    return Doubled(requests);
  });
  std::promise<void> all;
  std::atomic<int> missing = 104;
  const auto submit = [&](int request, const std::string& caller) {
    batcher.Submit(request, {kNeverSteady, nullptr, caller}, [&](const absl::StatusOr<int>&) {
      if (--missing == 0) all.set_value();
    });
  };
  for (int i = 0; i < 101; ++i) submit(i, "mallory");
  for (int i = 0; i < 3; ++i) submit(1000 + i, i < 2 ? "bob" : "carol");
  begin.unlock();
  all.get_future().get();
  const auto place = [&](int request) {
    return std::find(order.begin(), order.end(), request) - order.begin();
  };
  // The first two of mallory's may have been taken up before the others came.
  REQUIRE(place(1000) <= 4);
  REQUIRE(place(1002) <= 5);
  REQUIRE(place(1001) <= 8);
  REQUIRE(place(100) == 103);
}

TEST_CASE("batcher: a caller's long queue refuses that caller alone") {
  std::mutex begin;
  std::atomic<int> refused = 0;
  IntBatcher batcher({1, 10'000, absl::Milliseconds(50)}, [&](std::span<const int> requests) {
    std::lock_guard lock(begin);
    return Doubled(requests);
  });
  std::unique_lock held(begin);
  const auto submit = [&](const std::string& caller) {
    batcher.Submit(1, {kNeverSteady, nullptr, caller}, [&](const absl::StatusOr<int>& answer) {
      if (absl::IsResourceExhausted(answer.status())) ++refused;
    });
  };
  for (int i = 0; i < 3; ++i) submit("mallory");
  REQUIRE(testing::WaitUntil([&] {
    return !batcher.HasRoom({kNeverSteady, nullptr, "mallory"}).ok();
  }));
  // What the writer hangs at, everybody has to wait for; it may have taken that up after mallory's
  // others came.
  REQUIRE(testing::WaitUntil([&] {
    return !batcher.HasRoom({kNeverSteady, nullptr, "bob"}).ok();
  }));
  submit("mallory");
  REQUIRE(refused == 1);
  held.unlock();
  REQUIRE(testing::WaitUntil([&] { return batcher.HasRoom({kNeverSteady, nullptr, "bob"}).ok(); }));
}

}  // namespace
}  // namespace tallystick
