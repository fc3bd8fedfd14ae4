// One row a trade: a key, the buyer, a revision and the whole state in one document. Orders,
// payments and deliveries are such tables, so that a batch of any size is read, inserted or updated
// with one statement.
//
// A row of revision 0 is none of these, but a key that was used up by a request that was refused:
// it decides for all replicas that nothing comes of that request any more.
//
//   CREATE TABLE … (trading_id uuid PRIMARY KEY, buyer text, revision bigint, document bytea,
//                   create_time timestamptz, update_time timestamptz)
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "platform/ids/uuid.h"
#include "platform/postgres/session.h"

namespace tallystick::postgres {

struct DocumentRow {
  Uuid trading_id;
  std::string buyer;
  int64_t revision = 0;
  std::string document;
  absl::Time update_time;  // written only; the document has its own times
};

// The row's document as a `Message`; throws Unreadable when it is none. An empty one is none
// either.
template <typename Message>
Message Parse(const DocumentRow& row) {
  Message message;
  if (row.document.empty() || !message.ParseFromString(row.document)) {
    throw Unreadable("the document of trade " + row.trading_id.ToString());
  }
  return message;
}

class DocumentTable {
 public:
  explicit DocumentTable(const std::string& name);
  DocumentTable(const DocumentTable&) = delete;

  // Those that exist, in no order; keys that are used up go into `refused`, if that is given.
  std::vector<DocumentRow> Load(Transaction& transaction, std::span<const Uuid> ids,
                                std::vector<DocumentRow>* refused = nullptr) const;

  // Those after `after`, in the order of their ids, at most `limit`; no keys that are used up.
  std::vector<DocumentRow> Page(Transaction& transaction, const Uuid& after, int64_t limit) const;

  // Throws Conflict when a row exists already.
  void Insert(Transaction& transaction, std::span<const DocumentRow> rows) const;

  // Replaces rows that still have the revision in `expected` (same order as `rows`); throws
  // Conflict when one has not.
  void Update(Transaction& transaction, std::span<const DocumentRow> rows,
              std::span<const int64_t> expected) const;

 private:
  struct Statement {
    std::string name;
    std::string sql;
    Query query() const { return {name.c_str(), sql.c_str()}; }
  };
  Statement load_;
  Statement page_;
  Statement insert_;
  Statement update_;
};

}  // namespace tallystick::postgres
