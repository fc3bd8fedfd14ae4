#include "platform/transport/connections.h"

#include <arpa/inet.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "platform/error/error.h"
#include "platform/process/log.h"

namespace tallystick::rpc {
namespace {

constexpr absl::Duration kLook = absl::Milliseconds(20);
constexpr absl::Duration kQuiet = absl::Seconds(10);
constexpr absl::Duration kForgetInterval = absl::Milliseconds(50);

// What comes with a call besides its message: headers, frames, TLS records.
constexpr int64_t kBytesOfCall = 4 * 1024;
// So many are looked at together, so that many that read cost no more than a few.
constexpr size_t kLookAtOnce = 256;
// What may be on its way beyond a message's bound before somebody looks.
constexpr int64_t kSlack = 256 * 1024;

ino_t SocketOf(int fd) {
  struct stat status;
  return fstat(fd, &status) == 0 ? status.st_ino : 0;
}

// The other end, in the words that gRPC has for it, but for the scheme.
std::string PeerOf(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return "";
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof(text));
    return absl::StrCat(text, ":", ntohs(v4.sin_port));
  }
  if (address.ss_family != AF_INET6) return "";
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
  if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
    inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], text, sizeof(text));
    return absl::StrCat(text, ":", ntohs(v6.sin6_port));
  }
  inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof(text));
  return absl::StrCat("[", text, "]:", ntohs(v6.sin6_port));
}

// "ipv6:%5B::1%5D:4321" as "[::1]:4321".
std::string WithoutScheme(absl::string_view peer) {
  peer.remove_prefix(std::min(peer.size(), peer.find(':') + 1));
  if (peer.find('%') == absl::string_view::npos) return std::string(peer);
  return absl::StrReplaceAll(peer, {{"%5B", "["}, {"%5D", "]"}});
}

}  // namespace

// This and the next are guarded by the mutex of their Connections, which clang cannot be told: they
// do not know whose they are.
struct Connections::Reading {
  std::weak_ptr<MessageReader> reader;
  int64_t max_bytes = 0;
  SteadyTime end;
  bool refused = false;
};

struct Connections::Connection {
  static constexpr int64_t kUnknown = -1;

  int fd = -1;
  ino_t socket = 0;  // that the descriptor was: its number may be another's by now
  size_t calls = 0;
  size_t unadmitted = 0;  // of them
  size_t refused = 0;     // or not complete, one after the other
  bool is_cut = false;
  bool has_callers = false;
  std::list<Reading> readings;
  std::list<std::shared_ptr<Connection>>::iterator place;  // among those that read, while it does
  size_t events = 0;                                       // calls that came in, or were complete
  // What had come, and of those, at the beginning of a time in which no more of them came.
  int64_t quiet_bytes = 0;
  size_t quiet_events = 0;
  SteadyTime quiet_end;
  // What had come when it began to read, and what was complete since then.
  int64_t received_before = kUnknown;
  int64_t complete = 0;
  int64_t unfinished = 0;  // at the last look

  bool IsClosed() const { return socket != 0 && SocketOf(fd) != socket; }
  bool IsOpen() const { return !is_cut && fd >= 0 && !IsClosed(); }

  int64_t Received() const {
    tcp_info info{};
    socklen_t size = sizeof(info);
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return 0;
    return static_cast<int64_t>(info.tcpi_bytes_received);
  }
};

Connections::Connections(ConnectionBounds bounds)
    : bounds_(bounds),
      // As many as it may have streams: more can only be reset ones.
      arrivals_(std::make_shared<Arrivals>(std::max<size_t>(1, bounds.max_calls / 2),
                                           bounds.max_arrived_calls)),
      thread_([this] { Loop(); }) {}

Connections::~Connections() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.NotifyAll();
}

bool Connections::Add(int fd) {
  MutexLock lock(mutex_);
  if (connections_.size() >= bounds_.max_connections) {
    // Looking costs a system call a connection; whoever knocks faster than this is turned away
    // unseen.
    if (SteadyNow() < next_forget_) return false;
    next_forget_ = SteadyAfter(kForgetInterval);
    ForgetClosed();
    if (connections_.size() >= bounds_.max_connections) return false;
  }
  auto connection = std::make_shared<Connection>();
  connection->fd = fd;
  connection->socket = SocketOf(fd);
  connection->quiet_end = SteadyAfter(kQuiet);
  round_.push_front(connection);
  connections_[PeerOf(fd)] = std::move(connection);
  if (std::exchange(asleep_, false)) changed_.NotifyOne();
  return true;
}

