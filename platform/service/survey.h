// What metrics tell of a server that nothing happens to: how its table of work looks, whether its
// clock is right, for how long its certificates are good, and whether it can read a token's key.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "platform/auth/token_verifier.h"
#include "platform/lang/mutex.h"
#include "platform/metrics/metrics.h"
#include "platform/postgres/session.h"
#include "platform/relay/work_queue.h"
#include "platform/transport/tls.h"

namespace tallystick::rpc {

// How often it looks, however often somebody asks for what it found.
inline constexpr absl::Duration kSurveyInterval = absl::Seconds(15);

// A certificate by what metrics and people call it, and its file.
struct NamedCertificate {
  const char* name;
  std::string path;
};

// Those that a server shows and trusts; in plaintext, for trials, none.
std::vector<NamedCertificate> CertificatesOf(const TlsFiles& public_tls,
                                             const TlsFiles& internal_tls);

// How the table of work looks, over a connection of its own; never takes long. Not thread-safe.
class WorkCounter {
 public:
  // `queues` are the names of constants.
  WorkCounter(const postgres::Database& database, std::span<const Queue> queues);

  const std::span<const Queue>& queues() const { return queues_; }
  // Of the queues, in their order.
  absl::StatusOr<std::vector<QueueCount>> Count();
  // How far the clock of this server is ahead of the database's.
  absl::StatusOr<absl::Duration> ClockOffset();

 private:
  postgres::Session session_;
  const std::span<const Queue> queues_;
};

// Looks on a thread and a connection of its own.
class Survey {
 public:
  // `queues` are the names of constants; `tokens` and `metrics` must outlive this.
  Survey(const postgres::Database& database, std::span<const Queue> queues,
         const std::vector<NamedCertificate>& certificates, const TokenVerifier& tokens,
         metrics::Metrics& metrics);
  ~Survey();
  Survey(const Survey&) = delete;

 private:
  struct QueueGauges {
    metrics::Gauge rows;
    metrics::Gauge oldest_due;
    metrics::Gauge retried;
    metrics::Gauge parked;
  };
  struct CertificateGauge {
    const char* name;
    std::string path;
    metrics::Gauge left;
    std::optional<absl::Time> expiry;  // of the one that was there the last time
  };
  void Loop() ABSL_LOCKS_EXCLUDED(mutex_);
  void LookAtWork();
  void LookAtClock();
  void LookAtCertificates();

  WorkCounter counter_;
  std::vector<QueueGauges> gauges_;  // of the queues, in their order
  metrics::Gauge counted_time_;
  metrics::Gauge counted_age_;
  SteadyTime counted_ = SteadyNow();  // before the first time: when this began
  metrics::Gauge clock_offset_;
  const TokenVerifier& tokens_;
  metrics::Gauge token_keys_;
  std::vector<CertificateGauge> certificates_;
  Mutex mutex_;
  Condition changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::jthread thread_;  // last: joined before what it uses goes
};

}  // namespace tallystick::rpc
