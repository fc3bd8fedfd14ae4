// What is waited for, said once that takes longer than a moment, in a line that is gone again when
// the wait is over.
#pragma once

#include <functional>
#include <string>
#include <thread>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "platform/lang/mutex.h"
#include "platform/time/steady.h"

namespace tallystick {

class Spinner {
 public:
  // Writes at once; called by one thread at a time.
  using Tell = std::function<void(absl::string_view)>;

  // Nothing is said of waits that are over within `patience`; a wait that begins within that after
  // another is the same one.
  Spinner(absl::Duration patience, Tell tell) : patience_(patience), tell_(std::move(tell)) {}
  ~Spinner();
  Spinner(const Spinner&) = delete;

  // From any thread; of several waits at a time, the first one's words are said.
  void Begin(const std::string& words);
  void End();
  // Takes the line away: something else is going to be written.
  void Clear();
  // While something else that comes and goes stands in that line.
  void Pause(bool paused);

 private:
  void Run();
  void Erase() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const absl::Duration patience_;
  const Tell tell_;
  std::thread thread_;  // runs from the first wait on
  Mutex mutex_;
  Condition changed_;
  int waits_ ABSL_GUARDED_BY(mutex_) = 0;
  bool drawn_ ABSL_GUARDED_BY(mutex_) = false;
  bool paused_ ABSL_GUARDED_BY(mutex_) = false;
  bool over_ ABSL_GUARDED_BY(mutex_) = false;
  size_t frame_ ABSL_GUARDED_BY(mutex_) = 0;
  std::string words_ ABSL_GUARDED_BY(mutex_);
  SteadyTime draw_from_ ABSL_GUARDED_BY(mutex_);
  SteadyTime same_until_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tallystick