// What was begun on a connection outlives it: who is cut and comes again would leave more and more
// behind, were it not for this.
bool Connections::HasRoom() const {
  if (arrivals_->waiting() > bounds_.max_arrived_calls / 2) return false;
  MutexLock lock(mutex_);
  return unadmitted_ <= 2 * bounds_.max_unadmitted_calls;
}

// gRPC does not tell when it closes a connection. But a closed descriptor is either free or another
// socket now.
void Connections::ForgetClosed() {
  std::erase_if(connections_, [](const auto& entry) { return entry.second->IsClosed(); });
}

std::shared_ptr<Connections::Connection> Connections::Enter(
    const grpc::CallbackServerContext& call) {
  const size_t turned_away = arrivals_->Take(*call.auth_context());
  const std::string key = WithoutScheme(call.peer());
  MutexLock lock(mutex_);
  const auto found = connections_.find(key);
  auto connection = found == connections_.end() ? std::make_shared<Connection>() : found->second;
  ++connection->events;
  ++connection->calls;
  ++connection->unadmitted;
  ++unadmitted_;
  if (connection->calls > bounds_.max_calls) Cut(*connection, "too many calls");
  if (turned_away > bounds_.max_calls) Cut(*connection, "too many calls that were turned away");
  const size_t share =
      std::max<size_t>(1, bounds_.max_unadmitted_calls / std::max<size_t>(1, connections_.size()));
  if (unadmitted_ > bounds_.max_unadmitted_calls && connection->unadmitted > share) {
    Cut(*connection, "too many calls that nobody was let in with");
  }
  if (++connection->refused > bounds_.max_refused_in_a_row && !connection->has_callers) {
    Cut(*connection, "too many calls one after the other that nobody was let in with");
  }
  return connection;
}

// Shut down, the socket would still send what waits to be sent; like this it is gone at once. The
// descriptor stays gRPC's, which finds it broken.
void Connections::Cut(Connection& connection, absl::string_view why) {
  if (!connection.IsOpen()) return;
  connection.is_cut = true;
  sockaddr nobody{};
  nobody.sa_family = AF_UNSPEC;
  (void)connect(connection.fd, &nobody, sizeof(nobody));
  if (++cut_ % 100 == 1) {
    log::Warn("a connection was cut", {{"reason", why}, {"so_far", absl::StrCat(cut_)}});
  }
}

Connections::Place::Place(Connections& connections, const grpc::CallbackServerContext& call)
    : connections_(connections), connection_(connections.Enter(call)) {}

Connections::Place::~Place() {
  MutexLock lock(connections_.mutex_);
  --connection_->calls;
  if (is_unadmitted_) {
    --connection_->unadmitted;
    --connections_.unadmitted_;
  }
  if (!is_reading_) return;
  connection_->readings.erase(reading_);
  if (connection_->readings.empty()) connections_.reading_.erase(connection_->place);
}

void Connections::Place::Admit() {
  MutexLock lock(connections_.mutex_);
  is_unadmitted_ = false;
  connection_->refused = 0;
  connection_->has_callers = true;
  --connection_->unadmitted;
  --connections_.unadmitted_;
}

bool Connections::Place::HasCallers() const {
  MutexLock lock(connections_.mutex_);
  return connection_->has_callers;
}

void Connections::Place::Answer() {
  MutexLock lock(connections_.mutex_);
  connection_->refused = 0;
}

void Connections::Place::BeginReading(std::weak_ptr<MessageReader> reader, int64_t max_bytes) {
  MutexLock lock(connections_.mutex_);
  if (connection_->readings.empty()) {
    connection_->received_before = Connection::kUnknown;
    connections_.reading_.push_back(connection_);
    connection_->place = std::prev(connections_.reading_.end());
  }
  connection_->readings.push_back(
      {std::move(reader), max_bytes, SteadyAfter(connections_.bounds_.read_timeout)});
  reading_ = std::prev(connection_->readings.end());
  is_reading_ = true;
}

void Connections::Place::EndReading(int64_t bytes) {
  MutexLock lock(connections_.mutex_);
  ++connection_->events;
  connection_->complete += bytes + kBytesOfCall;
  connection_->readings.erase(reading_);
  is_reading_ = false;
  if (connection_->readings.empty()) connections_.reading_.erase(connection_->place);
}

