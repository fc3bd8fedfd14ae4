// The hub where those wait who follow all changes, on a real PostgreSQL.
#include "platform/history/change_hub.h"

#include <atomic>
#include <set>
#include <thread>

#include "platform/postgres/history_table.h"
#include "tests/support/catch.h"
#include "tests/support/private_postgres.h"
#include "tests/support/wait_until.h"

namespace tallystick::testing {
namespace {

constexpr postgres::Migration kChanges[] = {
    {1, "changes",
     "CREATE TABLE history (trading_id uuid, revision bigint, change_time timestamptz, entry "
     "bytea, "
     "appended_by xid8 NOT NULL DEFAULT pg_current_xact_id(), PRIMARY KEY (trading_id, revision));"
     "CREATE TABLE trims (name text, trimmed_to xid8, trimmed_until timestamptz);"
     "CREATE TABLE documents (trading_id uuid, buyer text)"}};

// Takes pages and waits for the next, until the end.
class Follower final : public ChangeWatcher {
 public:
  explicit Follower(ChangeHub& hub) : hub_(hub) { Wait(true); }

  void OnPage(ChangePage page) override {
    for (const postgres::ChangeRow& row : page.changes) {
      is_twice_ = is_twice_ || !seen_.emplace(row.place.trading_id, row.place.revision).second;
    }
    count_ = seen_.size();
    query_.cursor = page.next;
    Wait(!page.at_end);
  }
  void OnEnd(absl::Status status) override {
    is_ended_well_ = absl::IsUnavailable(status);
    has_ended_ = true;
  }

  size_t count() const { return count_; }
  bool is_twice() const { return is_twice_; }
  bool has_ended() const { return has_ended_; }
  bool is_ended_well() const { return is_ended_well_; }

 private:
  void Wait(bool at_once) { hub_.Wait(this, query_, at_once, SteadyNow()); }

  ChangeHub& hub_;
  ChangeQuery query_{std::nullopt, std::nullopt, 3};
  std::set<std::pair<Uuid, int64_t>> seen_;
  std::atomic<size_t> count_ = 0;
  std::atomic<bool> is_twice_ = false;
  std::atomic<bool> is_ended_well_ = false;
  std::atomic<bool> has_ended_ = false;
};

// Is told nothing after it has left.
class Leaver final : public ChangeWatcher {
 public:
  void OnPage(ChangePage) override { is_wrong_ = is_wrong_ || !waits_; }
  void OnEnd(absl::Status) override {}
  // One that waits and leaves again; whether it was told meanwhile is left to chance.
  void ComeAndGo(ChangeHub& hub) {
    waits_ = true;
    hub.Wait(this, {std::nullopt, std::nullopt, 1}, true, SteadyNow());
    if (hub.Leave(this)) waits_ = false;
  }
  bool waits() const { return waits_; }
  bool is_wrong() const { return is_wrong_; }

 private:
  std::atomic<bool> waits_ = false;
  std::atomic<bool> is_wrong_ = false;
};

TEST_CASE("change hub: who follows gets every change once, whoever comes and leaves beside") {
  constexpr int kWriters = 2;
  constexpr int64_t kEach = 100;
  const PrivatePostgres postgres;
  const std::string url = postgres.Url("shopping");
  REQUIRE(postgres::Migrate({url}, kChanges).ok());
  ChangeHub hub({.source = {"documents", 1'000'000}, .look_interval = absl::Milliseconds(5)},
                {url});
  Follower first(hub);
  Follower second(hub);
  std::atomic<bool> failed = false;
  std::vector<std::jthread> writers;
  for (uint8_t number = 0; number < kWriters; ++number) {
    writers.emplace_back([&, number] {
      postgres::Session session({.database = {url}});
      Uuid trade;
      trade.bytes[0] = number;
      for (int64_t revision = 1; revision <= kEach; ++revision) {
        const std::vector<postgres::HistoryEntry> entries = {
            {trade, revision, absl::Now(), "entry"}};
        const auto appended = session.Run([&](postgres::Transaction& transaction) {
          postgres::AppendHistory(transaction, entries);
          return true;
        });
        failed = failed || !appended.ok();
      }
    });
  }
  Leaver leaver;
  while (!leaver.waits() && first.count() < kWriters * kEach) leaver.ComeAndGo(hub);
  REQUIRE(WaitUntil(
      [&] { return first.count() == kWriters * kEach && second.count() == kWriters * kEach; }));
  writers.clear();
  REQUIRE_FALSE(failed);
  hub.Stop();
  for (const Follower* one : {&first, &second}) {
    REQUIRE(WaitUntil([&] { return one->has_ended(); }));
    REQUIRE(one->is_ended_well());
    REQUIRE_FALSE(one->is_twice());
  }
  REQUIRE_FALSE(leaver.is_wrong());
}

}  // namespace
}  // namespace tallystick::testing
