// What the ledger's files share: the columns' types.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>

#include "absl/time/time.h"

namespace tallystick {

// A transaction that will write. It takes the lock when it begins: one that read first could not wait
// for another process that writes meanwhile.
class Writing : public SQLite::Transaction {
 public:
  explicit Writing(SQLite::Database& database)
      : SQLite::Transaction(database, SQLite::TransactionBehavior::IMMEDIATE) {}
};

inline std::string Blob(const SQLite::Column& column) {
  return std::string(static_cast<const char*>(column.getBlob()), column.getBytes());
}

inline void BindBlob(SQLite::Statement& statement, int index, const std::string& bytes) {
  statement.bind(index, bytes.data(), static_cast<int>(bytes.size()));
}

inline absl::Time FromMillis(const SQLite::Column& column) {
  return absl::FromUnixMillis(column.getInt64());
}

}  // namespace tallystick
