#include "platform/service/survey.h"

#include <algorithm>

#include "absl/time/clock.h"
#include "platform/process/log.h"

namespace tallystick::rpc {
namespace {

// (Not now(), which is when the transaction began.)
constexpr postgres::Query kDatabaseClock{
    "database_clock", "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint"};

// What takes longer to count than this is not worth it.
postgres::Database ForCounting(postgres::Database database) {
  database.timeouts.transaction = std::min(database.timeouts.transaction, absl::Seconds(2));
  return database;
}

}  // namespace

std::vector<NamedCertificate> CertificatesOf(const TlsFiles& public_tls,
                                             const TlsFiles& internal_tls) {
  std::vector<NamedCertificate> all;
  const auto add = [&](const char* name, const std::string& path) {
    if (!path.empty()) all.push_back({name, path});
  };
  add("public", public_tls.certificate);
  add("internal", internal_tls.certificate);
  add("internal-ca", internal_tls.ca);
  return all;
}

WorkCounter::WorkCounter(const postgres::Database& database, std::span<const Queue> queues)
    // Once more on a new connection: the one from the last time may be to a database that has
    // started anew since.
    : session_({.database = ForCounting(database), .max_attempts = 2}), queues_(queues) {}

absl::StatusOr<std::vector<QueueCount>> WorkCounter::Count() {
  return session_.Run([this](postgres::Transaction& transaction) {
    return WorkTable::Count(transaction, queues_);
  });
}

absl::StatusOr<absl::Duration> WorkCounter::ClockOffset() {
  return session_.Run([](postgres::Transaction& transaction) {
    const absl::Time before = absl::Now();
    const auto millis = transaction.Exec(kDatabaseClock)[0][0].as<int64_t>();
    // It was read some time between the two.
    return before + (absl::Now() - before) / 2 - absl::FromUnixMillis(millis);
  });
}

Survey::Survey(const postgres::Database& database, std::span<const Queue> queues,
               const std::vector<NamedCertificate>& certificates, const TokenVerifier& tokens,
               metrics::Metrics& metrics)
    : counter_(database, queues),
      counted_time_(metrics.MakeGauge(metrics::kWorkCountedTime)),
      counted_age_(metrics.MakeGauge(metrics::kWorkCountedAge)),
      clock_offset_(metrics.MakeGauge(metrics::kClockOffset)),
      tokens_(tokens),
      token_keys_(metrics.MakeGauge(metrics::kTokenKeys)) {
  for (const Queue& queue : queues) {
    gauges_.push_back({metrics.MakeGauge(metrics::kWork, {queue.name}),
                       metrics.MakeGauge(metrics::kWorkOldestDue, {queue.name}),
                       metrics.MakeGauge(metrics::kWorkRetried, {queue.name}),
                       metrics.MakeGauge(metrics::kWorkParked, {queue.name})});
  }
  for (const NamedCertificate& certificate : certificates) {
    certificates_.push_back({certificate.name, certificate.path,
                             metrics.MakeGauge(metrics::kCertificateSeconds, {certificate.name}),
                             std::nullopt});
  }
  thread_ = std::jthread([this] { Loop(); });
}

Survey::~Survey() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.NotifyAll();
}

void Survey::Loop() {
  MutexLock lock(mutex_);
  while (!stopping_) {
    lock.Unlock();
    LookAtWork();
    LookAtClock();
    LookAtCertificates();
    token_keys_.Set(static_cast<double>(tokens_.readable_keys()));
    lock.Lock();
    const SteadyTime next = SteadyAfter(kSurveyInterval);
    while (!stopping_ && SteadyNow() < next) changed_.WaitUntil(mutex_, next);
  }
}

void Survey::LookAtWork() {
  const auto counts = counter_.Count();
  if (counts.ok()) counted_ = SteadyNow();
  counted_age_.Set(absl::ToDoubleSeconds(-Until(counted_)));
  if (!counts.ok()) {
    log::Warn("cannot count the work", {{"reason", counts.status().message()}});
    return;
  }
  for (size_t i = 0; i < gauges_.size(); ++i) {
    const QueueCount& count = (*counts)[i];
    gauges_[i].rows.Set(static_cast<double>(count.rows));
    gauges_[i].oldest_due.Set(absl::ToDoubleSeconds(count.oldest_due));
    gauges_[i].retried.Set(static_cast<double>(count.retried));
    gauges_[i].parked.Set(static_cast<double>(count.parked));
  }
  counted_time_.Set(absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch()));
}

void Survey::LookAtClock() {
  const absl::StatusOr<absl::Duration> offset = counter_.ClockOffset();
  // While the database is away, nobody knows: the last one stands.
  if (offset.ok()) clock_offset_.Set(absl::ToDoubleSeconds(*offset));
}

void Survey::LookAtCertificates() {
  for (CertificateGauge& certificate : certificates_) {
    // One that is being replaced is read the next time.
    const absl::StatusOr<absl::Time> expiry = ExpiryOf(certificate.path);
    if (!expiry.ok()) continue;
    certificate.left.Set(absl::ToDoubleSeconds(*expiry - absl::Now()));
    if (certificate.expiry && *certificate.expiry != *expiry) {
      log::Info("certificate taken up",
                {{"certificate", certificate.name},
                 {"expires", absl::FormatTime(*expiry, absl::UTCTimeZone())}});
    }
    certificate.expiry = *expiry;
  }
}

}  // namespace tallystick::rpc
