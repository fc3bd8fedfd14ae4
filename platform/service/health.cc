#include "platform/service/health.h"

#include <optional>
#include <vector>

#include "grpc/health/v1/health.pb.h"
#include "platform/error/error.h"

namespace tallystick::rpc {
namespace {

using grpc::health::v1::HealthCheckRequest, grpc::health::v1::HealthCheckResponse;

// Of a port: those who watch are few, and need no token.
constexpr size_t kMaxHealthWatches = 64;

}  // namespace

// Writes what the health is, and again when it has changed meanwhile; one message at a time.
class Health::Watching final : public StreamSource {
 public:
  Watching(Health& health, bool is_known, Stream& stream)
      : health_(health), is_known_(is_known), stream_(stream) {}

  void OnBegin() override { Say(); }
  void OnWritten(bool ok) override {
    {
      MutexLock lock(mutex_);
      is_writing_ = false;
      if (!ok) is_canceled_ = true;
    }
    Say();
  }
  void OnCancel() override {
    {
      MutexLock lock(mutex_);
      is_canceled_ = true;
    }
    Say();
  }
  void OnDone() override { health_.Leave(this); }

  // What there is to say now, if it has not been said.
  void Say() ABSL_LOCKS_EXCLUDED(mutex_) {
    HealthCheckResponse response;
    absl::Status end;
    {
      MutexLock lock(mutex_);
      if (is_writing_ || is_over_) return;
      response.set_status(Now());
      if (is_canceled_) {
        end = absl::CancelledError("the caller has left");
      } else if (said_ == response.status()) {
        if (!health_.stopped_) return;
        end = absl::UnavailableError("the server stops");
      }
      (end.ok() ? is_writing_ : is_over_) = true;
      said_ = response.status();
    }
    if (!end.ok()) return stream_.Finish(end);
    // It counts nothing of those without a token.
    (void)stream_.Write(response);
  }

 private:
  HealthCheckResponse::ServingStatus Now() const {
    if (!is_known_) return HealthCheckResponse::SERVICE_UNKNOWN;
    return health_.IsServing() ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
  }

  Health& health_;
  const bool is_known_;
  Stream& stream_;
  Mutex mutex_;
  std::optional<HealthCheckResponse::ServingStatus> said_ ABSL_GUARDED_BY(mutex_);
  bool is_writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_canceled_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_over_ ABSL_GUARDED_BY(mutex_) = false;
};

void Health::SetReady(bool ready) {
  if (ready_.exchange(ready) != ready) Tell();
}

void Health::StopServing() {
  stopped_ = true;
  Tell();
}

void Health::Tell() {
  std::vector<std::shared_ptr<Watching>> told;
  {
    MutexLock lock(mutex_);
    for (const auto& [key, watching] : watches_) {
      if (auto alive = watching.lock()) told.push_back(std::move(alive));
    }
  }
  for (const auto& watching : told) watching->Say();
}

absl::Status Health::Enter(const std::shared_ptr<Watching>& watching) {
  MutexLock lock(mutex_);
  if (watches_.size() >= kMaxHealthWatches) {
    return MakeError(absl::StatusCode::kResourceExhausted, "TOO_MANY_WATCHES",
                     "too many watch the server's health; use Check");
  }
  watches_.emplace(watching.get(), watching);
  return absl::OkStatus();
}

void Health::Leave(const Watching* watching) {
  MutexLock lock(mutex_);
  watches_.erase(watching);
}

ServiceTable Health::Table() {
  ServiceTable table("grpc.health.v1.Health");
  const auto is_known = [this](const HealthCheckRequest& request) {
    return request.service().empty() || services_.contains(request.service());
  };
  table.AddImmediate<HealthCheckRequest, HealthCheckResponse>(
      "Check", ForAnybody(),
      [this, is_known](Call&, const HealthCheckRequest& request, HealthCheckResponse& response) {
        if (!is_known(request)) return absl::NotFoundError("there is no such service here");
        response.set_status(IsServing() ? HealthCheckResponse::SERVING
                                        : HealthCheckResponse::NOT_SERVING);
        return absl::OkStatus();
      });
  table.AddStream<HealthCheckRequest, HealthCheckResponse>(
      "Watch", ForAnybody(),
      [this, is_known](Call&, const HealthCheckRequest& request,
                       Stream& stream) -> absl::StatusOr<std::shared_ptr<StreamSource>> {
        auto watching = std::make_shared<Watching>(*this, is_known(request), stream);
        const absl::Status entered = Enter(watching);
        if (!entered.ok()) return entered;
        return watching;
      });
  return table;
}

}  // namespace tallystick::rpc
