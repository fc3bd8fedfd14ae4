// The trades that one transaction reads and changes: loaded together, changed in memory by the
// domain, written together, guarded by their revisions.
#pragma once

#include <algorithm>
#include <map>
#include <span>
#include <vector>

#include "platform/postgres/document_table.h"
#include "platform/postgres/history_table.h"

namespace tallystick::postgres {

// Where a WorkingSet reads and writes: a table of documents and its history, in one transaction.
// Cheap to copy; valid as long as what it refers to.
struct DocumentRows {
  const DocumentTable& table;
  Transaction& transaction;

  std::vector<DocumentRow> Load(std::span<const Uuid> ids, std::vector<DocumentRow>* refused) {
    return table.Load(transaction, ids, refused);
  }
  void Insert(std::span<const DocumentRow> rows) { table.Insert(transaction, rows); }
  void Update(std::span<const DocumentRow> rows, std::span<const int64_t> expected) {
    table.Update(transaction, rows, expected);
  }
  void AppendHistory(std::span<const HistoryEntry> entries) {
    postgres::AppendHistory(transaction, entries);
  }
  std::vector<HistoryEntry> LoadHistoryAfter(std::span<const Position> positions, int64_t limit) {
    return postgres::LoadHistoryAfter(transaction, positions, limit);
  }
  std::vector<HistoryEntry> LoadHistoryUntil(std::span<const Position> positions, int64_t limit) {
    return postgres::LoadHistoryUntil(transaction, positions, limit);
  }
};

// `Codec` turns an aggregate into a DocumentRow and back, and tells its history:
//   static DocumentRow Encode(const Aggregate&);   static Aggregate Decode(const DocumentRow&);
//   // `before` is null for a new one.
//   static HistoryEntry EncodeChange(const Aggregate* before, const Aggregate& after);
//   static int StateOf(const Aggregate&);  // its number in proto/
// `Rows` offers what DocumentRows does.
template <typename Aggregate, typename Codec, typename Rows = DocumentRows>
class WorkingSet {
 public:
  WorkingSet(const Rows& rows, std::vector<Uuid> ids) : rows_(rows) {
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    for (const DocumentRow& row : rows_.Load(ids, &refused_)) {
      held_.emplace(row.trading_id, Held{Codec::Decode(row), row.revision, false});
    }
  }

  // Null when there is none. Valid until the next Put of the same trade.
  const Aggregate* Find(const Uuid& id) const {
    const auto found = held_.find(id);
    return found == held_.end() ? nullptr : &found->second.value;
  }

  // Each Put is one revision.
  void Put(const Uuid& id, Aggregate value) {
    const Aggregate* before = Find(id);
    history_.push_back(Codec::EncodeChange(before, value));
    const int state = Codec::StateOf(value);
    if (before == nullptr || Codec::StateOf(*before) != state) states_.push_back(state);
    Held& held = held_[id];  // stored revision 0: not in the table
    held.value = std::move(value);
    held.changed = true;
  }

  // The keys that were used up before; see DocumentTable.
  const std::vector<DocumentRow>& refused() const { return refused_; }

  // Uses up a key: `row` has revision 0.
  void Refuse(DocumentRow row) { refusals_.push_back(std::move(row)); }

  // Writes what was put. Throws Conflict when somebody else was faster.
  void Save() {
    std::vector<DocumentRow> inserts = refusals_;
    std::vector<DocumentRow> updates;
    std::vector<int64_t> expected;
    for (const auto& [id, held] : held_) {
      if (!held.changed) continue;
      if (held.stored_revision == 0) {
        inserts.push_back(Codec::Encode(held.value));
      } else {
        updates.push_back(Codec::Encode(held.value));
        expected.push_back(held.stored_revision);
      }
    }
    rows_.Insert(inserts);
    rows_.Update(updates, expected);
    rows_.AppendHistory(history_);
  }

  // The states that trades came to.
  const std::vector<int>& states() const { return states_; }

  // The trades that were put and not new: nobody can be watching those that were.
  std::vector<Uuid> Changed() const {
    std::vector<Uuid> ids;
    for (const auto& [id, held] : held_) {
      if (held.changed && held.stored_revision > 0) ids.push_back(id);
    }
    return ids;
  }

 private:
  struct Held {
    Aggregate value;
    int64_t stored_revision = 0;
    bool changed = false;
  };

  Rows rows_;
  std::map<Uuid, Held> held_;
  std::vector<DocumentRow> refused_;
  std::vector<DocumentRow> refusals_;
  std::vector<HistoryEntry> history_;
  std::vector<int> states_;
};

}  // namespace tallystick::postgres
