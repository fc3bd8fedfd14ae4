// What a service's database was at some time, and is again later: as after a restore from a backup.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/support/private_postgres.h"

namespace tallystick::testing {

class OlderDatabase {
 public:
  // Remembers what is there now.
  OlderDatabase(const PrivatePostgres& postgres, std::string database)
      : postgres_(postgres), database_(std::move(database)) {
    const std::string names = postgres_.Ask(
        database_, "SELECT string_agg(tablename, ' ') FROM pg_tables WHERE schemaname = 'public'");
    tables_ = absl::StrSplit(names, ' ');
    std::string copy = "DROP SCHEMA IF EXISTS older CASCADE; CREATE SCHEMA older";
    for (const std::string& table : tables_) {
      absl::StrAppend(&copy, "; CREATE TABLE older.", table, " AS SELECT * FROM public.", table);
    }
    postgres_.Execute(database_, copy);
  }

  // All of it, at once; the service does not run.
  void Restore() const {
    std::string restore;
    for (const std::string& table : tables_) {
      absl::StrAppend(&restore, "ALTER TABLE ", table, " NO FORCE ROW LEVEL SECURITY; DELETE FROM ",
                      table, "; INSERT INTO ", table, " (", ColumnsOf(table), ") SELECT ",
                      ColumnsOf(table), " FROM older.", table, ";");
    }
    postgres_.Execute(database_, restore);
  }

 private:
  // But for those that are computed.
  std::string ColumnsOf(const std::string& table) const {
    return postgres_.Ask(database_,
                         "SELECT string_agg(column_name, ', ') FROM "
                         "information_schema.columns WHERE table_schema = 'public' "
                         "AND is_generated = 'NEVER' AND table_name = '" +
                             table + "'");
  }

  const PrivatePostgres& postgres_;
  const std::string database_;
  std::vector<std::string> tables_;
};

}  // namespace tallystick::testing
