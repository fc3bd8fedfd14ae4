#include "platform/postgres/watchdog.h"

#include <sys/socket.h>

#include <utility>

namespace tallystick::postgres {
namespace {

// So often it is looked, rather than at each deadline: hardly any comes to pass.
constexpr std::chrono::milliseconds kLook{50};

}  // namespace

Watchdog& Watchdog::Get() {
  static Watchdog watchdog;
  return watchdog;
}

Watchdog::~Watchdog() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

Watchdog::Watch::Watch(int socket, SteadyTime deadline) {
  Watchdog& dog = Get();
  std::lock_guard lock(dog.mutex_);
  place_ = dog.sockets_.emplace(deadline, socket);
  if (dog.asleep_) dog.changed_.notify_one();
}

Watchdog::Watch::~Watch() {
  Watchdog& dog = Get();
  std::lock_guard lock(dog.mutex_);
  dog.sockets_.erase(place_);
}

void Watchdog::Loop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const auto due_end = sockets_.upper_bound(SteadyNow());
    for (auto due = sockets_.begin(); due != due_end; ++due) {
      if (due->second >= 0) shutdown(std::exchange(due->second, -1), SHUT_RDWR);
    }
    asleep_ = sockets_.empty();
    if (asleep_) {
      changed_.wait(lock);
    } else {
      changed_.wait_for(lock, kLook);
    }
  }
}

}  // namespace tallystick::postgres
