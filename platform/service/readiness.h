// Whether a server can do what it is asked for, and why not: for probes, metrics and people.
#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "platform/metrics/metrics.h"
#include "platform/postgres/probe.h"

namespace tallystick::rpc {

// Another server that this one calls.
struct NamedPeer {
  std::string name;
  std::shared_ptr<grpc::Channel> channel;
};

// Thread-safe.
class Readiness {
 public:
  Readiness(metrics::Gauge ready, std::vector<NamedPeer> peers)
      : ready_(ready), peers_(std::move(peers)) {
    Count();
  }

  void SetDatabase(postgres::DatabaseState state);
  // For good.
  void Drain();

  // Peers do not matter: what is for them waits in the table of work.
  bool IsReady() const { return database_ == postgres::DatabaseState::kWritable && !draining_; }
  postgres::DatabaseState database() const { return database_; }
  // The peers, and what the channel of each is at, in words. Asks nobody anything.
  std::vector<std::pair<std::string, std::string>> Peers() const;
  // A line each for the database and the server, and for each peer what its channel is at. Asks
  // nobody anything.
  std::string Describe() const;

 private:
  void Count() const { ready_.Set(IsReady() ? 1 : 0); }

  const metrics::Gauge ready_;
  const std::vector<NamedPeer> peers_;
  std::atomic<postgres::DatabaseState> database_ = postgres::DatabaseState::kNoAnswer;
  std::atomic<bool> draining_ = false;
};

}  // namespace tallystick::rpc
