// A service's database, which its replicas share: the tables in memory, and what the statements of
// platform/postgres, platform/relay and the services' stores do to them. Documents, messages and
// refusals are the bytes that the services' own stores make of them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "platform/postgres/document_table.h"
#include "platform/postgres/history_table.h"
#include "platform/relay/bundle.h"
#include "platform/relay/work_queue.h"
#include "services/shopping/domain/catalogue.h"
#include "services/shopping/store/known_databases.h"
#include "services/shopping/store/refusal_store.h"
#include "tests/faults/simulation/world.h"

namespace tallystick::simulation {

// A row of `work`.
struct WorkRow {
  SteadyTime due;  // kNeverSteady: parked
  int32_t attempts = 0;
  std::string payload;
  std::string reason;
};
using WorkKey = std::tuple<Uuid, int16_t, int64_t>;  // trade, queue, number
inline WorkKey KeyOf(const WorkItem& item) { return {item.trading_id, item.queue, item.number}; }

// A row of `bundles`.
struct BundleRow {
  int16_t queue = 0;
  SteadyTime due;
  std::vector<WorkItem> items;
};

// What one transaction is about to write.
struct Writes {
  std::vector<postgres::DocumentRow> documents;
  std::vector<postgres::HistoryEntry> history;
  std::vector<WorkItem> work;
  std::vector<WorkItem> over;
  std::vector<WorkItem> parked;
  std::vector<shopping::StockAdjustment> stock;
  std::map<shopping::RequestKey, std::string> requests;  // refusals; empty: it took effect
  std::map<shopping::RequestKey, std::string> refused;   // that had taken effect
};

// What a backup has.
struct Tables {
  std::map<Uuid, postgres::DocumentRow> documents;
  std::map<Uuid, std::map<int64_t, postgres::HistoryEntry>> history;
  std::map<WorkKey, WorkRow> work;
  std::map<Uuid, BundleRow> bundles;
  std::map<std::string, shopping::Product> products;
  std::map<std::string, shopping::DeliveryOption> options;
  std::map<shopping::RequestKey, std::string> requests;
  std::set<Uuid> listed;  // under their buyers
  // Tables known_databases, the shop's, and known_database, of the other two.
  std::map<std::string, shopping::KnownDatabase> known_databases;
  std::string compared_with = "#";
};

// Whoever changes the tables says so by Changed.
class Database : public Tables {
 public:
  // What a version of the servers makes of a document, and of the payload of work in a queue;
  // nullopt for one of a queue that it does not have.
  struct Formats {
    std::function<std::string(int version, std::string)> document;
    std::function<std::optional<std::string>(int version, int16_t queue, std::string)> payload;
  };

  Database(World& world, std::string name) : world_(world), name_(std::move(name)) {}

  const std::string& name() const { return name_; }

  Formats formats;

  // Rows that somebody holds; and whether anybody gets an answer at all.
  std::set<Uuid> held;
  SteadyTime down_until{};
  bool down() const { return world_.time.now() < down_until; }

  // It dies, and comes back: what was written to `work` alone since the last durable commit is
  // lost, transactions under way are broken.
  void Crash(absl::Duration length);
  int lives() const { return lives_; }
  // It is what it was: transactions under way are broken.
  void Restore(Tables older, absl::Duration length);
  // The last time; never, if it has lost nothing that was durable.
  std::optional<SteadyTime> restored() const { return restored_; }
  // As platform/relay/known_database.h: which database this is, whether the shop has compared all
  // with it, and that it has.
  std::string told() const { return told_; }
  bool is_known() const;
  void Trust(const std::string& told) {
    if (told == told_) compared_with = told;
  }
  // What was written until now is on disk.
  void Flush() { undo_.clear(); }

  // All at once. The work becomes visible to others a lease later.
  void Commit(const Writes& writes, absl::Duration lease, absl::Duration clock_error);

  // The statements of platform/relay/work_queue.cc and bundle.cc.
  void InsertWork(const std::vector<WorkItem>& items, absl::Duration lease,
                  absl::Duration clock_error);
  // How many were in bundles.
  size_t TakeApartDue(int16_t queue);
  void Settle(const SettledRows& rows);
  std::vector<WorkItem> Claim(int16_t queue, size_t limit, absl::Duration lease);
  void DeleteWork(const std::vector<WorkItem>& items);
  void Postpone(const std::vector<WorkItem>& items, absl::Duration lease,
                absl::Duration clock_error);
  std::vector<bool> IsFirst(std::span<const WorkItem> items) const;
  std::map<Uuid, std::set<int64_t>> NumbersOf(int16_t queue, std::span<const Uuid> ids) const;
  std::vector<std::string> ReasonsOf(std::span<const WorkItem> items, int32_t tries) const;
  std::vector<WorkItem> ListWaiting() const;
  void RetryWork(const Uuid& trading_id);

  // When the first row of a queue is due; kNeverSteady when none ever is.
  SteadyTime NextDue(int16_t queue) const;
  // Whether something of the trade waits for a person.
  bool WaitsForPerson(const Uuid& trading_id) const;

  // Called when the work may have changed.
  void Watch(std::function<void()> watcher) { watchers_.push_back(std::move(watcher)); }
  void Changed();

 private:
  // What a row was before a worker changed it.
  void Remember(const WorkKey& key);
  void RememberBundle(const Uuid& id);
  void TakeApart(const Uuid& id);

  World& world_;
  const std::string name_;
  int lives_ = 0;
  std::string told_ = "#";  // another after each loss
  std::optional<SteadyTime> restored_;
  std::set<Uuid> had_;                       // trades that it ever had
  std::vector<std::function<void()>> undo_;  // what is not durable yet
  std::vector<std::function<void()>> watchers_;
};

}  // namespace tallystick::simulation
