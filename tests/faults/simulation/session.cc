#include "tests/faults/simulation/session.h"

#include "platform/postgres/session.h"
#include "tests/faults/simulation/versions.h"

namespace tallystick::simulation {
namespace {

// As SessionOptions and Timeouts have them.
constexpr int kMostAttempts = 8;
constexpr absl::Duration kTimeout = absl::Seconds(5);
constexpr absl::Duration kLockTimeout = absl::Seconds(1);
constexpr BackoffPolicy kBackoff{absl::Milliseconds(5), absl::Milliseconds(500)};

absl::Status Unreachable() { return absl::UnavailableError("the database cannot be reached"); }

bool WritesHeldRow(const Writes& writes, const Database& database) {
  if (database.held.empty()) return false;
  for (const postgres::DocumentRow& row : writes.documents) {
    if (database.held.contains(row.trading_id)) return true;
  }
  return false;
}

}  // namespace

postgres::DocumentRow SimulatedTables::AsOfVersion(postgres::DocumentRow row) const {
  if (row.revision == 0) return row;
  row.document =
      transaction.database.formats.document(transaction.process.version(), std::move(row.document));
  return row;
}

std::vector<postgres::DocumentRow> SimulatedTables::Load(
    std::span<const Uuid> ids, std::vector<postgres::DocumentRow>* refused) {
  std::vector<postgres::DocumentRow> found;
  for (const Uuid& id : ids) {
    const auto row = transaction.database.documents.find(id);
    if (row == transaction.database.documents.end()) continue;
    if (row->second.revision > 0) {
      found.push_back(AsOfVersion(row->second));
    } else if (refused != nullptr) {
      refused->push_back(row->second);
    }
  }
  return found;
}

void SimulatedTables::Insert(std::span<const postgres::DocumentRow> rows) {
  for (const postgres::DocumentRow& row : rows) {
    if (transaction.database.documents.contains(row.trading_id)) throw postgres::Conflict{};
    if (row.revision == 0 && transaction.process.world().Has(Defect::kRefusalForgotten)) continue;
    transaction.writes.documents.push_back(AsOfVersion(row));
  }
}

void SimulatedTables::Update(std::span<const postgres::DocumentRow> rows,
                             std::span<const int64_t> expected) {
  const bool checked = !transaction.process.world().Has(Defect::kRevisionUnchecked);
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto found = transaction.database.documents.find(rows[i].trading_id);
    const bool there = found != transaction.database.documents.end();
    if (!there || (checked && found->second.revision != expected[i])) throw postgres::Conflict{};
    transaction.writes.documents.push_back(AsOfVersion(rows[i]));
  }
}

void SimulatedTables::AppendHistory(std::span<const postgres::HistoryEntry> entries) {
  auto& history = transaction.writes.history;
  history.insert(history.end(), entries.begin(), entries.end());
}

std::vector<postgres::HistoryEntry> SimulatedTables::LoadHistoryAfter(
    std::span<const postgres::Position> places, int64_t limit) {
  std::vector<postgres::HistoryEntry> found;
  for (const postgres::Position& place : places) {
    const auto entries = transaction.database.history.find(place.trading_id);
    if (entries == transaction.database.history.end()) continue;
    const auto first = entries->second.upper_bound(place.revision);
    for (auto at = first; at != entries->second.end() && at->first < first->first + limit; ++at) {
      found.push_back(at->second);
    }
  }
  return found;
}

std::vector<postgres::HistoryEntry> SimulatedTables::LoadHistoryUntil(
    std::span<const postgres::Position> places, int64_t limit) {
  std::vector<postgres::HistoryEntry> found;
  for (const postgres::Position& place : places) {
    const auto entries = transaction.database.history.find(place.trading_id);
    if (entries == transaction.database.history.end()) continue;
    for (auto at = entries->second.upper_bound(place.revision - limit);
         at != entries->second.end() && at->first <= place.revision; ++at) {
      found.push_back(at->second);
    }
  }
  return found;
}

void SimulatedTables::InsertWork(std::vector<WorkItem>& items) {
  // (An older version knows of no bundles.)
  World& world = transaction.process.world();
  if (transaction.process.version() >= kThisVersion) {
    MakeBundles(items, [&world] { return world.dice.RequestId(world.time.TrueTime()); });
  }
  for (WorkItem item : items) {
    if (item.bundle != nullptr) world.Count(Happening::kBundled);
    auto payload = transaction.database.formats.payload(transaction.process.version(), item.queue,
                                                        std::move(item.payload));
    if (!payload) continue;
    item.payload = *std::move(payload);
    transaction.writes.work.push_back(std::move(item));
  }
}

void SimulatedTables::DeleteWork(const std::vector<WorkItem>& items) {
  auto& over = transaction.writes.over;
  over.insert(over.end(), items.begin(), items.end());
}

