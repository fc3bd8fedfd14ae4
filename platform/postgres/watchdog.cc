#include "platform/postgres/watchdog.h"

#include <sys/socket.h>

#include <utility>

namespace tallystick::postgres {
namespace {

// So often it is looked, rather than at each deadline: hardly any comes to pass.
constexpr absl::Duration kLook = absl::Milliseconds(50);

}  // namespace

Watchdog& Watchdog::Get() {
  static Watchdog watchdog;
  return watchdog;
}

Watchdog::~Watchdog() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.NotifyAll();
}

Watchdog::Watch::Watch(int socket, SteadyTime deadline) {
  Watchdog& dog = Get();
  MutexLock lock(dog.mutex_);
  place_ = dog.sockets_.emplace(deadline, socket);
  if (dog.asleep_) dog.changed_.NotifyOne();
}

Watchdog::Watch::~Watch() {
  Watchdog& dog = Get();
  MutexLock lock(dog.mutex_);
  dog.sockets_.erase(place_);
}

void Watchdog::Loop() {
  MutexLock lock(mutex_);
  while (!stopping_) {
    const auto due_end = sockets_.upper_bound(SteadyNow());
    for (auto due = sockets_.begin(); due != due_end; ++due) {
      if (due->second >= 0) shutdown(std::exchange(due->second, -1), SHUT_RDWR);
    }
    asleep_ = sockets_.empty();
    if (asleep_) {
      changed_.Wait(mutex_);
    } else {
      changed_.WaitFor(mutex_, kLook);
    }
  }
}

}  // namespace tallystick::postgres
