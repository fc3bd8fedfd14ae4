#include "platform/relay/work_queue.h"

#include <algorithm>
#include <iterator>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "platform/postgres/array.h"
#include "platform/relay/bundle.h"

namespace tallystick {
namespace {

using postgres::Query;

// A date, if there is one, and otherwise a delay.
constexpr Query kInsert{
    "work_insert",
    "INSERT INTO work (trading_id, queue, number, due_time, payload) "
    "SELECT trading_id, queue, number, greatest(date, now() + delay_ms * interval '1 ms'), payload "
    "FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::timestamptz[], $5::bigint[], "
    "$6::bytea[]) AS new(trading_id, queue, number, date, delay_ms, payload) "
    "ON CONFLICT DO NOTHING"};
constexpr Query kRevive{
    "work_revive",
    "UPDATE work SET due_time = now(), attempts = 0 "
    "FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) AS again(trading_id, queue, number) "
    "WHERE work.trading_id = again.trading_id AND work.queue = again.queue "
    "AND work.number = again.number AND work.attempts > 0"};
constexpr Query kClaim{
    "work_claim",
    "UPDATE work SET due_time = now() + $2 * interval '1 ms' WHERE (trading_id, queue, number) IN "
    "(SELECT trading_id, queue, number FROM work WHERE queue = $1 AND due_time <= now() "
    "ORDER BY due_time LIMIT $3 FOR UPDATE SKIP LOCKED) "
    "RETURNING trading_id, number, attempts, payload"};
constexpr Query kDelete{
    "work_delete",
    "DELETE FROM work USING unnest($1::uuid[], $2::bigint[], $3::bigint[]) "
    "AS done(trading_id, queue, number) WHERE work.trading_id = done.trading_id "
    "AND work.queue = done.queue AND work.number = done.number"};
constexpr Query kPostpone{
    "work_postpone",
    "UPDATE work SET due_time = greatest(later.date, now() + later.delay_ms * interval '1 ms'), "
    "attempts = later.attempts, reason = later.reason "
    "FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::timestamptz[], $5::bigint[], "
    "$6::bigint[], $7::text[]) "
    "AS later(trading_id, queue, number, date, delay_ms, attempts, reason) "
    "WHERE work.trading_id = later.trading_id AND work.queue = later.queue "
    "AND work.number = later.number"};

constexpr Query kWaiting{
    "work_waiting",
    // The literal is kManyAttempts: it stands in the index's condition too.
    "SELECT trading_id, queue, number, attempts, payload, reason FROM work WHERE attempts >= 3 "
    "AND (trading_id, queue, number) > ($1::uuid, $2::smallint, $3::bigint) "
    "ORDER BY trading_id, queue, number LIMIT $4"};
constexpr Query kRetry{"work_retry",
                       "UPDATE work SET due_time = now(), attempts = 0 "
                       "WHERE trading_id = $1 AND attempts > 0"};
constexpr Query kDrop{"work_drop",
                      "DELETE FROM work WHERE trading_id = $1 AND attempts >= $2 "
                      "AND queue = ANY($3::bigint[])"};
constexpr Query kNumbersOf{"work_numbers_of",
                           "SELECT trading_id, number FROM all_work WHERE queue = $1 "
                           "AND trading_id = ANY($2::uuid[])"};
constexpr Query kIsFirst{
    "work_is_first",
    "SELECT NOT EXISTS (SELECT 1 FROM all_work WHERE all_work.trading_id = asked.trading_id "
    "AND all_work.queue = asked.queue AND all_work.number < asked.number "
    "AND all_work.attempts < $4) "
    "FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) WITH ORDINALITY "
    "AS asked(trading_id, queue, number, place) ORDER BY place"};
constexpr Query kReasonsOf{"work_reasons_of",
                           "SELECT coalesce(work.reason, '') "
                           "FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) WITH ORDINALITY "
                           "AS asked(trading_id, queue, number, place) LEFT JOIN work "
                           "ON work.trading_id = asked.trading_id AND work.queue = asked.queue "
                           "AND work.number = asked.number AND work.attempts >= $4 ORDER BY place"};

// All by the index of due times.
constexpr Query kCount{
    "work_count",
    "SELECT (SELECT count(*) FROM (SELECT FROM work WHERE work.queue = asked.queue "
    "AND due_time < $2::timestamptz LIMIT $3) AS counted) + "
    "(SELECT coalesce(sum(items), 0)::bigint FROM (SELECT cardinality(numbers) AS items "
    "FROM bundles WHERE bundles.queue = asked.queue LIMIT $3) AS counted), "
    "extract(epoch FROM now() - least("
    "(SELECT due_time FROM work WHERE work.queue = asked.queue AND due_time <= now() "
    "ORDER BY due_time LIMIT 1), "
    "(SELECT due_time FROM bundles WHERE bundles.queue = asked.queue AND due_time <= now() "
    "ORDER BY due_time LIMIT 1)))::float8, "
    "(SELECT count(*) FROM (SELECT FROM work WHERE work.queue = asked.queue "
    "AND due_time >= $2::timestamptz LIMIT $3) AS counted), "
    "(SELECT count(*) FROM (SELECT FROM work WHERE work.queue = asked.queue "
    "AND attempts > 0 AND due_time < $2::timestamptz LIMIT $3) AS counted) "
    "FROM (SELECT number::smallint, place FROM unnest($1::bigint[]) WITH ORDINALITY "
    "AS all_queues(number, place)) AS asked(queue, place) ORDER BY place"};

// Far enough that no replica takes a parked item up, near enough for a timestamptz.
const absl::Time kNever = absl::FromCivil(absl::CivilDay(9999, 1, 1), absl::UTCTimeZone());
const absl::Time kNoDate = absl::UnixEpoch();

absl::Time DateOf(const WorkItem& item) {
  return item.attempts >= kParkedAttempts ? kNever : item.date.value_or(kNoDate);
}

const auto kTradingId = [](const WorkItem& item) -> const Uuid& { return item.trading_id; };
const auto kQueue = [](const WorkItem& item) -> int64_t { return item.queue; };
const auto kNumber = [](const WorkItem& item) { return item.number; };

}  // namespace

std::string NameOf(std::span<const Queue> queues, int16_t number) {
  const auto found = std::ranges::find(queues, number, &Queue::number);
  return found == queues.end() ? absl::StrCat("queue ", number) : found->name;
}

void WorkTable::Insert(postgres::Transaction& transaction, std::vector<WorkItem>& items) const {
  MakeBundles(items, [] { return NewUuidV7(absl::Now()); });
  BundleTable::Insert(transaction, items, [this](const WorkItem& i) { return LeasedDelay(i); });
  std::vector<WorkItem> others;
  std::ranges::copy_if(items, std::back_inserter(others),
                       [](const WorkItem& item) { return item.bundle == nullptr; });
  InsertRows(transaction, others);
}

void WorkTable::InsertRows(postgres::Transaction& transaction,
                           const std::vector<WorkItem>& items) const {
  if (items.empty()) return;
  transaction.Exec(
      kInsert, postgres::UuidArray(items, kTradingId), postgres::BigintArray(items, kQueue),
      postgres::BigintArray(items, kNumber), postgres::TimeArray(items, DateOf),
      postgres::BigintArray(items,
                            [this](const WorkItem& i) {
                              return i.date ? absl::ToInt64Milliseconds(i.delay) : LeasedDelay(i);
                            }),
      postgres::BytesArray(items,
                           [](const WorkItem& i) -> const std::string& { return i.payload; }));
  std::vector<WorkItem> anew;
  std::ranges::copy_if(items, std::back_inserter(anew), &WorkItem::anew);
  if (anew.empty()) return;
  transaction.Exec(kRevive, postgres::UuidArray(anew, kTradingId),
                   postgres::BigintArray(anew, kQueue), postgres::BigintArray(anew, kNumber));
}

int64_t WorkTable::LeasedDelay(const WorkItem& item) const {
  return absl::ToInt64Milliseconds(item.delay + lease_);
}

std::vector<WorkItem> WorkTable::Claim(postgres::Transaction& transaction, int16_t queue,
                                       size_t limit) const {
  BundleTable::TakeApartDue(transaction, queue);
  const pqxx::result rows =
      transaction.Exec(kClaim, static_cast<int>(queue), absl::ToInt64Milliseconds(lease_),
                       static_cast<int64_t>(limit));
  std::vector<WorkItem> items;
  items.reserve(rows.size());
  for (const auto& row : rows) {
    WorkItem& item = items.emplace_back();
    item.trading_id = postgres::ReadUuid(row[0]);
    item.queue = queue;
    item.number = row[1].as<int64_t>();
    // (Whatever somebody wrote there by hand.)
    item.attempts = std::clamp(row[2].as<int32_t>(), 0, kParkedAttempts - 1);
    item.payload = postgres::ReadBytes(row[3]);
    item.perhaps_begun = true;
  }
  std::sort(items.begin(), items.end(), [](const WorkItem& a, const WorkItem& b) {
    return std::tie(a.trading_id, a.number) < std::tie(b.trading_id, b.number);
  });
  return items;
}

std::vector<QueueCount> WorkTable::Count(postgres::Transaction& transaction,
                                         std::span<const Queue> queues) {
  const pqxx::result rows = transaction.Exec(
      kCount, postgres::BigintArray(queues, [](const Queue& queue) { return queue.number; }),
      absl::FormatTime(kNever), kMostCounted);
  std::vector<QueueCount> counts;
  for (const auto& row : rows) {
    counts.push_back({row[0].as<int64_t>(),
                      absl::Seconds(row[1].is_null() ? 0 : row[1].as<double>()),
                      row[2].as<int64_t>(), row[3].as<int64_t>()});
  }
  return counts;
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
    WorkItem& item = items.emplace_back();
    item.trading_id = postgres::ReadUuid(row[0]);
    item.queue = row[1].as<int16_t>();
    item.number = row[2].as<int64_t>();
    item.attempts = row[3].as<int32_t>();
    item.payload = postgres::ReadBytes(row[4]);
    item.reason = row[5].c_str();
  }
  return items;
}

