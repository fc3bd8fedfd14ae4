// A TCP proxy that breaks what goes through it, in the ways in which networks do.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace tallystick::faults {

enum class ProxyMode {
  kPass,
  kRefuse,       // new connections are reset; those that are open go on
  kPartition,    // those too are reset
  kBlackHole,    // everything is swallowed and nothing closed; what it froze stays dead for ever
  kDropAnswers,  // one in so many answers is swallowed and its connection reset: what was asked for
                 // has happened, and whoever asked does not know
  kDelay,        // everything arrives later
};

// Listens at once and until it ends. Each new connection goes to the next of its targets; one that
// refuses is passed over. Thread-safe.
class Proxy {
 public:
  // `listen` is host:port on loopback; a target is that or the path of a Unix socket. Throws
  // std::runtime_error when it cannot listen.
  Proxy(const std::string& listen, std::vector<std::string> targets);
  ~Proxy();
  Proxy(const Proxy&) = delete;

  const std::string& address() const { return address_; }
  void SetTargets(std::vector<std::string> targets);
  // `number`: of kDropAnswers, one in how many answers; of kDelay, milliseconds.
  void SetMode(ProxyMode mode, int number = 0);
  // Connections that were reset or frozen so far.
  int64_t broken() const { return broken_; }

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Chunk {
    Time due;
    std::string bytes;
  };
  // What flows one way.
  struct Flow {
    std::deque<Chunk> waiting;
    size_t size = 0;
    bool ended = false;   // nothing more comes
    bool closed = false;  // and the other side has been told
  };
  struct Connection {
    int client = -1;
    int server = -1;
    bool connecting = false;
    bool frozen = false;
    bool alone = false;  // frozen before it had a server
    size_t tried = 0;    // targets that refused
    size_t first = 0;    // the target that was tried first
    Time opened;
    Flow up;
    Flow down;
  };

  void Loop();
  void Accept();
  // False when no target is left to try.
  bool Connect(Connection& connection);
  // Each false when the connection is over.
  bool Serve(Connection& connection, short client_events, short server_events);
  bool Read(int from, Flow& flow, bool answers, const Connection& connection);
  bool Write(int to, Flow& flow);
  void Freeze(Connection& connection);
  bool ServeFrozen(Connection& connection, short client_events, short server_events);
  void Close(Connection& connection, bool reset);
  short Wanted(const Flow& in, const Flow& out) const;

  std::string address_;
  int listener_ = -1;
  int wake_ = -1;
  std::mutex mutex_;
  std::vector<std::string> targets_;  // under mutex_
  std::atomic<ProxyMode> mode_ = ProxyMode::kPass;
  std::atomic<int> number_ = 0;
  std::atomic<bool> stopping_ = false;
  std::atomic<int64_t> broken_ = 0;
  // Of the thread alone.
  std::list<Connection> connections_;
  size_t next_target_ = 0;
  int64_t answers_ = 0;
  std::thread thread_;
};

}  // namespace tallystick::faults
