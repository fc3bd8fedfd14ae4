#include "tests/bench/pgbench.h"

#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/support/process.h"

namespace tallystick::bench {
namespace {

// As large as an order of two lines and what is kept with it; the same tables and indexes.
constexpr char kTables[] =
    "CREATE TABLE orders (trading_id uuid PRIMARY KEY, buyer text NOT NULL, revision bigint NOT "
    "NULL, document bytea NOT NULL, create_time timestamptz NOT NULL, update_time timestamptz NOT "
    "NULL); CREATE TABLE history (trading_id uuid NOT NULL, revision bigint NOT NULL, change_time "
    "timestamptz NOT NULL, entry bytea NOT NULL, PRIMARY KEY (trading_id, revision)); CREATE INDEX "
    "history_by_time ON history (change_time); CREATE TABLE audit (trading_id uuid NOT NULL, "
    "audit_id uuid NOT NULL, audit_time timestamptz NOT NULL, subject text NOT NULL, rpc text NOT "
    "NULL, result text NOT NULL, PRIMARY KEY (trading_id, audit_id)); CREATE INDEX audit_by_time "
    "ON "
    "audit (audit_time)";
// Ids grow within a client, so that indexes grow at few places, as the servers' do.
constexpr char kScript[] =
    "\\set n :n + 1\n"
    "BEGIN;\n"
    "INSERT INTO orders VALUES ((lpad(to_hex(:client_id::bigint), 8, '0') || "
    "lpad(to_hex(:n::bigint), 24, '0'))::uuid, 'bench', 1, repeat('x', 900)::bytea, now(), "
    "now());\n"
    "INSERT INTO history VALUES ((lpad(to_hex(:client_id::bigint), 8, '0') || "
    "lpad(to_hex(:n::bigint), 24, '0'))::uuid, 1, now(), repeat('x', 300)::bytea);\n"
    "INSERT INTO audit VALUES ((lpad(to_hex(:client_id::bigint), 8, '0') || "
    "lpad(to_hex(:n::bigint), 24, '0'))::uuid, '00000000-0000-0000-0000-000000000000', now(), "
    "'bench', 'PlaceOrder', 'OK');\n"
    "END;\n";
constexpr int64_t kIdsOfARun = 10'000'000;
constexpr char kDatabase[] = "baseline";

double CpuOfChildren() {
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Of the lines of its log: client, number, microseconds, …
std::vector<double> ReadLatencies(const std::string& folder) {
  std::vector<double> latencies;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (!absl::StartsWith(entry.path().filename().string(), "pgbench_log")) continue;
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);) {
      const std::vector<std::string> fields = absl::StrSplit(line, ' ');
      double micros = 0;
      if (fields.size() > 2 && absl::SimpleAtod(fields[2], &micros)) {
        latencies.push_back(micros / 1e6);
      }
    }
    std::filesystem::remove(entry.path());
  }
  std::ranges::sort(latencies);
  return latencies;
}

}  // namespace

Pgbench::Pgbench(BenchStack& stack) : stack_(stack) {
  if (!std::filesystem::create_directory(stack.File("pgbench"))) return;  // it is there
  stack.postgres().Execute("postgres", absl::StrCat("CREATE DATABASE ", kDatabase));
  stack.postgres().Execute(kDatabase, kTables);
  std::ofstream(stack.File("order.sql")) << kScript;
}

PgbenchRun Pgbench::Run(int clients, int seconds) const {
  static int64_t runs = 0;  // of the process, whose cluster it is
  const std::string folder = stack_.File("pgbench");
  const std::string command = absl::StrCat(
      "cd ", folder, " && pgbench -n -l -M prepared -D n=", ++runs * kIdsOfARun, " -f ",
      stack_.File("order.sql"), " -c ", clients, " -j ", std::min(clients, 2), " -T ", seconds,
      " '", stack_.postgres().Url(kDatabase), "' >", stack_.File("pgbench.out"), " 2>&1");
  const double client = CpuOfChildren();
  const double postgres = CpuOfPostgres(stack_.postgres().postmaster());
  if (std::system(command.c_str()) != 0) {
    throw std::runtime_error("pgbench failed: " + testing::ReadFile(stack_.File("pgbench.out")));
  }
  PgbenchRun run;
  run.client_cpu = CpuOfChildren() - client;
  run.postgres_cpu = CpuOfPostgres(stack_.postgres().postmaster()) - postgres;
  const std::vector<double> latencies = ReadLatencies(folder);
  if (latencies.empty()) throw std::runtime_error("pgbench measured nothing");
  run.transactions = static_cast<int64_t>(latencies.size());
  run.p50 = latencies[latencies.size() / 2];
  run.per_second = static_cast<double>(run.transactions) / seconds;
  return run;
}

}  // namespace tallystick::bench
