// Ends what hangs: a database that is stopped, or a network that swallows packets, answers nothing
// for as long as somebody waits. libpq waits without end, so another thread closes its socket.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

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
  void Loop();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<SteadyTime, int> sockets_;  // by deadline; -1 once it was shut down
  bool asleep_ = false;                     // the thread: until there is something to watch
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace tallystick::postgres
