// The calls of a port from the moment their headers are read until a handler's thread has them.
// gRPC 1.51 reads on other threads than it runs handlers on, and lets any number of calls lie in
// between: whoever opens and resets streams as fast as it goes fills the memory long before the
// first of them is looked at. So they are counted where they are read, and those that are too many
// are answered UNAVAILABLE there.
#pragma once

#include <grpcpp/grpcpp.h>
#include <grpcpp/security/auth_metadata_processor.h>

#include <cstdint>
#include <unordered_map>

#include "absl/base/thread_annotations.h"
#include "platform/lang/mutex.h"
#include "platform/time/steady.h"

namespace tallystick::rpc {

// Thread-safe. The port's credentials show it each call (SetAuthMetadataProcessor).
class Arrivals final : public grpc::AuthMetadataProcessor {
 public:
  // Of one connection; and of all, beyond which those are turned away whose connection has more
  // than its even share.
  Arrivals(size_t max_of_connection, size_t max_of_all)
      : max_of_connection_(max_of_connection), max_of_all_(max_of_all) {}

  // A handler has a call of the connection. How many others of it were turned away, one after the
  // other.
  size_t Take(const grpc::AuthContext& connection) ABSL_LOCKS_EXCLUDED(mutex_);

  // Those that no handler has yet.
  size_t waiting() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  // Of one connection, while any of its calls wait.
  struct Line {
    size_t waiting = 0;
    size_t turned_away = 0;
    SteadyTime moved;  // when one of it was taken last
  };

  // On the thread that reads, which it must not hold up.
  bool IsBlocking() const override { return false; }
  grpc::Status Process(const InputMetadata& metadata, grpc::AuthContext* connection,
                       OutputMetadata* consumed, OutputMetadata* response) override
      ABSL_LOCKS_EXCLUDED(mutex_);

  bool HasRoom(const Line& line) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ForgetLost(SteadyTime now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t max_of_connection_;
  const size_t max_of_all_;
  mutable Mutex mutex_;
  std::unordered_map<uint64_t, Line> lines_ ABSL_GUARDED_BY(mutex_);
  size_t waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t last_connection_ ABSL_GUARDED_BY(mutex_) = 0;
  SteadyTime next_forget_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tallystick::rpc
