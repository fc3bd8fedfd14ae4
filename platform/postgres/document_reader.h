// Reads of single documents, batched: what arrives while one query runs goes into the next.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "platform/batch/batcher.h"
#include "platform/error/error.h"
#include "platform/postgres/document_table.h"

namespace tallystick::postgres {

struct DocumentQuery {
  Uuid trading_id;
  std::string buyer;  // who asks
};

// Gives a buyer's document; TRADE_NOT_FOUND, in the same words, when there is none and when it is
// somebody else's. Thread-safe, never blocks the caller.
class DocumentReader {
 public:
  using ReadBatcher = Batcher<DocumentQuery, std::string>;

  DocumentReader(BatcherOptions options, const std::string& table, const std::string& database_url)
      : table_(table),
        session_({.database_url = database_url}),
        batcher_(options,
                 [this](std::span<const DocumentQuery> queries) { return Read(queries); }) {}

  ReadBatcher& batcher() { return batcher_; }

 private:
  ReadBatcher::Answers Read(std::span<const DocumentQuery> queries) {
    std::vector<Uuid> ids;
    ids.reserve(queries.size());
    for (const DocumentQuery& query : queries) ids.push_back(query.trading_id);
    auto rows =
        session_.Run([&](Transaction& transaction) { return table_.Load(transaction, ids); });
    if (!rows.ok()) return AllFailed<std::string>(queries.size(), rows.status());
    std::map<Uuid, const DocumentRow*> by_id;
    for (const DocumentRow& row : *rows) by_id.emplace(row.trading_id, &row);
    ReadBatcher::Answers answers;
    answers.reserve(queries.size());
    for (const DocumentQuery& query : queries) {
      const auto found = by_id.find(query.trading_id);
      if (found == by_id.end() || found->second->buyer != query.buyer) {
        answers.emplace_back(TradeNotFound());
      } else {
        answers.emplace_back(found->second->document);
      }
    }
    return answers;
  }

  const DocumentTable table_;
  Session session_;
  ReadBatcher batcher_;
};

}  // namespace tallystick::postgres
