#include "platform/relay/bundle.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "platform/postgres/array.h"

namespace tallystick {
namespace {

using postgres::Query;

constexpr Query kInsertBundles{
    "bundle_insert",
    "INSERT INTO bundles (bundle, queue, due_time, trading_ids, numbers, payloads) "
    "SELECT bundle, queue, now() + min(delay_ms) * interval '1 ms', array_agg(trading_id), "
    "array_agg(number), array_agg(payload) "
    "FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::uuid[], $5::bigint[], $6::bytea[]) "
    "AS new(bundle, queue, delay_ms, trading_id, number, payload) GROUP BY bundle, queue"};
constexpr Query kDeleteBundles{"bundle_delete",
                               "DELETE FROM bundles WHERE bundle = ANY($1::uuid[])"};
constexpr Query kTakeBundlesApart{
    "bundle_take_apart",
    "WITH apart AS (DELETE FROM bundles WHERE bundle = ANY($1::uuid[]) "
    "RETURNING queue, due_time, trading_ids, numbers, payloads) "
    "INSERT INTO work (trading_id, queue, number, due_time, payload) "
    "SELECT item.trading_id, queue, item.number, due_time, item.payload "
    "FROM apart, unnest(trading_ids, numbers, payloads) AS item(trading_id, number, payload) "
    "ON CONFLICT DO NOTHING"};
constexpr Query kTakeDueApart{
    "bundle_take_apart_due",
    "WITH apart AS (DELETE FROM bundles WHERE bundle IN (SELECT bundle FROM bundles "
    "WHERE queue = $1 AND due_time <= now() ORDER BY due_time LIMIT $2 FOR UPDATE SKIP LOCKED) "
    "RETURNING queue, due_time, trading_ids, numbers, payloads) "
    "INSERT INTO work (trading_id, queue, number, due_time, payload) "
    "SELECT item.trading_id, queue, item.number, due_time, item.payload "
    "FROM apart, unnest(trading_ids, numbers, payloads) AS item(trading_id, number, payload) "
    "ON CONFLICT DO NOTHING"};

constexpr int kTakenApartTogether = 50;

postgres::Bytes BundleIds(std::span<const Uuid> ids) {
  return postgres::UuidArray(ids, [](const Uuid& id) -> const Uuid& { return id; });
}

}  // namespace

void MakeBundles(std::vector<WorkItem>& items, absl::FunctionRef<Uuid()> new_id) {
  struct Open {
    WorkItem* first = nullptr;
    std::shared_ptr<Bundle> bundle;  // once there is a second
    size_t bytes = 0;
  };
  // By what items of one row have in common.
  std::map<std::pair<int16_t, absl::Duration>, Open> open;
  for (WorkItem& item : items) {
    item.bundle = nullptr;
    if (!item.shares_row || item.date || item.anew) continue;
    // An item's trading id, number and lengths.
    const size_t bytes = item.payload.size() + 40;
    Open& one = open[{item.queue, item.delay}];
    const bool full = one.bytes + bytes > kMostBundledBytes ||
                      (one.bundle != nullptr && one.bundle->size >= kMostBundled);
    if (one.first == nullptr || full) {
      one = {&item, nullptr, bytes};
      continue;
    }
    if (one.bundle == nullptr) {
      one.bundle = std::make_shared<Bundle>(Bundle{new_id(), 1, {}, false});
      one.first->bundle = one.bundle;
    }
    item.bundle = one.bundle;
    ++one.bundle->size;
    one.bytes += bytes;
  }
}

SettledRows RowsOf(const Settlement& settlement) {
  SettledRows rows;
  for (const auto* waiting : {&settlement.postponed, &settlement.stuck}) {
    for (const WorkItem& item : *waiting) {
      if (item.bundle == nullptr || std::exchange(item.bundle->apart, true)) continue;
      rows.apart.push_back(item.bundle->id);
      std::ranges::copy(item.bundle->done, std::back_inserter(rows.done));
    }
  }
  for (const auto* ended : {&settlement.done, &settlement.renewed}) {
    for (const WorkItem& item : *ended) {
      const WorkItem done{item.trading_id, item.queue, item.number};
      if (item.bundle == nullptr || item.bundle->apart) {
        rows.done.push_back(done);
        continue;
      }
      item.bundle->done.push_back(done);
      if (item.bundle->done.size() == item.bundle->size) rows.finished.push_back(item.bundle->id);
    }
  }
  return rows;
}

void LeaveBundles(std::span<const WorkItem> items) {
  for (const WorkItem& item : items) {
    if (item.bundle != nullptr) item.bundle->apart = true;
  }
}

void BundleTable::Insert(postgres::Transaction& transaction, std::span<const WorkItem> items,
                         absl::FunctionRef<int64_t(const WorkItem&)> delay_ms) {
  std::vector<const WorkItem*> bundled;
  for (const WorkItem& item : items) {
    if (item.bundle != nullptr) bundled.push_back(&item);
  }
  if (bundled.empty()) return;
  transaction.Exec(
      kInsertBundles,
      postgres::UuidArray(bundled, [](const WorkItem* i) -> const Uuid& { return i->bundle->id; }),
      postgres::BigintArray(bundled, [](const WorkItem* i) -> int64_t { return i->queue; }),
      postgres::BigintArray(bundled, [&](const WorkItem* i) { return delay_ms(*i); }),
      postgres::UuidArray(bundled, [](const WorkItem* i) -> const Uuid& { return i->trading_id; }),
      postgres::BigintArray(bundled, [](const WorkItem* i) { return i->number; }),
      postgres::BytesArray(bundled,
                           [](const WorkItem* i) -> const std::string& { return i->payload; }));
}

void BundleTable::TakeApartDue(postgres::Transaction& transaction, int16_t queue) {
  transaction.Exec(kTakeDueApart, static_cast<int>(queue), kTakenApartTogether);
}

void BundleTable::Settle(postgres::Transaction& transaction, const SettledRows& rows) {
  if (!rows.finished.empty()) transaction.Exec(kDeleteBundles, BundleIds(rows.finished));
  if (!rows.apart.empty()) transaction.Exec(kTakeBundlesApart, BundleIds(rows.apart));
}

}  // namespace tallystick
