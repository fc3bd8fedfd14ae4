#include "platform/postgres/history_table.h"

#include "platform/postgres/array.h"

namespace tallystick::postgres {
namespace {

constexpr Query kInsertHistory{
    "history_insert",
    "INSERT INTO history (trading_id, revision, change_time, entry) "
    "SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::timestamptz[], $4::bytea[])"};
constexpr Query kAfter{
    "history_after",
    "SELECT h.trading_id, h.revision, h.entry FROM unnest($1::uuid[], $2::bigint[]) "
    "AS place(trading_id, revision) JOIN history h ON h.trading_id = place.trading_id "
    "AND h.revision > place.revision AND h.revision < $3 + (SELECT min(next.revision) "
    "FROM history next WHERE next.trading_id = place.trading_id "
    "AND next.revision > place.revision) ORDER BY h.trading_id, h.revision"};
constexpr Query kUntil{
    "history_until",
    "SELECT h.trading_id, h.revision, h.entry FROM unnest($1::uuid[], $2::bigint[]) "
    "AS place(trading_id, revision) JOIN history h ON h.trading_id = place.trading_id "
    "AND h.revision <= place.revision AND h.revision > place.revision - $3 "
    "ORDER BY h.trading_id, h.revision"};
constexpr Query kReplace{
    "history_replace",
    "UPDATE history SET entry = base.entry "
    "FROM unnest($1::uuid[], $2::bigint[], $3::bytea[]) AS base(trading_id, revision, entry) "
    "WHERE history.trading_id = base.trading_id AND history.revision = base.revision "
    "AND length(base.entry) > 0"};
constexpr Query kTrim{
    "history_trim",
    "WITH gone AS (DELETE FROM history "
    "USING unnest($1::uuid[], $2::bigint[]) AS base(trading_id, revision) "
    "WHERE history.trading_id = base.trading_id AND history.revision < base.revision "
    "RETURNING appended_by, change_time) "
    "UPDATE trims SET trimmed_to = greatest(trimmed_to, last.appended_by), "
    "trimmed_until = greatest(trimmed_until, last.change_time) "
    "FROM (SELECT max(appended_by) AS appended_by, max(change_time) AS change_time FROM gone) "
    "AS last WHERE trims.name = 'history' "
    "AND (trimmed_to < last.appended_by OR trimmed_until < last.change_time)"};
constexpr Query kAt{
    "history_at",
    "SELECT instant.number, max(h.revision) FROM unnest($1::uuid[], $2::timestamptz[], "
    "$3::bigint[]) AS instant(trading_id, time, number) JOIN history h "
    "ON h.trading_id = instant.trading_id AND h.change_time <= instant.time "
    "GROUP BY instant.number"};

std::vector<HistoryEntry> ReadEntries(const pqxx::result& rows) {
  std::vector<HistoryEntry> entries;
  entries.reserve(rows.size());
  for (const auto& row : rows) {
    entries.push_back(
        {ReadUuid(row[0]), row[1].as<int64_t>(), absl::InfinitePast(), ReadBytes(row[2])});
  }
  return entries;
}

}  // namespace

void AppendHistory(Transaction& transaction, std::span<const HistoryEntry> entries) {
  if (entries.empty()) return;
  transaction.Exec(kInsertHistory, UuidArray(entries, kTradingId), BigintArray(entries, kRevision),
                   TimeArray(entries, [](const HistoryEntry& entry) { return entry.change_time; }),
                   BytesArray(entries, [](const HistoryEntry& entry) -> const std::string& {
                     return entry.entry;
                   }));
}

std::vector<HistoryEntry> LoadHistoryAfter(Transaction& transaction,
                                           std::span<const Position> positions, int64_t limit) {
  return ReadEntries(transaction.Exec(kAfter, UuidArray(positions, kTradingId),
                                      BigintArray(positions, kRevision), limit));
}

std::vector<HistoryEntry> LoadHistoryUntil(Transaction& transaction,
                                           std::span<const Position> positions, int64_t limit) {
  return ReadEntries(transaction.Exec(kUntil, UuidArray(positions, kTradingId),
                                      BigintArray(positions, kRevision), limit));
}

void TrimHistory(Transaction& transaction, std::span<const HistoryEntry> bases) {
  if (bases.empty()) return;
  transaction.Exec(
      kReplace, UuidArray(bases, kTradingId), BigintArray(bases, kRevision),
      BytesArray(bases, [](const HistoryEntry& base) -> const std::string& { return base.entry; }));
  transaction.Exec(kTrim, UuidArray(bases, kTradingId), BigintArray(bases, kRevision));
}

std::vector<int64_t> RevisionsAt(Transaction& transaction, std::span<const Instant> instants) {
  std::vector<int64_t> numbers(instants.size());
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<int64_t>(i);
  std::vector<int64_t> revisions(instants.size(), 0);
  for (const auto& row :
       transaction.Exec(kAt, UuidArray(instants, kTradingId),
                        TimeArray(instants, [](const Instant& instant) { return instant.time; }),
                        BigintArray(numbers, [](int64_t number) { return number; }))) {
    revisions[row[0].as<size_t>()] = row[1].as<int64_t>();
  }
  return revisions;
}

}  // namespace tallystick::postgres
