// Calls between processes: some are slow, some are made twice, some break or never come to an end,
// and answers are lost as requests are. What is sent are bytes.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/faults/simulation/process.h"

namespace tallystick::simulation {

using Respond = std::function<void(absl::StatusOr<std::string>)>;
// Takes a request that is waited for until the deadline; answers once, later, or never.
using Method = std::function<void(const std::string& request, SteadyTime deadline, Respond)>;

// A place where one process after the other lives.
struct Node {
  std::string name;
  std::shared_ptr<Process> life;  // null: nobody is there
  std::map<std::string, Method> methods;
  bool listens = true;  // or takes no calls any more

  bool up() const { return life != nullptr && life->alive(); }
};

class Network {
 public:
  explicit Network(World& world) : world_(world) {}

  // `done` gets the answer, or UNAVAILABLE or DEADLINE_EXCEEDED, once; not if the caller has died.
  void Call(Node& from, Node& to, const std::string& method, std::string request,
            absl::Duration timeout, Respond done);

  // Nothing gets from one of them to the other and back, and nobody is told.
  void Cut(const Node& one, const Node& other) { cut_.insert(Between(one, other)); }
  void Mend(const Node& one, const Node& other) { cut_.erase(Between(one, other)); }
  void MendAll() { cut_.clear(); }

 private:
  struct Call_ {
    Process* caller;
    Respond done;
    std::string what;
  };
  using Pair = std::pair<const Node*, const Node*>;

  static Pair Between(const Node& one, const Node& other) {
    return &one < &other ? Pair{&one, &other} : Pair{&other, &one};
  }
  absl::Duration Way();
  void Deliver(Node& from, Node& to, const std::string& method, const std::string& request,
               SteadyTime deadline, const std::shared_ptr<Call_>& call);
  void Break(const std::shared_ptr<Call_>& call);
  static void End(const std::shared_ptr<Call_>& call, absl::StatusOr<std::string> answer);

  World& world_;
  std::set<Pair> cut_;
};

}  // namespace tallystick::simulation
