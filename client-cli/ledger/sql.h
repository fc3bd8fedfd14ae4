// What the ledger's files share: the columns' types.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "absl/time/time.h"

namespace tallystick {

// A transaction that will write. It takes the lock when it begins: one that read first could not
// wait for another process that writes meanwhile.
class Writing : public SQLite::Transaction {
 public:
  explicit Writing(SQLite::Database& database)
      : SQLite::Transaction(database, SQLite::TransactionBehavior::IMMEDIATE) {}
};

// Statements that run for every trade of a sync: prepared once, because that costs more than
// running them. Ends before its database.
class Statements {
 public:
  explicit Statements(SQLite::Database& database) : database_(database) {}

  SQLite::Statement& Get(const std::string& sql) {
    std::unique_ptr<SQLite::Statement>& statement = statements_[sql];
    if (statement == nullptr) statement = std::make_unique<SQLite::Statement>(database_, sql);
    return *statement;
  }

 private:
  SQLite::Database& database_;
  std::unordered_map<std::string, std::unique_ptr<SQLite::Statement>> statements_;
};

// One use of such a statement, as if it were one of its own. Not two of the same at a time.
class Prepared {
 public:
  Prepared(Statements& statements, const std::string& sql) : statement_(statements.Get(sql)) {}
  ~Prepared() {
    (void)statement_.tryReset();
    statement_.clearBindings();
  }
  Prepared(const Prepared&) = delete;

  template <typename... Arguments>
  void bind(int index, Arguments&&... arguments) {
    statement_.bind(index, std::forward<Arguments>(arguments)...);
  }
  bool executeStep() { return statement_.executeStep(); }
  int exec() { return statement_.exec(); }
  void reset() { statement_.reset(); }
  SQLite::Column getColumn(int index) const { return statement_.getColumn(index); }
  operator SQLite::Statement&() { return statement_; }

 private:
  SQLite::Statement& statement_;
};

inline std::string Blob(const SQLite::Column& column) {
  return std::string(static_cast<const char*>(column.getBlob()), column.getBytes());
}

inline void BindBlob(SQLite::Statement& statement, int index, const std::string& bytes) {
  statement.bind(index, bytes.data(), static_cast<int>(bytes.size()));
}

// Of an observation: its service is held to it. What it said before the buyer took note that it
// went back on its word does not count any more.
inline constexpr char kIsHeldTo[] =
    "observe_time >= coalesce((SELECT since FROM taken_anew AS anew "
    "WHERE anew.trade_key = observations.trade_key "
    "AND anew.service = observations.service), 0) ";

// Times of the ledger's own looks are compared with those of other runs of tally: what was written
// down in a millisecond was seen before its end, not at its beginning.
inline absl::Time EndOfMillis(const SQLite::Column& column) {
  return absl::FromUnixMillis(column.getInt64() + 1);
}

inline absl::Time FromMillis(const SQLite::Column& column) {
  return absl::FromUnixMillis(column.getInt64());
}

}  // namespace tallystick