struct Session::Running {
  const char* what;
  On on;
  Begin begin;
  Done done;
  int attempts = 0;
};

absl::Duration Session::Latency() {
  World& world = process_.world();
  if (world.faulty && world.plan.overload) {
    return world.dice.Between(absl::Milliseconds(1), absl::Milliseconds(600));
  }
  return world.dice.Between(absl::Microseconds(200), absl::Milliseconds(4));
}

void Session::Run(const char* what, On on, Begin begin, Done done) {
  Attempt(std::make_shared<Running>(Running{what, on, std::move(begin), std::move(done)}));
}

void Session::Again(const std::shared_ptr<Running>& running, const absl::Status& why) {
  if (running->attempts >= kMostAttempts) return running->done(why, {});
  const double chance = process_.world().dice.Fraction();
  process_.After(BackoffDelay(kBackoff, running->attempts, chance),
                 [this, running] { Attempt(running); });
}

void Session::Attempt(const std::shared_ptr<Running>& running) {
  ++running->attempts;
  process_.After(Latency(), [this, running] {
    if (database_.down()) {
      process_.world().Count(Happening::kOutage);
      process_.After(kTimeout, [running] { running->done(Unreachable(), {}); });
      return;
    }
    const absl::Status fits = Check(*running);
    if (!fits.ok()) return running->done(fits, {});
    const auto attempt =
        std::make_shared<Transaction>(Transaction{database_, process_, {}, database_.lives()});
    try {
      const Save save = running->begin(*attempt);
      process_.After(Latency(), [this, running, attempt, save] { Commit(running, attempt, save); });
    } catch (const postgres::Unreadable& error) {
      process_.world().Count(Happening::kUnreadableRow);
      running->done(postgres::NotReadable(error), {});
    }
  });
}

absl::Status Session::Check(const Running& running) const {
  World& world = process_.world();
  if (running.on.life && *running.on.life != database_.lives()) {
    return absl::UnavailableError("the connection is another one");
  }
  const bool holds = world.plan.held && !world.Has(Defect::kNotHeld);
  if (running.on.known && holds && !database_.is_known()) {
    world.Count(Happening::kHeld);
    return absl::UnavailableError("the shop has not compared this database");
  }
  return absl::OkStatus();
}

bool Session::Dies(Happening when, const char* what) {
  World& world = process_.world();
  if (!world.Happens(world.plan.crash_at_commit)) return false;
  world.Count(when);
  world.Say(process_.name(), {}, "dies ", when == Happening::kDiedBeforeCommit ? "before" : "after",
            " the commit of ", what);
  process_.Kill();
  return true;
}

void Session::Commit(const std::shared_ptr<Running>& running,
                     const std::shared_ptr<Transaction>& attempt, const Save& save) {
  World& world = process_.world();
  if (database_.down() || database_.lives() != attempt->life) {
    return Again(running, Unreachable());
  }
  if (Dies(Happening::kDiedBeforeCommit, running->what)) return;
  try {
    save();
  } catch (const postgres::Conflict&) {
    world.Count(Happening::kConflict);
    world.Say(process_.name(), {}, running->what, " meets a conflict and runs again");
    return Again(running, absl::AbortedError("the trade was changed by others again and again"));
  }
  if (WritesHeldRow(attempt->writes, database_)) {
    world.Count(Happening::kHeldRow);
    process_.After(kLockTimeout, [running] {
      running->done(absl::AbortedError("somebody else is changing the same"), {});
    });
    return;
  }
  Writes& writes = attempt->writes;
  const absl::Duration error =
      world.Has(Defect::kDueByOwnClock) ? process_.clock_error() : absl::ZeroDuration();
  // A transaction that writes no trade is a worker's own, which need not be durable.
  if (!writes.documents.empty() || !writes.requests.empty()) database_.Flush();
  if (world.Has(Defect::kWorkAfterCommit)) {
    Writes rest = writes;
    rest.work.clear();
    database_.Commit(rest, lease_, error);
    process_.After(Latency(), [this, work = writes.work, error] {
      database_.InsertWork(work, lease_, error);
    });
  } else {
    database_.Commit(writes, lease_, error);
  }
  for (const postgres::HistoryEntry& entry : writes.history) {
    world.Say(process_.name(), entry.trading_id, running->what, " makes revision ", entry.revision,
              " in ", database_.name());
  }
  if (Dies(Happening::kDiedAfterCommit, running->what)) return;
  if (world.Happens(world.plan.in_doubt)) {
    world.Count(Happening::kInDoubt);
    world.Say(process_.name(), {}, "has no answer to the commit of ", running->what);
    return Again(running, Unreachable());
  }
  process_.After(Latency(), [running, attempt] { running->done({}, attempt->writes.work); });
}

}  // namespace tallystick::simulation
