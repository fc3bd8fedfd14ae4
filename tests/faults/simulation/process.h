// One life of a program: a replica of a server, the client, the back office. It has a clock of its
// own, which may be wrong, and can stop for a while, or for good, between any two things it does.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "platform/time/clock.h"
#include "tests/faults/simulation/versions.h"
#include "tests/faults/simulation/world.h"

namespace tallystick::simulation {

class Process {
 public:
  Process(World& world, std::string name, absl::Duration clock_error)
      : world_(world), name_(std::move(name)), clock_error_(clock_error) {}
  virtual ~Process() = default;
  Process(const Process&) = delete;

  World& world() const { return world_; }
  const std::string& name() const { return name_; }
  bool alive() const { return alive_; }
  SteadyTime now() const { return world_.time.now(); }
  // What its wall clock shows.
  absl::Time WallNow() const { return TruncateToMillis(world_.time.TrueTime() + clock_error_); }
  void set_clock_error(absl::Duration error) { clock_error_ = error; }
  absl::Duration clock_error() const { return clock_error_; }

  int version() const { return version_; }

  // It does that then, unless it is dead; later, if it is stopped.
  void After(absl::Duration delay, Action action) {
    world_.time.After(delay,
                      [this, action = std::move(action)]() mutable { Do(std::move(action)); });
  }
  void Do(Action action) {
    if (!alive_) return;
    if (now() >= stopped_until_) return action();
    world_.time.At(stopped_until_,
                   [this, action = std::move(action)]() mutable { Do(std::move(action)); });
  }

  void Stop(absl::Duration length) {
    stopped_until_ = std::max(stopped_until_, now() + absl::ToChronoNanoseconds(length));
  }
  void Continue() { stopped_until_ = now(); }
  // SIGKILL.
  void Kill() { alive_ = false; }

 protected:
  void set_version(int version) { version_ = version; }

 private:
  World& world_;
  const std::string name_;
  absl::Duration clock_error_;
  int version_ = kThisVersion;
  bool alive_ = true;
  SteadyTime stopped_until_{};
};

}  // namespace tallystick::simulation
