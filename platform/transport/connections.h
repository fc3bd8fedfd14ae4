// The connections of a port: how many there are, and what each of them has under way. gRPC 1.51
// bounds neither the calls of a client that opens and resets streams as fast as it goes, nor what
// it sends of messages that never end; a connection that goes beyond a bound here is cut.
#pragma once

#include <grpcpp/grpcpp.h>
#include <sys/types.h>

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "platform/lang/mutex.h"
#include "platform/time/steady.h"
#include "platform/transport/arrivals.h"

namespace tallystick::rpc {

struct ConnectionBounds {
  size_t max_connections = 10'000;
  // Calls of one connection that are not over, whatever became of their streams: twice as many as
  // it may have streams.
  size_t max_calls = 1'024;
  // Calls that are not over and that nobody was let in with, of all connections: beyond, those are
  // cut that have more than their even share.
  size_t max_unadmitted_calls = 1'024;
  // Calls that were read and that no handler has yet, of all connections: beyond, those are turned
  // away whose connection has more than its even share.
  size_t max_arrived_calls = 4'096;
  // Calls of one connection on which nobody was let in yet, one after the other, that were refused
  // or are not complete.
  size_t max_refused_in_a_row = 1'000;
  // What came of messages that are not complete: of one connection, and of all.
  int64_t max_unfinished_bytes = int64_t{32} << 20;
  int64_t max_unfinished_bytes_of_all = int64_t{128} << 20;
  // What a connection may send in ten seconds in which no call of it comes in: frames of other
  // kinds, or headers that do not end.
  int64_t max_bytes_without_call = int64_t{1} << 20;
  // How long the message of a call may take to come.
  absl::Duration read_timeout = absl::Seconds(30);
};

// A call whose message is being read.
class MessageReader {
 public:
  virtual ~MessageReader() = default;
  // The message will not be taken. Comes from a thread of its own, perhaps when the message has
  // been read meanwhile.
  virtual void Refuse(const absl::Status& status) = 0;
};

// Thread-safe. Looks at what connections send every 20 ms, by the kernel's count of a connection's
// bytes: gRPC tells nothing of a message before it is complete.
class Connections {
  struct Connection;
  struct Reading;

 public:
  explicit Connections(ConnectionBounds bounds);
  ~Connections();
  Connections(const Connections&) = delete;

  // Whether so little of what strangers began is still to be worked off that more can be let in.
  bool HasRoom() const;
  // To be shown each call by the port's credentials.
  const std::shared_ptr<Arrivals>& arrivals() const { return arrivals_; }

  // A socket that was accepted. False when there are as many as there may be; then it is not taken.
  bool Add(int fd);

  // A call on one of them, from its headers until it is over. Must end before the Connections.
  class Place {
   public:
    // A connection that has too many calls with this one is cut.
    Place(Connections& connections, const grpc::CallbackServerContext& call);
    ~Place();
    Place(const Place&) = delete;

    // It is known whose it is, and their own limits bound it from now on.
    void Admit();
    // Whether that was so of any call of its connection.
    bool HasCallers() const;
    // Nobody was, but it is complete and will be answered.
    void Answer();

    // Its message, of at most `max_bytes`, is being read; `reader` is refused beyond that, or when
    // it takes too long.
    void BeginReading(std::weak_ptr<MessageReader> reader, int64_t max_bytes);
    // It is complete, with so many bytes.
    void EndReading(int64_t bytes);

   private:
    Connections& connections_;
    // Guarded is what it points to; the pointer says so, since clang does not ask a shared one.
    const std::shared_ptr<Connection> connection_ ABSL_GUARDED_BY(connections_.mutex_);
    std::list<Reading>::iterator reading_ ABSL_GUARDED_BY(connections_.mutex_);
    bool is_reading_ ABSL_GUARDED_BY(connections_.mutex_) = false;
    bool is_unadmitted_ ABSL_GUARDED_BY(connections_.mutex_) = true;
  };

  // How many were cut, ever.
  int64_t cut() const;

 private:
  struct Refusal {
    std::shared_ptr<MessageReader> reader;
    absl::Status status;
  };
  std::shared_ptr<Connection> Enter(const grpc::CallbackServerContext& call)
      ABSL_LOCKS_EXCLUDED(mutex_);
  void ForgetClosed() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void LookForCalls(Connection& connection, SteadyTime now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Cut(Connection& connection, absl::string_view why) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::vector<Refusal> Look(SteadyTime now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void LookAt(Connection& connection, SteadyTime now, std::vector<Refusal>& refusals)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CutLargest() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Loop() ABSL_LOCKS_EXCLUDED(mutex_);

  const ConnectionBounds bounds_;
  const std::shared_ptr<Arrivals> arrivals_;
  mutable Mutex mutex_;
  Condition changed_;
  std::unordered_map<std::string, std::shared_ptr<Connection>> connections_ ABSL_GUARDED_BY(mutex_);
  // All of those, the next to be looked at first.
  std::list<std::shared_ptr<Connection>> round_ ABSL_GUARDED_BY(mutex_);
  // Those that are reading.
  std::list<std::shared_ptr<Connection>> reading_ ABSL_GUARDED_BY(mutex_);
  size_t unadmitted_ ABSL_GUARDED_BY(mutex_) = 0;
  SteadyTime next_forget_ ABSL_GUARDED_BY(mutex_);
  int64_t cut_ ABSL_GUARDED_BY(mutex_) = 0;
  bool asleep_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::jthread thread_;  // last: joined before what it uses goes
};

}  // namespace tallystick::rpc
