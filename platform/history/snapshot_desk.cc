#include "platform/history/snapshot_desk.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "platform/error/error.h"
#include "platform/history/snapshot_store.h"
#include "platform/runtime/log.h"

namespace tallystick {
namespace {

constexpr absl::Duration kAnswerMargin = absl::Milliseconds(100);

const absl::Time kEarliest = absl::FromUnixSeconds(946'684'800);  // 2000-01-01

// Longer than any commit takes: what was so long ago is in the history as it will ever be, and
// needs no snapshot to pin it.
constexpr absl::Duration kSettled = absl::Minutes(2);

absl::Status TooMany(size_t pending) {
  return MakeError(absl::StatusCode::kResourceExhausted, "TOO_MANY_SNAPSHOTS",
                   absl::StrCat("receive_time: ", pending,
                                " requests of this trade wait already; ask again when one of their "
                                "times has come"));
}

absl::Status TradeIsYounger() {
  return InvalidField("receive_time", "the trade is younger than that; take a later time");
}

std::vector<postgres::Instant> InstantsOf(std::span<const SnapshotQuery> queries) {
  std::vector<postgres::Instant> instants;
  for (const SnapshotQuery& query : queries) {
    instants.push_back({query.trading_id, query.receive_time});
  }
  return instants;
}

}  // namespace

SnapshotDesk::SnapshotDesk(SnapshotOptions options, const std::string& database_url, Clock clock)
    : options_(std::move(options)),
      table_(options_.table),
      work_(options_.work_lease),
      clock_(std::move(clock)),
      session_({.database_url = database_url}),
      worker_session_({.database_url = database_url}),
      batcher_(options_.batcher,
               [this](std::span<const SnapshotQuery> queries) { return Process(queries); }),
      thread_([this] { Loop(); }) {}

SnapshotDesk::~SnapshotDesk() {
  Stop();
  thread_.join();
}

void SnapshotDesk::Submit(SnapshotQuery query, absl::Time deadline, Done done) {
  if (query.receive_time > clock_() + options_.max_ahead) {
    return done(InvalidField("receive_time",
                             absl::StrCat("at most ", absl::FormatDuration(options_.max_ahead),
                                          " ahead can be asked for")));
  }
  if (query.receive_time < kEarliest) {
    return done(InvalidField("receive_time", "there were no trades then"));
  }
  // So much earlier that the caller still gets the answer.
  deadline -= kAnswerMargin;
  const SnapshotQuery copy = query;
  batcher_.Submit(copy, deadline,
                  [this, query = std::move(query), deadline,
                   done = std::move(done)](absl::StatusOr<Answer> answer) mutable {
                    if (!answer.ok()) return done(answer.status());
                    if (auto* document = std::get_if<std::string>(&*answer)) {
                      return done(std::move(*document));
                    }
                    AddWaiting({std::move(query), deadline, std::move(done)});
                  });
}

void SnapshotDesk::AddWaiting(Waiting waiting) {
  const absl::Time soonest = std::max(waiting.query.receive_time, clock_());
  const absl::Time look_time = std::min(soonest, waiting.deadline);
  bool stopping;
  {
    std::lock_guard lock(mutex_);
    stopping = stopping_;
    if (!stopping && waiting_.size() < options_.max_waiting) {
      waiting_.emplace(look_time, std::move(waiting));
      changed_.notify_one();
      return;
    }
  }
  waiting.done(stopping
                   ? absl::UnavailableError("the server stops; call again")
                   : MakeError(absl::StatusCode::kResourceExhausted, "QUEUE_FULL",
                               "too many calls wait; the request is kept, ask again at its time"));
}

std::vector<absl::StatusOr<SnapshotDesk::Answer>> SnapshotDesk::Process(
    std::span<const SnapshotQuery> queries) {
  const std::vector<postgres::Instant> instants = InstantsOf(queries);
  const absl::Time now = clock_();
  auto answers = session_.Run([&](postgres::Transaction& transaction) {
    std::vector<absl::StatusOr<Answer>> answers(queries.size(), TradeNotFound());
    std::vector<Uuid> ids;
    ids.reserve(queries.size());
    for (const SnapshotQuery& query : queries) ids.push_back(query.trading_id);
    std::map<Uuid, std::string> buyers;
    for (const postgres::DocumentRow& row : table_.Load(transaction, ids)) {
      buyers[row.trading_id] = row.buyer;
    }
    const auto is_own = [&](const SnapshotQuery& query) {
      const auto found = buyers.find(query.trading_id);
      return found != buyers.end() && found->second == query.buyer;
    };
    std::vector<postgres::Instant> due;
    std::vector<postgres::Instant> settled;
    for (const SnapshotQuery& query : queries) {
      if (!is_own(query) || query.receive_time > now) continue;
      (query.receive_time < now - kSettled ? settled : due)
          .push_back({query.trading_id, query.receive_time});
    }
    TakeSnapshots(transaction, due);
    std::map<SnapshotKey, int64_t> taken = LoadSnapshots(transaction, instants);
    const std::vector<int64_t> revisions = postgres::RevisionsAt(transaction, settled);
    for (size_t i = 0; i < settled.size(); ++i) {
      taken.emplace(SnapshotKey{settled[i].trading_id, settled[i].time}, revisions[i]);
    }
    std::vector<postgres::Position> places;
    places.reserve(taken.size());
    for (const auto& [key, revision] : taken) {
      places.push_back({key.first, options_.whole_history ? revision : revision - 1});
    }
    const auto history = options_.whole_history
                             ? postgres::LoadHistoryUntil(transaction, places)
                             : postgres::LoadHistoryAfter(transaction, places, 1);
    std::map<Uuid, std::set<int64_t>> pending = LoadPending(transaction, options_.queue, instants);
    std::vector<WorkItem> requests;
    for (size_t i = 0; i < queries.size(); ++i) {
      const SnapshotQuery& query = queries[i];
      if (!is_own(query)) continue;
      const auto found = taken.find({query.trading_id, query.receive_time});
      if (found != taken.end()) {
        std::vector<postgres::HistoryEntry> until;
        for (const postgres::HistoryEntry& entry : history) {
          if (entry.trading_id == query.trading_id && entry.revision <= found->second &&
              (until.empty() || until.back().revision < entry.revision)) {
            until.push_back(entry);
          }
        }
        if (until.empty()) {
          answers[i] = TradeIsYounger();
        } else {
          answers[i] = Answer(options_.compose(until));
        }
      } else {
        std::set<int64_t>& waiting = pending[query.trading_id];
        const int64_t number = absl::ToUnixMillis(query.receive_time);
        if (!waiting.contains(number) && waiting.size() >= options_.max_pending) {
          answers[i] = TooMany(waiting.size());
          continue;
        }
        answers[i] = Answer(NotYet{});
        if (!waiting.insert(number).second) continue;
        requests.push_back({query.trading_id, options_.queue, number, query.receive_time});
        requests.back().scheduled = true;
      }
    }
    work_.Insert(transaction, requests);
    return answers;
  });
  if (!answers.ok()) return AllFailed<Answer>(queries.size(), answers.status());
  return *std::move(answers);
}

absl::StatusOr<std::vector<WorkVerdict>> SnapshotDesk::TakeDue(std::span<const WorkItem> items) {
  std::vector<postgres::Instant> instants;
  for (const WorkItem& item : items) {
    instants.push_back({item.trading_id, absl::FromUnixMillis(item.number)});
  }
  const auto taken = worker_session_.Run([&](postgres::Transaction& transaction) {
    TakeSnapshots(transaction, instants);
    return true;
  });
  if (!taken.ok()) return taken.status();
  return std::vector<WorkVerdict>(items.size());
}

void SnapshotDesk::Stop() {
  std::multimap<absl::Time, Waiting> left;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    left.swap(waiting_);
  }
  changed_.notify_all();
  for (auto& [time, waiting] : left) {
    waiting.done(absl::UnavailableError("the server stops; the request is kept, call again"));
  }
}

// Wakes the calls whose time has come: they ask once more, and are answered.
void SnapshotDesk::Loop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const absl::Time next =
        waiting_.empty() ? absl::Now() + absl::Minutes(1) : waiting_.begin()->first;
    changed_.wait_until(lock, absl::ToChronoTime(next), [&] {
      return stopping_ || (!waiting_.empty() && waiting_.begin()->first < next);
    });
    std::vector<Waiting> due;
    const absl::Time now = clock_();
    while (!waiting_.empty() && waiting_.begin()->first <= now) {
      due.push_back(std::move(waiting_.extract(waiting_.begin()).mapped()));
    }
    lock.unlock();
    for (Waiting& waiting : due) {
      if (waiting.deadline <= now) {
        waiting.done(MakeError(absl::StatusCode::kDeadlineExceeded, "NOT_YET",
                               "the time has not come yet; the request is kept, ask again"));
      } else {
        Submit(std::move(waiting.query), waiting.deadline + kAnswerMargin, std::move(waiting.done));
      }
    }
    lock.lock();
  }
}

}  // namespace tallystick