void Connections::LookAt(Connection& connection, SteadyTime now, std::vector<Refusal>& refusals) {
  for (Reading& reading : connection.readings) {
    if (now < reading.end || reading.refused) continue;
    reading.refused = true;
    refusals.push_back(
        {reading.reader.lock(), absl::DeadlineExceededError("the request took too long to come")});
  }
  if (!connection.IsOpen()) return;
  const int64_t received = connection.Received();
  if (connection.received_before == Connection::kUnknown) {
    connection.received_before = received;
    connection.complete = 0;
  }
  connection.unfinished = received - connection.received_before - connection.complete;
  int64_t allowed = kSlack;
  for (const Reading& reading : connection.readings) allowed += reading.max_bytes;
  allowed = std::min(allowed, bounds_.max_unfinished_bytes);
  if (connection.unfinished <= allowed) return;
  Reading& first = connection.readings.front();
  if (connection.readings.size() > 1 || first.refused) {
    return Cut(connection, "too much of messages that are not complete");
  }
  // Of a single one it is clear whose it is.
  first.refused = true;
  refusals.push_back(
      {first.reader.lock(),
       MakeError(absl::StatusCode::kResourceExhausted, "MESSAGE_TOO_LARGE",
                 absl::StrCat("the message is larger than ", first.max_bytes, " bytes"),
                 {{"max_bytes", absl::StrCat(first.max_bytes)}})});
}

void Connections::LookForCalls(Connection& connection, SteadyTime now) {
  const int64_t received = connection.Received();
  const bool is_quiet = connection.events == connection.quiet_events && connection.readings.empty();
  if (!is_quiet || now >= connection.quiet_end) {
    connection.quiet_bytes = received;
    connection.quiet_events = connection.events;
    connection.quiet_end = now + absl::ToChronoNanoseconds(kQuiet);
  } else if (received - connection.quiet_bytes > bounds_.max_bytes_without_call) {
    Cut(connection, "too much that is no call");
  }
}

void Connections::CutLargest() {
  int64_t sum = 0;
  for (const auto& connection : reading_) {
    if (!connection->is_cut) sum += std::max<int64_t>(connection->unfinished, 0);
  }
  while (sum > bounds_.max_unfinished_bytes_of_all) {
    const auto largest = std::ranges::max_element(
        reading_, {}, [](const auto& one) { return one->is_cut ? 0 : one->unfinished; });
    if ((*largest)->is_cut || (*largest)->unfinished <= 0) return;
    sum -= (*largest)->unfinished;
    Cut(**largest, "too much of messages that are not complete, of all connections");
    (*largest)->is_cut = true;
  }
}

std::vector<Connections::Refusal> Connections::Look(SteadyTime now) {
  std::vector<Refusal> refusals;
  for (size_t i = std::min(kLookAtOnce, reading_.size()); i > 0; --i) {
    LookAt(*reading_.front(), now, refusals);
    reading_.splice(reading_.end(), reading_, reading_.begin());
  }
  CutLargest();
  for (size_t i = std::min(kLookAtOnce, round_.size()); i > 0; --i) {
    Connection& connection = *round_.front();
    if (connection.IsClosed()) {
      round_.pop_front();
      continue;
    }
    if (!connection.is_cut) LookForCalls(connection, now);
    round_.splice(round_.end(), round_, round_.begin());
  }
  return refusals;
}

void Connections::Loop() {
  MutexLock lock(mutex_);
  while (!stopping_) {
    asleep_ = reading_.empty() && round_.empty();
    while (asleep_ && !stopping_) changed_.Wait(mutex_);
    // Most messages are there by then, and cost nobody a look.
    const SteadyTime next = SteadyAfter(kLook);
    while (!stopping_ && SteadyNow() < next) changed_.WaitUntil(mutex_, next);
    if (stopping_) return;
    const std::vector<Refusal> refusals = Look(SteadyNow());
    lock.Unlock();
    for (const Refusal& refusal : refusals) {
      if (refusal.reader != nullptr) refusal.reader->Refuse(refusal.status);
    }
    lock.Lock();
  }
}

int64_t Connections::cut() const {
  MutexLock lock(mutex_);
  return cut_;
}

}  // namespace tallystick::rpc
