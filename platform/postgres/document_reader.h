// Reads of single documents, batched: what arrives while one query runs goes into the next.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "platform/batch/batcher.h"
#include "platform/error/error.h"
#include "platform/postgres/document_table.h"
#include "platform/postgres/history_table.h"

namespace tallystick::postgres {

struct DocumentQuery {
  Uuid trading_id;
  std::string buyer;     // who asks
  int64_t revision = 0;  // the document as of this revision; 0 is the latest
};

// Makes a service's document out of entries of its history. Throws Unreadable.
using Compose = std::function<std::string(std::span<const HistoryEntry>)>;

// Gives a buyer's document; TRADE_NOT_FOUND, in the same words, when there is none and when it is
// somebody else's; NOT_FOUND (REVISION_NOT_FOUND) when it has no such revision. A document as of a
// revision is made of that one entry of the history. Thread-safe, never blocks the caller.
class DocumentReader {
 public:
  using ReadBatcher = Batcher<DocumentQuery, std::string>;

  DocumentReader(BatcherOptions options, const std::string& table, Compose compose,
                 const Database& database)
      : table_(table),
        compose_(std::move(compose)),
        session_({.database = database}),
        batcher_(options,
                 [this](std::span<const DocumentQuery> queries) { return Read(queries); }) {}

  ReadBatcher& batcher() { return batcher_; }

 private:
  ReadBatcher::Answers Read(std::span<const DocumentQuery> queries) {
    std::vector<Uuid> ids;
    ids.reserve(queries.size());
    std::vector<Position> before;
    for (const DocumentQuery& query : queries) {
      ids.push_back(query.trading_id);
      if (query.revision > 0) before.push_back({query.trading_id, query.revision - 1});
    }
    std::vector<HistoryEntry> entries;
    auto rows = session_.Run([&](Transaction& transaction) {
      if (!before.empty()) entries = LoadHistoryAfter(transaction, before, 1);
      return table_.Load(transaction, ids);
    });
    if (!rows.ok()) return AllFailed<std::string>(queries.size(), rows.status());
    std::map<Uuid, const DocumentRow*> by_id;
    for (const DocumentRow& row : *rows) by_id.emplace(row.trading_id, &row);
    std::map<std::pair<Uuid, int64_t>, const HistoryEntry*> by_revision;
    for (const HistoryEntry& entry : entries) {
      by_revision[{entry.trading_id, entry.revision}] = &entry;
    }
    ReadBatcher::Answers answers;
    answers.reserve(queries.size());
    for (const DocumentQuery& query : queries) {
      const auto found = by_id.find(query.trading_id);
      if (found == by_id.end() || found->second->buyer != query.buyer) {
        answers.emplace_back(TradeNotFound());
        continue;
      }
      if (query.revision == 0) {
        answers.emplace_back(found->second->document);
        continue;
      }
      const auto entry = by_revision.find({query.trading_id, query.revision});
      if (entry == by_revision.end()) {
        answers.emplace_back(RevisionNotFound(query.revision));
      } else {
        answers.push_back(ComposeOne(*entry->second));
      }
    }
    return answers;
  }

  // What one trade's entry cannot be read for is no matter of the others.
  absl::StatusOr<std::string> ComposeOne(const HistoryEntry& entry) const {
    try {
      return compose_(std::span(&entry, 1));
    } catch (const Unreadable& error) {
      return NotReadable(error);
    }
  }

  static absl::Status RevisionNotFound(int64_t revision) {
    return MakeError(absl::StatusCode::kNotFound, "REVISION_NOT_FOUND",
                     absl::StrCat("revision: the trade has no revision ", revision, " here"));
  }

  const DocumentTable table_;
  const Compose compose_;
  Session session_;
  ReadBatcher batcher_;
};

}  // namespace tallystick::postgres
