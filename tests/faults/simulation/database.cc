#include "tests/faults/simulation/database.h"

#include <algorithm>

#include "services/shopping/store/order_store.h"
#include "services/shopping/workflow/looking.h"

namespace tallystick::simulation {

void Database::Commit(const Writes& writes, absl::Duration lease, absl::Duration clock_error) {
  for (const postgres::DocumentRow& row : writes.documents) {
    // An order that was lost and comes back was waited for the first time.
    const bool ordered = !products.empty() && had_.insert(row.trading_id).second;
    if (ordered && !world_.IsWaitedFor(row.trading_id)) {
      world_.Violate("what nobody waits for any more is not decided",
                     world_.NameOf(row.trading_id));
    }
    documents[row.trading_id] = row;
  }
  for (const postgres::HistoryEntry& entry : writes.history) {
    const bool fresh = history[entry.trading_id].emplace(entry.revision, entry).second;
    if (!fresh && !world_.Has(Defect::kRevisionUnchecked)) {
      world_.Violate("a revision is made once",
                     absl::StrCat(name_, " has revision ", entry.revision, " of ",
                                  world_.NameOf(entry.trading_id), " twice"));
    }
  }
  for (const shopping::StockAdjustment& adjustment : writes.stock) {
    products.at(adjustment.sku).stock += adjustment.delta;
    if (products.at(adjustment.sku).stock < 0) {
      world_.Violate("stock is never sold twice", absl::StrCat("of ", adjustment.sku, " there are ",
                                                               products.at(adjustment.sku).stock));
    }
  }
  requests.insert(writes.requests.begin(), writes.requests.end());
  for (const auto& [key, refusal] : writes.refused) requests[key] = refusal;
  InsertWork(writes.work, lease, clock_error);
  InsertWork(writes.parked, lease, clock_error);
  DeleteWork(writes.over);
  DeleteWork(shopping::InPlaceOf(writes.parked));
  Postpone(writes.parked, lease, clock_error);
  if (!writes.over.empty() || !writes.parked.empty()) Flush();
}

bool Database::is_known() const {
  if (name_ != shopping::kOwnDatabase) return compared_with == told_;
  const auto own = known_databases.find(name_);
  return own == known_databases.end() || (own->second.identity == told_ && own->second.compared);
}

namespace {

// Puts a row of a table back, or away, as it is now.
template <typename Key, typename Row>
std::function<void()> ToPutBack(std::map<Key, Row>& table, const Key& key) {
  const auto found = table.find(key);
  if (found == table.end()) return [&table, key] { table.erase(key); };
  return [&table, key, row = found->second] { table[key] = row; };
}

}  // namespace

void Database::Remember(const WorkKey& key) { undo_.push_back(ToPutBack(work, key)); }

void Database::RememberBundle(const Uuid& id) { undo_.push_back(ToPutBack(bundles, id)); }

void Database::Crash(absl::Duration length) {
  if (!undo_.empty()) world_.Count(Happening::kDatabaseCrashed);
  for (auto at = undo_.rbegin(); at != undo_.rend(); ++at) (*at)();
  undo_.clear();
  ++lives_;
  down_until = world_.time.now() + absl::ToChronoNanoseconds(length);
  Changed();
}

void Database::Restore(Tables older, absl::Duration length) {
  static_cast<Tables&>(*this) = std::move(older);
  undo_.clear();
  restored_ = world_.time.now();
  ++lives_;
  told_ = absl::StrCat("life ", lives_, "#", lives_);
  down_until = world_.time.now() + absl::ToChronoNanoseconds(length);
  Changed();
}

void Database::InsertWork(const std::vector<WorkItem>& items, absl::Duration lease,
                          absl::Duration clock_error) {
  if (items.empty()) return;
  const SteadyTime now = world_.time.now();
  for (const WorkItem& item : items) {
    if (item.bundle != nullptr) {
      BundleRow& bundle = bundles[item.bundle->id];
      bundle.queue = item.queue;
      bundle.due = now + absl::ToChronoNanoseconds(item.delay + lease + clock_error);
      bundle.items.push_back({item.trading_id, item.queue, item.number, {}, item.payload});
      continue;
    }
    WorkRow row{now, 0, item.payload, ""};
    if (item.date) {
      row.due =
          std::max(now + absl::ToChronoNanoseconds(item.delay), world_.time.SteadyAt(*item.date));
    } else {
      row.due = now + absl::ToChronoNanoseconds(item.delay + lease + clock_error);
    }
    const auto [there, fresh] = work.emplace(KeyOf(item), std::move(row));  // or DO NOTHING
    if (fresh || !item.anew || there->second.attempts == 0) continue;
    there->second.attempts = 0;
    there->second.due = now;
  }
  Changed();
}

void Database::TakeApart(const Uuid& id) {
  const auto found = bundles.find(id);
  if (found == bundles.end()) return;
  RememberBundle(id);
  for (const WorkItem& item : found->second.items) {
    Remember(KeyOf(item));
    work.emplace(KeyOf(item), WorkRow{found->second.due, 0, item.payload, ""});
  }
  bundles.erase(found);
}

size_t Database::TakeApartDue(int16_t queue) {
  std::vector<Uuid> due;
  size_t items = 0;
  for (const auto& [id, bundle] : bundles) {
    if (bundle.queue != queue || bundle.due > world_.time.now()) continue;
    due.push_back(id);
    items += bundle.items.size();
  }
  for (const Uuid& id : due) TakeApart(id);
  return items;
}

void Database::Settle(const SettledRows& rows) {
  for (const Uuid& id : rows.finished) {
    RememberBundle(id);
    bundles.erase(id);
  }
  for (const Uuid& id : rows.apart) TakeApart(id);
  DeleteWork(rows.done);
}

std::vector<WorkItem> Database::Claim(int16_t queue, size_t limit, absl::Duration lease) {
  const SteadyTime now = world_.time.now();
  std::vector<std::pair<SteadyTime, WorkKey>> due;
  for (const auto& [key, row] : work) {
    if (std::get<1>(key) == queue && row.due <= now) due.emplace_back(row.due, key);
  }
  std::sort(due.begin(), due.end());
  if (due.size() > limit) due.resize(limit);
  std::vector<WorkItem> items;
  for (const auto& [time, key] : due) {
    Remember(key);
    WorkRow& row = work.at(key);
    row.due = now + absl::ToChronoNanoseconds(lease);
    WorkItem& item = items.emplace_back();
    std::tie(item.trading_id, item.queue, item.number) = key;
    item.attempts = std::clamp(row.attempts, 0, kParkedAttempts - 1);
    item.payload = row.payload;
    item.perhaps_begun = true;
  }
  std::sort(items.begin(), items.end(),
            [](const WorkItem& a, const WorkItem& b) { return KeyOf(a) < KeyOf(b); });
  return items;
}

void Database::DeleteWork(const std::vector<WorkItem>& items) {
  for (const WorkItem& item : items) {
    Remember(KeyOf(item));
    work.erase(KeyOf(item));
  }
}

void Database::Postpone(const std::vector<WorkItem>& items, absl::Duration lease,
                        absl::Duration clock_error) {
  for (const WorkItem& item : items) {
    const auto found = work.find(KeyOf(item));
    if (found == work.end()) continue;
    Remember(found->first);
    WorkRow& row = found->second;
    row.attempts = item.attempts;
    row.reason = item.reason;
    row.due = item.attempts >= kParkedAttempts
                  ? kNeverSteady
                  : world_.time.now() + absl::ToChronoNanoseconds(item.delay + lease + clock_error);
  }
  Changed();
}

std::vector<bool> Database::IsFirst(std::span<const WorkItem> items) const {
  std::vector<bool> first;
  for (const WorkItem& item : items) {
    bool is_first = true;
    for (auto at = work.lower_bound({item.trading_id, item.queue, 0});
         at != work.end() && at->first < KeyOf(item); ++at) {
      if (at->second.attempts < kParkedAttempts) is_first = false;
    }
    for (const auto& [id, bundle] : bundles) {
      for (const WorkItem& other : bundle.items) {
        const bool of_it = other.trading_id == item.trading_id && other.queue == item.queue;
        if (of_it && other.number < item.number) is_first = false;
      }
    }
    first.push_back(is_first);
  }
  return first;
}

std::map<Uuid, std::set<int64_t>> Database::NumbersOf(int16_t queue,
                                                      std::span<const Uuid> ids) const {
  std::map<Uuid, std::set<int64_t>> numbers;
  for (const Uuid& id : ids) {
    for (auto at = work.lower_bound({id, queue, 0});
         at != work.end() && std::get<0>(at->first) == id && std::get<1>(at->first) == queue;
         ++at) {
      numbers[id].insert(std::get<2>(at->first));
    }
  }
  for (const auto& [bundle_id, bundle] : bundles) {
    if (bundle.queue != queue) continue;
    for (const WorkItem& item : bundle.items) {
      if (std::ranges::find(ids, item.trading_id) == ids.end()) continue;
      numbers[item.trading_id].insert(item.number);
    }
  }
  return numbers;
}

std::vector<std::string> Database::ReasonsOf(std::span<const WorkItem> items, int32_t tries) const {
  std::vector<std::string> reasons;
  for (const WorkItem& item : items) {
    const auto found = work.find(KeyOf(item));
    const bool tried = found != work.end() && found->second.attempts >= tries;
    reasons.push_back(tried ? found->second.reason : "");
  }
  return reasons;
}

std::vector<WorkItem> Database::ListWaiting() const {
  std::vector<WorkItem> items;
  for (const auto& [key, row] : work) {
    if (row.attempts < kManyAttempts) continue;
    WorkItem& item = items.emplace_back();
    std::tie(item.trading_id, item.queue, item.number) = key;
    item.attempts = row.attempts;
    item.payload = row.payload;
    item.reason = row.reason;
  }
  return items;
}

void Database::RetryWork(const Uuid& trading_id) {
  for (auto& [key, row] : work) {
    if (std::get<0>(key) != trading_id || row.attempts == 0) continue;
    row.due = world_.time.now();
    row.attempts = 0;
  }
  Changed();
}

SteadyTime Database::NextDue(int16_t queue) const {
  SteadyTime next = kNeverSteady;
  for (const auto& [key, row] : work) {
    if (std::get<1>(key) == queue) next = std::min(next, row.due);
  }
  for (const auto& [id, bundle] : bundles) {
    if (bundle.queue == queue) next = std::min(next, bundle.due);
  }
  return next;
}

bool Database::WaitsForPerson(const Uuid& trading_id) const {
  for (auto at = work.lower_bound({trading_id, 0, 0});
       at != work.end() && std::get<0>(at->first) == trading_id; ++at) {
    if (at->second.attempts >= kManyAttempts) return true;
  }
  return false;
}

void Database::Changed() {
  for (const auto& watcher : watchers_) watcher();
}

}  // namespace tallystick::simulation
