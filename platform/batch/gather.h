// Many answers gathered into one.
#pragma once

#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"

namespace tallystick {

// Gives `count` callbacks, one for each answer; when the last has been called, from whichever
// thread, `done` runs once with all answers in order. Requires count >= 1.
template <typename Answer>
std::vector<absl::AnyInvocable<void(absl::StatusOr<Answer>)>> Gather(
    size_t count, absl::AnyInvocable<void(std::vector<absl::StatusOr<Answer>>)> done) {
  struct Gathering {
    std::vector<absl::StatusOr<Answer>> answers;
    absl::AnyInvocable<void(std::vector<absl::StatusOr<Answer>>)> done;
    std::atomic<size_t> missing;
  };
  auto gathering = std::make_shared<Gathering>();
  gathering->answers.resize(count, absl::UnknownError(""));
  gathering->done = std::move(done);
  gathering->missing = count;
  std::vector<absl::AnyInvocable<void(absl::StatusOr<Answer>)>> callbacks;
  callbacks.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    callbacks.emplace_back([gathering, i](absl::StatusOr<Answer> answer) {
      gathering->answers[i] = std::move(answer);
      if (--gathering->missing == 0) gathering->done(std::move(gathering->answers));
    });
  }
  return callbacks;
}

}  // namespace tallystick
