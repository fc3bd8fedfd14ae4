#include "platform/calls/door.h"

#include <google/protobuf/arena.h>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "platform/calls/parse.h"
#include "platform/error/error.h"
#include "platform/ids/trace.h"
#include "platform/lang/mutex.h"
#include "platform/transport/status.h"

namespace tallystick::rpc {
namespace {

// What is for anybody comes at once, if it is meant well: so many at a time are many.
constexpr size_t kMaxStrangers = 256;

// What is for anybody needs no more.
constexpr int kMaxStrangerBytes = 16 * 1024;

// To be asked while the call begins: gRPC tells its deadline by the wall clock. Holds the context,
// which lives until the call is over.
Patience PatienceOf(const grpc::GenericCallbackServerContext& context) {
  return {SteadyAfter(std::min(TimeLeft(context).value_or(kDefaultDeadline), kLongestDeadline)),
          [&context] { return context.IsCancelled(); }, ""};
}

// The call's own place in its caller's trace; in one of its own if the caller names none, or more
// than one.
std::string TraceparentOf(const grpc::CallbackServerContext& context) {
  const auto [first, end] = context.client_metadata().equal_range("traceparent");
  if (first == end || std::next(first) != end) return NewTraceparent();
  return ChildOf(absl::string_view(first->second.data(), first->second.size()));
}

// Whether it is known who calls, let in or not. Who comes too late is not asked for a token, and
// taken for who else is on the connection.
bool IsOfSomebody(const absl::StatusOr<Admission>& admission, const Connections::Place& place) {
  switch (admission.status().code()) {
    case absl::StatusCode::kOk: return !admission->IsStranger();
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kPermissionDenied: return true;
    case absl::StatusCode::kDeadlineExceeded: return place.HasCallers();
    default: return false;
  }
}

grpc::ByteBuffer Serialized(const google::protobuf::Message& message, size_t size) {
  grpc::Slice slice(size);
  message.SerializeWithCachedSizesToArray(const_cast<uint8_t*>(slice.begin()));
  return grpc::ByteBuffer(&slice, 1);
}

}  // namespace

// It was refused by its headers.
class Door::Refused final : public grpc::ServerGenericBidiReactor {
 public:
  Refused(std::unique_ptr<Connections::Place> place, const absl::Status& status)
      : place_(std::move(place)) {
    Finish(ToGrpc(status));
  }
  void OnDone() override { delete this; }

