#include "tests/faults/simulation/network.h"

namespace tallystick::simulation {

absl::Duration Network::Way() {
  if (world_.Happens(world_.plan.slow)) {
    return world_.dice.Between(absl::Milliseconds(100), absl::Seconds(8));
  }
  return world_.dice.Between(absl::Microseconds(100), absl::Milliseconds(5));
}

void Network::End(const std::shared_ptr<Call_>& call, absl::StatusOr<std::string> answer) {
  if (!call->done) return;
  std::exchange(call->done, nullptr)(std::move(answer));
}

void Network::Break(const std::shared_ptr<Call_>& call) {
  call->caller->After(Way(), [call] { End(call, absl::UnavailableError("connection reset")); });
}

void Network::Call(Node& from, Node& to, const std::string& method, std::string request,
                   absl::Duration timeout, Respond done) {
  Process& caller = *from.life;
  const auto call = std::make_shared<Call_>(Call_{&caller, std::move(done), method});
  const SteadyTime deadline = caller.now() + absl::ToChronoNanoseconds(timeout);
  caller.After(timeout, [call] { End(call, absl::DeadlineExceededError("no answer in time")); });
  if (cut_.contains(Between(from, to))) return;
  if (world_.Happens(world_.plan.lost)) {
    world_.Count(Happening::kLost);
    world_.Say(from.name, {}, method, " to ", to.name, " is lost");
    if (world_.dice.OneIn(2)) Break(call);
    return;
  }
  const int times = world_.Happens(world_.plan.twice) ? 2 : 1;
  if (times == 2) {
    world_.Count(Happening::kTwice);
    world_.Say(from.name, {}, method, " to ", to.name, " arrives twice");
  }
  for (int i = 0; i < times; ++i) {
    world_.time.After(Way(), [this, &from, &to, method, request, deadline, call] {
      Deliver(from, to, method, request, deadline, call);
    });
  }
}

void Network::Deliver(Node& from, Node& to, const std::string& method, const std::string& request,
                      SteadyTime deadline, const std::shared_ptr<Call_>& call) {
  if (cut_.contains(Between(from, to))) return;
  if (!to.up() || !to.listens) return Break(call);
  const auto answered = [this, &from, &to, call](absl::StatusOr<std::string> answer) {
    if (cut_.contains(Between(from, to))) return;
    if (world_.Happens(world_.plan.lost)) {
      world_.Say(to.name, {}, "answer to ", call->what, " of ", from.name, " is lost");
      if (world_.dice.OneIn(2)) Break(call);
      return;
    }
    call->caller->After(Way(), [call, answer = std::move(answer)] { End(call, answer); });
  };
  const auto found = to.methods.find(method);
  if (found == to.methods.end()) {
    return answered(absl::UnimplementedError("the server is older than its caller"));
  }
  const Method handle = found->second;
  to.life->Do([handle, request, deadline, answered] { handle(request, deadline, answered); });
}

}  // namespace tallystick::simulation
