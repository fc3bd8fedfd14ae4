// Deletes what is too old: of the history, what no status needs any more that can be asked for; and
// rows of tables that only remember for a while. One of the replicas does it at a time, now and
// then, a little at a time.
#pragma once

#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "platform/history/past.h"
#include "platform/lang/mutex.h"
#include "platform/postgres/session.h"
#include "platform/postgres/trim_table.h"

namespace tallystick {

struct TrimmerOptions {
  absl::Duration interval = absl::Minutes(10);
  // How long each revision of a trade is kept after a later one took its place; zero: for ever.
  absl::Duration history_max_age = absl::Hours(24 * 90);
  PastStatus past;
  // Where reports to the shop wait: a trade of which one does keeps all of its revisions, since the
  // shop's account names one of them.
  std::optional<int16_t> report_queue;
  std::vector<postgres::Retention> retentions;
};

class Trimmer {
 public:
  Trimmer(TrimmerOptions options, const postgres::Database& database);
  // Finishes the statement at hand.
  ~Trimmer();
  Trimmer(const Trimmer&) = delete;

 private:
  void Loop() ABSL_LOCKS_EXCLUDED(mutex_);
  // Whether it is this replica's turn to trim `name`.
  bool TakesTurn(const std::string& name) ABSL_LOCKS_EXCLUDED(mutex_);
  void TrimHistory() ABSL_LOCKS_EXCLUDED(mutex_);
  // Not to the end when it is to stop.
  absl::Status TrimTo(const postgres::TrimWindow& window) ABSL_LOCKS_EXCLUDED(mutex_);
  // One trade whose history cannot be read does not hold up the others'.
  absl::Status TrimIsolated(std::span<const postgres::Position> last);
  absl::Status TrimTrades(std::span<const postgres::Position> last);
  void Trim(const postgres::Retention& retention) ABSL_LOCKS_EXCLUDED(mutex_);
  bool Stopping() ABSL_LOCKS_EXCLUDED(mutex_);

  const TrimmerOptions options_;
  postgres::Session session_;
  Mutex mutex_;
  Condition changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::jthread thread_;  // last: joined before what it uses goes
};

}  // namespace tallystick
