#include "platform/postgres/snapshot_table.h"

#include "platform/postgres/array.h"

namespace tallystick::postgres {
namespace {

constexpr Query kLoadSnapshots{
    "snapshots_load",
    "SELECT wanted.number, s.revision FROM unnest($1::uuid[], $2::timestamptz[], $3::bigint[]) "
    "AS wanted(trading_id, receive_time, number) JOIN snapshots s "
    "ON s.trading_id = wanted.trading_id AND s.receive_time = wanted.receive_time"};
constexpr Query kInsertSnapshots{
    "snapshots_insert",
    "INSERT INTO snapshots (trading_id, receive_time, revision) "
    "SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::bigint[]) ON CONFLICT DO NOTHING"};

const auto kTime = [](const Instant& instant) { return instant.time; };
const auto kItself = [](int64_t number) { return number; };

}  // namespace

std::map<SnapshotKey, int64_t> LoadSnapshots(Transaction& transaction,
                                             std::span<const Instant> instants) {
  std::vector<int64_t> numbers(instants.size());
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<int64_t>(i);
  std::map<SnapshotKey, int64_t> revisions;
  for (const auto& row :
       transaction.Exec(kLoadSnapshots, UuidArray(instants, kTradingId), TimeArray(instants, kTime),
                        BigintArray(numbers, kItself))) {
    const Instant& instant = instants[row[0].as<size_t>()];
    revisions[{instant.trading_id, instant.time}] = row[1].as<int64_t>();
  }
  return revisions;
}

void TakeSnapshots(Transaction& transaction, std::span<const Instant> instants) {
  if (instants.empty()) return;
  const std::vector<int64_t> revisions = RevisionsAt(transaction, instants);
  transaction.Exec(kInsertSnapshots, UuidArray(instants, kTradingId), TimeArray(instants, kTime),
                   BigintArray(revisions, kItself));
}

}  // namespace tallystick::postgres
