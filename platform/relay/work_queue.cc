#include "platform/relay/work_queue.h"

#include <algorithm>
#include <tuple>

#include "platform/postgres/array.h"

namespace tallystick {
namespace {

using postgres::Query;

constexpr Query kInsert{
    "work_insert",
    "INSERT INTO work (trading_id, queue, number, due_time, payload) "
    "SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::timestamptz[], $5::bytea[]) "
    "ON CONFLICT DO NOTHING"};
constexpr Query kClaim{
    "work_claim",
    "UPDATE work SET due_time = $3 WHERE (trading_id, queue, number) IN "
    "(SELECT trading_id, queue, number FROM work WHERE queue = $1 AND due_time <= $2 LIMIT $4) "
    "AND queue = $1 AND due_time <= $2 "
    "RETURNING trading_id, number, attempts, payload"};
constexpr Query kDelete{
    "work_delete",
    "DELETE FROM work USING unnest($1::uuid[], $2::bigint[], $3::bigint[]) "
    "AS done(trading_id, queue, number) WHERE work.trading_id = done.trading_id "
    "AND work.queue = done.queue AND work.number = done.number"};
constexpr Query kPostpone{
    "work_postpone",
    "UPDATE work SET due_time = later.due_time, attempts = later.attempts "
    "FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::timestamptz[], $5::bigint[]) "
    "AS later(trading_id, queue, number, due_time, attempts) "
    "WHERE work.trading_id = later.trading_id AND work.queue = later.queue "
    "AND work.number = later.number"};

constexpr Query kWaiting{
    "work_waiting",
    // The literal is kManyAttempts: it stands in the index's condition too.
    "SELECT trading_id, queue, number, attempts, payload FROM work WHERE attempts >= 3 "
    "AND (trading_id, queue, number) > ($1::uuid, $2::smallint, $3::bigint) "
    "ORDER BY trading_id, queue, number LIMIT $4"};

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%E6S+00", time, absl::UTCTimeZone());
}

const auto kTradingId = [](const WorkItem& item) -> const Uuid& { return item.trading_id; };
const auto kQueue = [](const WorkItem& item) -> int64_t { return item.queue; };
const auto kNumber = [](const WorkItem& item) { return item.number; };

}  // namespace

void WorkTable::Insert(postgres::Transaction& transaction,
                       const std::vector<WorkItem>& items) const {
  if (items.empty()) return;
  transaction.Exec(kInsert, postgres::UuidArray(items, kTradingId),
                   postgres::BigintArray(items, kQueue), postgres::BigintArray(items, kNumber),
                   postgres::TimeArray(items,
                                       [this](const WorkItem& i) {
                                         return i.scheduled ? i.due_time : i.due_time + lease_;
                                       }),
                   postgres::BytesArray(
                       items, [](const WorkItem& i) -> const std::string& { return i.payload; }));
}

std::vector<WorkItem> WorkTable::Claim(postgres::Transaction& transaction, int16_t queue,
                                       absl::Time now, size_t limit) const {
  const pqxx::result rows = transaction.Exec(kClaim, static_cast<int>(queue), TimeText(now),
                                             TimeText(now + lease_), static_cast<int64_t>(limit));
  std::vector<WorkItem> items;
  items.reserve(rows.size());
  for (const auto& row : rows) {
    items.push_back({postgres::ReadUuid(row[0]), queue, row[1].as<int64_t>(), now,
                     row[2].as<int32_t>(), postgres::ReadBytes(row[3]), true});
  }
  std::sort(items.begin(), items.end(), [](const WorkItem& a, const WorkItem& b) {
    return std::tie(a.trading_id, a.number) < std::tie(b.trading_id, b.number);
  });
  return items;
}

void WorkTable::Delete(postgres::Transaction& transaction,
                       const std::vector<WorkItem>& items) const {
  if (items.empty()) return;
  transaction.Exec(kDelete, postgres::UuidArray(items, kTradingId),
                   postgres::BigintArray(items, kQueue), postgres::BigintArray(items, kNumber));
}

std::vector<WorkItem> WorkTable::ListWaiting(postgres::Transaction& transaction,
                                             const WorkItem& after, size_t limit) {
  std::vector<WorkItem> items;
  for (const auto& row :
       transaction.Exec(kWaiting, after.trading_id.ToString(), static_cast<int>(after.queue),
                        after.number, static_cast<int64_t>(limit))) {
    items.push_back({postgres::ReadUuid(row[0]), row[1].as<int16_t>(), row[2].as<int64_t>(),
                     absl::InfinitePast(), row[3].as<int32_t>(), postgres::ReadBytes(row[4])});
  }
  return items;
}

void WorkTable::Postpone(postgres::Transaction& transaction,
                         const std::vector<WorkItem>& items) const {
  if (items.empty()) return;
  transaction.Exec(
      kPostpone, postgres::UuidArray(items, kTradingId), postgres::BigintArray(items, kQueue),
      postgres::BigintArray(items, kNumber),
      postgres::TimeArray(items, [this](const WorkItem& i) { return i.due_time + lease_; }),
      postgres::BigintArray(items, [](const WorkItem& i) -> int64_t { return i.attempts; }));
}

}  // namespace tallystick
