#include "tests/bench/statements.h"

#include <cstdio>
#include <pqxx/pqxx>

namespace tallystick::bench {

void CountStatements(BenchStack& stack) {
  stack.postgres().Execute("postgres",
                           "ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'");
  stack.postgres().Stop();
  stack.postgres().Start();
  stack.postgres().Execute("postgres", "ALTER SYSTEM SET pg_stat_statements.track_planning = on");
  stack.postgres().Execute("postgres", "SELECT pg_reload_conf()");
  stack.postgres().Execute("postgres", "CREATE EXTENSION pg_stat_statements");
}

void PrintStatements(BenchStack& stack) {
  pqxx::connection connection(stack.postgres().Url("postgres"));
  pqxx::nontransaction work(connection);
  std::printf("\n%-10s %9s %9s %9s %9s %9s  statement\n", "database", "calls", "rows", "ms",
              "of plans", "blocks");
  for (const auto& row : work.exec(
           "SELECT datname, calls, rows, total_exec_time::bigint, total_plan_time::bigint, "
           "shared_blks_hit + shared_blks_read, regexp_replace(left(query, 100), '\\s+', ' ', 'g') "
           "FROM pg_stat_statements JOIN pg_database ON oid = dbid "
           "ORDER BY total_exec_time + total_plan_time DESC LIMIT 30")) {
    std::printf("%-10s %9s %9s %9s %9s %9s  %s\n", row[0].c_str(), row[1].c_str(), row[2].c_str(),
                row[3].c_str(), row[4].c_str(), row[5].c_str(), row[6].c_str());
  }
  work.exec("SELECT pg_stat_statements_reset()");
}

}  // namespace tallystick::bench