 private:
  const std::unique_ptr<Connections::Place> place_;
};

// It was let in: its message is read, then it is handled. Holds itself until gRPC is done with it.
class Door::Served final : public grpc::ServerGenericBidiReactor,
                           public MessageReader,
                           public Stream,
                           public std::enable_shared_from_this<Door::Served> {
 public:
  static Served* Begin(Door& door, const Method& method, Call call,
                       std::unique_ptr<Connections::Place> place, const CallMeter& meter) {
    const bool is_stranger = call.admission().IsStranger();
    auto served =
        std::make_shared<Served>(door.options_, method, std::move(call), std::move(place), meter);
    served->self_ = served;
    if (is_stranger) door.Admit(served);
    served->place_->BeginReading(served, served->max_bytes_);
    served->StartRead(&served->buffer_);
    return served.get();
  }

  Served(const DoorOptions& options, const Method& method, Call call,
         std::unique_ptr<Connections::Place> place, const CallMeter& meter)
      : options_(options),
        method_(method),
        max_bytes_(call.admission().IsStranger() ? kMaxStrangerBytes : options.max_message_bytes),
        call_(std::in_place, std::move(call)),
        place_(std::move(place)),
        meter_(meter) {}

  void OnReadDone(bool ok) override {
    if (!TakeUp()) return;
    place_->EndReading(static_cast<int64_t>(buffer_.Length()));
    if (!ok && has_answered_) return Finish(absl::OkStatus());
    const absl::Status read = ok ? Read() : NoMessage();
    buffer_.Clear();
    if (!read.ok()) return Finish(read);
    if (call_->admission().IsStranger()) place_->Answer();
    if (method_.watch) return Watch();
    response_.reset(method_.response->New());
    method_.handle(
        *call_, *request_, *response_,
        [self = shared_from_this()](const absl::Status& status) { self->Answer(status); });
  }

  // Of one whose message is still being read.
  void Refuse(const absl::Status& status) override {
    if (TakeUp()) Finish(status);
  }

  absl::Status Write(const google::protobuf::Message& response) override {
    const size_t size = response.ByteSizeLong();
    const absl::Status counted = call_->CountAnswer(size);
    if (!counted.ok()) return counted;
    buffer_ = Serialized(response, size);
    StartWrite(&buffer_);
    return absl::OkStatus();
  }
  void Finish(const absl::Status& status) override {
    meter_.End(status, call_->subject(), call_->items());
    grpc::ServerGenericBidiReactor::Finish(ToGrpc(status));
  }

  void OnWriteDone(bool ok) override {
    if (method_.many) return ReadNext(ok);
    const std::shared_ptr<StreamSource> source = Source();
    if (source == nullptr) return;
    (void)call_->CountAnswer(0);
    source->OnWritten(ok);
  }
  void OnCancel() override {
    std::shared_ptr<StreamSource> source;
    {
      MutexLock lock(mutex_);
      is_canceled_ = true;
      source = source_;
    }
    if (source != nullptr) source->OnCancel();
  }
  void OnDone() override {
    const std::shared_ptr<Served> self = std::move(self_);
    const std::shared_ptr<StreamSource> source = Source();
    if (source != nullptr) source->OnDone();
    // Whoever gave the answer may hold this for a moment longer.
    place_.reset();
    call_.reset();
  }

 private:
  static absl::Status NoMessage() {
    return MakeError(absl::StatusCode::kInvalidArgument, "MALFORMED_MESSAGE",
                     "the call carries no message");
  }

  std::shared_ptr<StreamSource> Source() ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(mutex_);
    return source_;
  }

  // Whether the call goes on from here: it was read, or refused, but not both.
  bool TakeUp() { return is_reading_.exchange(false); }

  absl::Status Read() {
    if (buffer_.Length() > static_cast<size_t>(max_bytes_)) {
      return MakeError(absl::StatusCode::kResourceExhausted, "MESSAGE_TOO_LARGE",
                       absl::StrCat("the message is larger than ", max_bytes_, " bytes"),
                       {{"max_bytes", absl::StrCat(max_bytes_)}});
    }
    request_ = method_.request->New(&arena_);
    return ParseRequest(buffer_, options_.max_message_elements, *request_);
  }

  void Watch() {
    absl::StatusOr<std::shared_ptr<StreamSource>> source = method_.watch(*call_, *request_, *this);
    arena_.Reset();
    if (!source.ok()) return Finish(source.status());
    bool is_canceled;
    {
      MutexLock lock(mutex_);
      source_ = *source;
      is_canceled = is_canceled_;
    }
    if (is_canceled) (*source)->OnCancel();
    (*source)->OnBegin();
  }

  // Of a call with many messages, when one was answered; not `ok`: its caller has left.
  void ReadNext(bool ok) {
    if (!ok) return Finish(absl::CancelledError("the caller has left"));
    (void)call_->CountAnswer(0);
    buffer_.Clear();
    has_answered_ = true;
    is_reading_ = true;
    place_->BeginReading(weak_from_this(), max_bytes_);
    StartRead(&buffer_);
  }

  void Answer(absl::Status status) {
    arena_.Reset();
    size_t size = 0;
    if (status.ok()) {
      size = response_->ByteSizeLong();
      if (size > method_.most_bytes) {
        method_.fit(*response_);
        size = response_->ByteSizeLong();
      }
      status = call_->CountAnswer(size);
    }
    if (!status.ok()) {
      response_.reset();
      return Finish(status);
    }
    buffer_ = Serialized(*response_, size);
    response_.reset();
    if (method_.many) return StartWrite(&buffer_);
    meter_.End(absl::OkStatus(), call_->subject(), call_->items());
    StartWriteAndFinish(&buffer_, grpc::WriteOptions(), grpc::Status::OK);
  }

