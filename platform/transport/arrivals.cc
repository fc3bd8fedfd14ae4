#include "platform/transport/arrivals.h"

#include <algorithm>
#include <cstring>
#include <string>

namespace tallystick::rpc {
namespace {

// Under which a connection's number stands in what gRPC knows of its peer.
constexpr char kConnection[] = "tallystick_connection";

// A call that ends in between is never handed to anybody. What has waited for so long has ended.
constexpr absl::Duration kLost = absl::Seconds(10);

// 0 before its first call.
uint64_t NumberOf(const grpc::AuthContext& connection) {
  uint64_t number = 0;
  for (const grpc::string_ref& value : connection.FindPropertyValues(kConnection)) {
    if (value.size() == sizeof(number)) std::memcpy(&number, value.data(), sizeof(number));
  }
  return number;
}

}  // namespace

grpc::Status Arrivals::Process(const InputMetadata&, grpc::AuthContext* connection, OutputMetadata*,
                               OutputMetadata*) {
  MutexLock lock(mutex_);
  uint64_t number = NumberOf(*connection);
  if (number == 0) {
    // (Nobody else reads the properties yet: this is the connection's first call.)
    number = ++last_connection_;
    connection->AddProperty(
        kConnection, grpc::string_ref(reinterpret_cast<const char*>(&number), sizeof(number)));
  }
  const auto [found, is_new] = lines_.try_emplace(number);
  Line& line = found->second;
  if (is_new) line.moved = SteadyNow();
  if (HasRoom(line)) {
    ++line.waiting;
    ++waiting_;
    return grpc::Status::OK;
  }
  ++line.turned_away;
  ForgetLost(SteadyNow());
  return {grpc::StatusCode::UNAVAILABLE, "too many calls came at once; try again after a moment"};
}

size_t Arrivals::Take(const grpc::AuthContext& connection) {
  const uint64_t number = NumberOf(connection);
  MutexLock lock(mutex_);
  const auto found = lines_.find(number);
  if (found == lines_.end()) return 0;
  Line& line = found->second;
  const size_t turned_away = line.turned_away;
  --waiting_;
  if (--line.waiting == 0) {
    lines_.erase(found);
  } else {
    line.moved = SteadyNow();
  }
  return turned_away;
}

size_t Arrivals::waiting() const {
  MutexLock lock(mutex_);
  return waiting_;
}

bool Arrivals::HasRoom(const Line& line) const {
  if (line.waiting >= max_of_connection_) return false;
  if (waiting_ < max_of_all_) return true;
  return line.waiting < std::max<size_t>(1, max_of_all_ / lines_.size());
}

void Arrivals::ForgetLost(SteadyTime now) {
  if (now < next_forget_) return;
  next_forget_ = now + absl::ToChronoNanoseconds(kLost / 10);
  size_t lost = 0;
  std::erase_if(lines_, [&](const auto& entry) {
    const Line& line = entry.second;
    if (now < line.moved + absl::ToChronoNanoseconds(kLost)) return false;
    lost += line.waiting;
    return true;
  });
  waiting_ -= lost;
}

}  // namespace tallystick::rpc
