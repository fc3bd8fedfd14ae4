// Whether the database answers and can be written to: asked again and again, on a connection of its
// own.
#pragma once

#include <functional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "platform/lang/mutex.h"
#include "platform/postgres/session.h"

namespace tallystick::postgres {

enum class DatabaseState { kNoAnswer, kUnwritable, kWritable };

class Probe {
 public:
  // `tell` gets each answer, from the probe's own thread.
  Probe(const Database& database, std::function<void(DatabaseState)> tell);
  ~Probe();
  Probe(const Probe&) = delete;

 private:
  DatabaseState Look();
  void Loop() ABSL_LOCKS_EXCLUDED(mutex_);

  Session session_;
  const std::function<void(DatabaseState)> tell_;
  SteadyTime next_write_ = SteadyNow();
  Mutex mutex_;
  Condition changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::jthread thread_;  // last: joined before what it uses goes
};

}  // namespace tallystick::postgres