void WorkTable::Postpone(postgres::Transaction& transaction,
                         const std::vector<WorkItem>& items) const {
  if (items.empty()) return;
  transaction.Exec(
      kPostpone, postgres::UuidArray(items, kTradingId), postgres::BigintArray(items, kQueue),
      postgres::BigintArray(items, kNumber), postgres::TimeArray(items, DateOf),
      postgres::BigintArray(items, [this](const WorkItem& i) { return LeasedDelay(i); }),
      postgres::BigintArray(items, [](const WorkItem& i) -> int64_t { return i.attempts; }),
      postgres::TextArray(items, [](const WorkItem& i) -> const std::string& { return i.reason; }));
}

int64_t WorkTable::Retry(postgres::Transaction& transaction, const Uuid& trading_id) {
  return static_cast<int64_t>(transaction.Exec(kRetry, trading_id.ToString()).affected_rows());
}

int64_t WorkTable::Drop(postgres::Transaction& transaction, const Uuid& trading_id,
                        std::span<const int16_t> queues) {
  const auto array = postgres::BigintArray(queues, [](int16_t queue) -> int64_t { return queue; });
  return static_cast<int64_t>(
      transaction.Exec(kDrop, trading_id.ToString(), kParkedAttempts, array).affected_rows());
}

std::map<Uuid, std::set<int64_t>> WorkTable::NumbersOf(postgres::Transaction& transaction,
                                                       int16_t queue, std::span<const Uuid> ids) {
  std::map<Uuid, std::set<int64_t>> numbers;
  for (const auto& row : transaction.Exec(
           kNumbersOf, static_cast<int>(queue),
           postgres::UuidArray(ids, [](const Uuid& id) -> const Uuid& { return id; }))) {
    numbers[postgres::ReadUuid(row[0])].insert(row[1].as<int64_t>());
  }
  return numbers;
}

std::vector<bool> WorkTable::IsFirst(postgres::Transaction& transaction,
                                     std::span<const WorkItem> items) {
  std::vector<bool> first;
  if (items.empty()) return first;
  for (const auto& row : transaction.Exec(kIsFirst, postgres::UuidArray(items, kTradingId),
                                          postgres::BigintArray(items, kQueue),
                                          postgres::BigintArray(items, kNumber), kParkedAttempts)) {
    first.push_back(row[0].as<bool>());
  }
  return first;
}

std::vector<std::string> WorkTable::ReasonsOf(postgres::Transaction& transaction,
                                              std::span<const WorkItem> items, int32_t tries) {
  std::vector<std::string> reasons;
  if (items.empty()) return reasons;
  for (const auto& row : transaction.Exec(kReasonsOf, postgres::UuidArray(items, kTradingId),
                                          postgres::BigintArray(items, kQueue),
                                          postgres::BigintArray(items, kNumber), tries)) {
    reasons.emplace_back(row[0].c_str());
  }
  return reasons;
}

}  // namespace tallystick
