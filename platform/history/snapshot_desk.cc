#include "platform/history/snapshot_desk.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "platform/error/error.h"
#include "platform/postgres/snapshot_table.h"
#include "platform/process/log.h"

namespace tallystick {
namespace {

constexpr absl::Duration kAnswerMargin = absl::Milliseconds(100);

// How often the waiting calls are looked at.
constexpr absl::Duration kLook = absl::Milliseconds(50);

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

absl::Status NoLongerKept() {
  return MakeError(absl::StatusCode::kOutOfRange, "NO_LONGER_KEPT",
                   "receive_time: what the status was then is no longer kept; take a later time",
                   {{"field", "receive_time"}});
}

std::vector<postgres::Instant> InstantsOf(std::span<const SnapshotQuery> queries) {
  std::vector<postgres::Instant> instants;
  for (const SnapshotQuery& query : queries) {
    instants.push_back({query.trading_id, query.receive_time});
  }
  return instants;
}

}  // namespace

SnapshotDesk::SnapshotDesk(SnapshotOptions options, absl::Duration work_lease,
                           const postgres::Database& database, Clock clock)
    : options_(std::move(options)),
      table_(options_.table),
      work_(work_lease),
      clock_(std::move(clock)),
      session_({.database = database}),
      worker_session_({.database = database}),
      batcher_(options_.batcher,
               [this](std::span<const SnapshotQuery> queries) { return Process(queries); }),
      thread_([this] { Loop(); }) {}

SnapshotDesk::~SnapshotDesk() { Stop(); }

void SnapshotDesk::Submit(SnapshotQuery query, Patience patience, Done done) {
  if (query.receive_time > clock_() + options_.max_ahead) {
    return done(InvalidField("receive_time",
                             absl::StrCat("at most ", absl::FormatDuration(options_.max_ahead),
                                          " ahead can be asked for")));
  }
  if (query.receive_time < kEarliest) {
    return done(InvalidField("receive_time", "there were no trades then"));
  }
  // So much earlier that the caller still gets the answer.
  patience.deadline -= absl::ToChronoNanoseconds(kAnswerMargin);
  const SnapshotQuery copy = query;
  batcher_.Submit(copy, patience,
                  [this, query = std::move(query), patience,
                   done = std::move(done)](absl::StatusOr<Answer> answer) mutable {
                    if (!answer.ok()) return done(answer.status());
                    if (auto* document = std::get_if<std::string>(&*answer)) {
                      return done(std::move(*document));
                    }
                    AddWaiting({std::move(query), std::move(patience), std::move(done)});
                  });
}

void SnapshotDesk::AddWaiting(Waiting waiting) {
  bool stopping;
  {
    MutexLock lock(mutex_);
    stopping = stopping_;
    if (!stopping && waiting_.size() < options_.max_waiting) {
      waiting_.push_back(std::move(waiting));
      changed_.NotifyOne();
      return;
    }
  }
  waiting.done(stopping
                   ? absl::UnavailableError("the server stops; call again")
                   : MakeError(absl::StatusCode::kResourceExhausted, "QUEUE_FULL",
                               "too many calls wait; the request is kept, ask again at its time"));
}

// Of those trades of which an entry is missing, the ones whose history does not begin at the
// beginning (any more).
std::set<Uuid> SnapshotDesk::TrimmedOf(postgres::Transaction& transaction,
                                       std::span<const postgres::Position> places,
                                       const PastEntries& found) {
  std::vector<postgres::Position> beginnings;
  for (const postgres::Position& place : places) {
    if (!found.contains({place.trading_id, place.revision})) {
      beginnings.push_back({place.trading_id, 0});
    }
  }
  std::set<Uuid> trimmed;
  if (beginnings.empty()) return trimmed;
  for (const auto& entry : postgres::LoadHistoryAfter(transaction, beginnings, 1)) {
    if (entry.revision > 1) trimmed.insert(entry.trading_id);
  }
  return trimmed;
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
    postgres::TakeSnapshots(transaction, due);
    std::map<postgres::SnapshotKey, int64_t> taken = postgres::LoadSnapshots(transaction, instants);
    const std::vector<int64_t> revisions = postgres::RevisionsAt(transaction, settled);
    for (size_t i = 0; i < settled.size(); ++i) {
      taken.emplace(postgres::SnapshotKey{settled[i].trading_id, settled[i].time}, revisions[i]);
    }
    std::vector<postgres::Position> places;
    places.reserve(taken.size());
    for (const auto& [key, revision] : taken) {
      places.push_back({key.first, revision});
    }
    const PastEntries history = LoadPast(transaction, options_.past, places);
    const std::set<Uuid> trimmed = TrimmedOf(transaction, places, history);
    std::map<Uuid, std::set<int64_t>> pending =
        WorkTable::NumbersOf(transaction, kSnapshotQueue.number, ids);
    std::vector<WorkItem> requests;
    for (size_t i = 0; i < queries.size(); ++i) {
      const SnapshotQuery& query = queries[i];
      if (!is_own(query)) continue;
      const auto found = taken.find({query.trading_id, query.receive_time});
      if (found != taken.end()) {
        const auto entries = history.find({query.trading_id, found->second});
        if (entries != history.end()) {
          answers[i] = Answer(options_.past.compose(entries->second));
        } else {
          answers[i] = trimmed.contains(query.trading_id) ? NoLongerKept() : TradeIsYounger();
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
        requests.push_back({query.trading_id, kSnapshotQueue.number, number});
        requests.back().date = query.receive_time;
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
    postgres::TakeSnapshots(transaction, instants);
    return true;
  });
  if (!taken.ok()) return taken.status();
  return std::vector<WorkVerdict>(items.size());
}

void SnapshotDesk::Stop() {
  std::list<Waiting> left;
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    left.swap(waiting_);
  }
  changed_.NotifyAll();
  for (Waiting& waiting : left) {
    waiting.done(absl::UnavailableError("the server stops; the request is kept, call again"));
  }
}

// Wakes the calls whose time has come: they ask once more, and are answered. Looked at often, since
// the clock that the times are of may jump.
void SnapshotDesk::Loop() {
  MutexLock lock(mutex_);
  while (!stopping_) {
    if (waiting_.empty()) {
      changed_.Wait(mutex_);
    } else {
      changed_.WaitFor(mutex_, kLook);
    }
    std::list<Waiting> due;
    const absl::Time now = clock_();
    const SteadyTime steady_now = SteadyNow();
    for (auto next = waiting_.begin(); next != waiting_.end();) {
      const auto one = next++;
      if (one->query.receive_time <= now || !one->patience.Waits(steady_now)) {
        due.splice(due.end(), waiting_, one);
      }
    }
    lock.Unlock();
    for (Waiting& waiting : due) {
      if (!waiting.patience.Waits(steady_now)) {
        waiting.done(MakeError(absl::StatusCode::kDeadlineExceeded, "NOT_YET",
                               "the time has not come yet; the request is kept, ask again"));
      } else {
        waiting.patience.deadline += absl::ToChronoNanoseconds(kAnswerMargin);
        Submit(std::move(waiting.query), std::move(waiting.patience), std::move(waiting.done));
      }
    }
    lock.Lock();
  }
}

}  // namespace tallystick
