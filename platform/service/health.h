// Whether a server is alive: asked by whoever looks after it, answered without a token.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "platform/calls/method.h"
#include "platform/lang/mutex.h"

namespace tallystick::rpc {

// Thread-safe. Must outlive its calls.
class Health {
 public:
  // `services` are the full names of the port's services.
  explicit Health(std::set<std::string> services) : services_(std::move(services)) {}
  Health(const Health&) = delete;

  // Whether the server can do what it is asked for.
  void SetReady(bool ready);
  // For good: it takes no new calls. Watches are told, and end.
  void StopServing();

  // Its methods; they hold this.
  ServiceTable Table();

 private:
  class Watching;

  bool IsServing() const { return ready_ && !stopped_; }
  void Tell() ABSL_LOCKS_EXCLUDED(mutex_);
  // RESOURCE_EXHAUSTED (TOO_MANY_WATCHES) when there are too many.
  absl::Status Enter(const std::shared_ptr<Watching>& watching) ABSL_LOCKS_EXCLUDED(mutex_);
  void Leave(const Watching* watching) ABSL_LOCKS_EXCLUDED(mutex_);

  const std::set<std::string> services_;
  std::atomic<bool> ready_ = true;
  std::atomic<bool> stopped_ = false;
  Mutex mutex_;
  std::map<const Watching*, std::weak_ptr<Watching>> watches_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tallystick::rpc
