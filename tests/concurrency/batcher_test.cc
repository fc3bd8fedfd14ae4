#include "platform/batch/batcher.h"

#include <atomic>
#include <future>
#include <mutex>
#include <semaphore>
#include <thread>

#include "tests/support/catch.h"

namespace tallystick {
namespace {

using IntBatcher = Batcher<int, int>;

IntBatcher::Answers Doubled(std::span<const int> requests) {
  IntBatcher::Answers answers;
  for (const int request : requests) answers.emplace_back(request * 2);
  return answers;
}

std::future<absl::StatusOr<int>> Submit(IntBatcher& batcher, int request,
                                        absl::Time deadline = absl::InfiniteFuture()) {
  auto promise = std::make_shared<std::promise<absl::StatusOr<int>>>();
  batcher.Submit(request, deadline,
                 [promise](absl::StatusOr<int> answer) { promise->set_value(answer); });
  return promise->get_future();
}

// A process function that waits until it is let go, so that a test decides what is queued
// meanwhile.
class Gate {
 public:
  IntBatcher::Process Guard(IntBatcher::Process process) {
    return [this, process](std::span<const int> requests) {
      entered_.release();
      opened_.acquire();
      return process(requests);
    };
  }
  void WaitUntilEntered() { entered_.acquire(); }
  void Open() { opened_.release(); }

 private:
  std::counting_semaphore<1000> entered_{0};
  std::counting_semaphore<1000> opened_{0};
};

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

TEST_CASE("batcher: a full queue refuses at once, and an expired request costs nothing") {
  Gate gate;
  std::atomic<int> processed = 0;
  IntBatcher batcher({8, 2}, gate.Guard([&](std::span<const int> requests) {
    processed += static_cast<int>(requests.size());
    return Doubled(requests);
  }));
  auto first = Submit(batcher, 1);
  gate.WaitUntilEntered();
  auto second = Submit(batcher, 2);
  auto expired = Submit(batcher, 3, absl::Now() - absl::Seconds(1));
  auto refused = Submit(batcher, 4);
  REQUIRE(refused.get().status().code() == absl::StatusCode::kResourceExhausted);
  gate.Open();
  gate.Open();
  REQUIRE(*first.get() == 2);
  REQUIRE(*second.get() == 4);
  REQUIRE(expired.get().status().code() == absl::StatusCode::kDeadlineExceeded);
  REQUIRE(processed == 2);
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
  for (int i = 0; i < 5; ++i) gate.Open();
  REQUIRE(*before.get() == 2);
  REQUIRE(*after.get() == 4);
  REQUIRE(bad.get().status().code() == absl::StatusCode::kInternal);
}

TEST_CASE("batcher: the destructor answers everything that was taken") {
  std::atomic<int> answered = 0;
  {
    IntBatcher batcher({4, 1000}, Doubled);
    for (int i = 0; i < 500; ++i) {
      batcher.Submit(i, absl::InfiniteFuture(), [&](absl::StatusOr<int> answer) {
        if (answer.ok()) ++answered;
      });
    }
  }
  REQUIRE(answered == 500);
}

TEST_CASE("batcher: many at once are answered in their order") {
  IntBatcher batcher({16, 1000}, Doubled);
  std::promise<IntBatcher::Answers> promise;
  std::vector<int> requests(100);
  for (int i = 0; i < 100; ++i) requests[static_cast<size_t>(i)] = i;
  batcher.SubmitAll(requests, absl::InfiniteFuture(),
                    [&](IntBatcher::Answers answers) { promise.set_value(std::move(answers)); });
  const IntBatcher::Answers answers = promise.get_future().get();
  for (int i = 0; i < 100; ++i) REQUIRE(*answers[static_cast<size_t>(i)] == i * 2);
}

}  // namespace
}  // namespace tallystick
