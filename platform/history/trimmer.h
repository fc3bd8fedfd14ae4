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

namespace tallystick {

// Rows of a table that are deleted at an age.
struct Retention {
  std::string name;   // its row in `trims`
  std::string table;  // and its columns:
  std::string time;
  std::string key;         // with commas
  std::string condition;   // of those that are meant; empty: all
  absl::Duration max_age;  // zero: for ever
};

struct TrimmerOptions {
  absl::Duration interval = absl::Minutes(10);
  // How long each revision of a trade is kept after a later one took its place; zero: for ever.
  absl::Duration history_max_age = absl::Hours(24 * 90);
  PastStatus past;
  // Where reports to the shop wait: a trade of which one does keeps all of its revisions, since the
  // shop's account names one of them.
  std::optional<int16_t> report_queue;
  std::vector<Retention> retentions;
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
  // The trades that had a revision in a time, with their last of it; and how that time ends.
  struct Window {
    absl::Time end;
    std::vector<postgres::Position> last;
  };
  absl::StatusOr<Window> NextWindow(absl::Duration length);
  // One trade whose history cannot be read does not hold up the others'.
  absl::Status TrimIsolated(std::span<const postgres::Position> last);
  absl::Status TrimTrades(std::span<const postgres::Position> last);
  void Trim(const Retention& retention) ABSL_LOCKS_EXCLUDED(mutex_);
  bool Stopping() ABSL_LOCKS_EXCLUDED(mutex_);

  const TrimmerOptions options_;
  postgres::Session session_;
  Mutex mutex_;
  Condition changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::jthread thread_;  // last: joined before what it uses goes
};

}  // namespace tallystick