  const DoorOptions& options_;
  const Method& method_;
  const int max_bytes_;
  std::optional<Call> call_;  // until it is over
  std::unique_ptr<Connections::Place> place_;
  const CallMeter meter_;
  std::atomic<bool> is_reading_ = true;
  bool has_answered_ = false;      // a message of many
  grpc::ByteBuffer buffer_;        // of what is read, then of what is written
  google::protobuf::Arena arena_;  // of the request
  google::protobuf::Message* request_ = nullptr;
  std::unique_ptr<google::protobuf::Message> response_;
  Mutex mutex_;  // between the source's beginning and a cancellation
  bool is_canceled_ ABSL_GUARDED_BY(mutex_) = false;
  std::shared_ptr<StreamSource> source_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<Served> self_;
};

Door::Door(DoorOptions options, Gate* gate, Connections& connections,
           std::vector<ServiceTable> services, metrics::Metrics& metrics)
    : options_(options),
      gate_(gate),
      connections_(connections),
      services_(std::move(services)),
      unknown_method_(UnknownMethodMeters(metrics)),
      refusals_(metrics) {
  RouteProtobufLog();
  for (const ServiceTable& service : services_) {
    for (const Method& method : service.methods()) {
      methods_.emplace(absl::StrCat("/", service.name(), "/", method.name),
                       Known{method, MethodMetersOf(metrics, service.name(), method)});
    }
  }
}

absl::StatusOr<Admission> Door::Admit(const grpc::CallbackServerContext& context,
                                      const Access& access) {
  if (gate_ != nullptr) return gate_->Admit(context, access);
  if (access.kind == Access::kAnybody) return Admission();
  return absl::UnavailableError("the server is starting; try again after a moment");
}

void Door::Admit(const std::shared_ptr<Served>& stranger) {
  std::shared_ptr<Served> oldest;
  {
    MutexLock lock(strangers_mutex_);
    strangers_.push_back(stranger);
    if (strangers_.size() > kMaxStrangers) {
      oldest = strangers_.front().lock();
      strangers_.pop_front();
    }
  }
  if (oldest == nullptr) return;
  oldest->Refuse(MakeError(absl::StatusCode::kResourceExhausted, "SERVER_FULL",
                           "too many calls wait for their message; send it at once",
                           {{"retry_after_ms", "500"}}));
}

grpc::ServerGenericBidiReactor* Door::CreateReactor(grpc::GenericCallbackServerContext* context) {
  auto place = std::make_unique<Connections::Place>(connections_, *context);
  const auto found = methods_.find(context->method());
  const bool is_known = found != methods_.end();
  const CallMeter meter(is_known ? found->second.meters : unknown_method_, refusals_,
                        is_known ? absl::string_view(found->first) : "unknown",
                        TraceparentOf(*context));
  std::string caller;
  const auto refuse = [&place, &meter, &caller](const absl::Status& status) {
    meter.End(status, caller);
    return new Refused(std::move(place), status);
  };
  absl::StatusOr<Admission> admission =
      Admit(*context, is_known ? found->second.method.access : ForCallers());
  if (admission.ok()) caller = admission->subject();
  if (IsOfSomebody(admission, *place)) place->Admit();
  if (!is_known) {
    return refuse(MakeError(absl::StatusCode::kUnimplemented, "METHOD_UNKNOWN",
                            "there is no such method here; is the server an older one?"));
  }
  if (!admission.ok()) return refuse(admission.status());
  const Method& method = found->second.method;
  Call call(*std::move(admission), PatienceOf(*context), meter.traceparent());
  if (method.has_room) {
    const absl::Status room = method.has_room(call.patience());
    if (!room.ok()) return refuse(room);
  }
  return Served::Begin(*this, method, std::move(call), std::move(place), meter);
}

}  // namespace tallystick::rpc
