// Whether a server is alive: asked by whoever looks after it, answered without a token.
#pragma once

#include <atomic>
#include <set>
#include <string>

#include "platform/calls/method.h"

namespace tallystick::rpc {

// Thread-safe.
class Health {
 public:
  // `services` are the full names of the port's services.
  explicit Health(std::set<std::string> services) : services_(std::move(services)) {}

  // Whether the server can do what it is asked for.
  void SetReady(bool ready) { ready_ = ready; }
  // For good: it takes no new calls.
  void StopServing() { stopped_ = true; }

  // Its methods; they hold this.
  ServiceTable Table();

 private:
  const std::set<std::string> services_;
  std::atomic<bool> ready_ = true;
  std::atomic<bool> stopped_ = false;
};

}  // namespace tallystick::rpc
