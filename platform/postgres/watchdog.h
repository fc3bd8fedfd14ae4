// Ends what hangs: a database that is stopped, or a network that swallows packets, answers nothing
// for as long as somebody waits. libpq waits without end, so another thread closes its socket.
#pragma once

#include <map>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "platform/lang/mutex.h"
#include "platform/time/steady.h"

namespace tallystick::postgres {

// One for the process. Thread-safe.
class Watchdog {
 public:
  static Watchdog& Get();

  // While it lives, the socket is shut down when the deadline comes: whoever waits for it finds the
  // connection broken. Must end before the socket is closed, or it would shut down another one of
  // the same number.
  class Watch {
   public:
    Watch(int socket, SteadyTime deadline);
    ~Watch();
    Watch(const Watch&) = delete;

   private:
    std::multimap<SteadyTime, int>::iterator place_;
  };

  ~Watchdog();

 private:
  Watchdog() : thread_([this] { Loop(); }) {}
  void Loop() ABSL_LOCKS_EXCLUDED(mutex_);

  Mutex mutex_;
  Condition changed_;
  // By deadline; -1 once it was shut down.
  std::multimap<SteadyTime, int> sockets_ ABSL_GUARDED_BY(mutex_);
  // The thread: until there is something to watch.
  bool asleep_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::jthread thread_;  // last: joined before what it uses goes
};

}  // namespace tallystick::postgres
