#include "platform/history/snapshot_store.h"

#include "platform/postgres/array.h"

namespace tallystick {
namespace {

using postgres::Instant;
using postgres::Query;

constexpr Query kLoad{
    "snapshots_load",
    "SELECT wanted.number, s.revision FROM unnest($1::uuid[], $2::timestamptz[], $3::bigint[]) "
    "AS wanted(trading_id, receive_time, number) JOIN snapshots s "
    "ON s.trading_id = wanted.trading_id AND s.receive_time = wanted.receive_time"};
constexpr Query kInsert{
    "snapshots_insert",
    "INSERT INTO snapshots (trading_id, receive_time, revision) "
    "SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::bigint[]) ON CONFLICT DO NOTHING"};
constexpr Query kPending{"snapshots_pending",
                         "SELECT trading_id, number FROM work WHERE queue = $1 "
                         "AND trading_id = ANY($2::uuid[])"};

const auto kTradingId = [](const Instant& instant) -> const Uuid& { return instant.trading_id; };
const auto kTime = [](const Instant& instant) { return instant.time; };
const auto kItself = [](int64_t number) { return number; };

}  // namespace

std::map<SnapshotKey, int64_t> LoadSnapshots(postgres::Transaction& transaction,
                                             std::span<const Instant> instants) {
  std::vector<int64_t> numbers(instants.size());
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<int64_t>(i);
  std::map<SnapshotKey, int64_t> revisions;
  for (const auto& row : transaction.Exec(kLoad, postgres::UuidArray(instants, kTradingId),
                                          postgres::TimeArray(instants, kTime),
                                          postgres::BigintArray(numbers, kItself))) {
    const Instant& instant = instants[row[0].as<size_t>()];
    revisions[{instant.trading_id, instant.time}] = row[1].as<int64_t>();
  }
  return revisions;
}

void TakeSnapshots(postgres::Transaction& transaction, std::span<const Instant> instants) {
  if (instants.empty()) return;
  const std::vector<int64_t> revisions = postgres::RevisionsAt(transaction, instants);
  transaction.Exec(kInsert, postgres::UuidArray(instants, kTradingId),
                   postgres::TimeArray(instants, kTime), postgres::BigintArray(revisions, kItself));
}

std::map<Uuid, std::set<int64_t>> LoadPending(postgres::Transaction& transaction, int16_t queue,
                                              std::span<const Instant> instants) {
  std::map<Uuid, std::set<int64_t>> pending;
  for (const auto& row : transaction.Exec(kPending, static_cast<int>(queue),
                                          postgres::UuidArray(instants, kTradingId))) {
    pending[postgres::ReadUuid(row[0])].insert(row[1].as<int64_t>());
  }
  return pending;
}

}  // namespace tallystick
