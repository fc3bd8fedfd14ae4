#include "platform/postgres/document_table.h"

#include "absl/strings/substitute.h"
#include "platform/postgres/array.h"

namespace tallystick::postgres {
namespace {

constexpr char kLoadDocuments[] =
    "SELECT trading_id, buyer, revision, document FROM $0 WHERE trading_id = ANY($$1::uuid[])";
constexpr char kPageDocuments[] =
    "SELECT trading_id, buyer, revision, document FROM $0 WHERE trading_id > $$1::uuid "
    "AND revision > 0 ORDER BY trading_id LIMIT $$2";
constexpr char kInsertDocuments[] =
    "INSERT INTO $0 (trading_id, buyer, revision, document, create_time, update_time) "
    // How long a refusal is kept is counted by the database's clock.
    "SELECT trading_id, buyer, revision, document, "
    "CASE WHEN revision = 0 THEN now() ELSE update_time END, update_time "
    "FROM unnest($$1::uuid[], $$2::text[], $$3::bigint[], $$4::bytea[], $$5::timestamptz[]) "
    "AS new(trading_id, buyer, revision, document, update_time) ON CONFLICT DO NOTHING";
constexpr char kUpdateDocuments[] =
    "UPDATE $0 AS old SET revision = new.revision, document = new.document, "
    "update_time = new.update_time "
    "FROM unnest($$1::uuid[], $$2::bigint[], $$3::bytea[], $$4::timestamptz[], $$5::bigint[]) "
    "AS new(trading_id, revision, document, update_time, expected) "
    "WHERE old.trading_id = new.trading_id AND old.revision = new.expected";

const auto kBuyer = [](const DocumentRow& row) -> const std::string& { return row.buyer; };
const auto kDocument = [](const DocumentRow& row) -> const std::string& { return row.document; };
const auto kUpdateTime = [](const DocumentRow& row) { return row.update_time; };

DocumentRow ReadRow(const pqxx::row& row) {
  return {ReadUuid(row[0]), row[1].c_str(), row[2].as<int64_t>(), ReadBytes(row[3]),
          absl::InfinitePast()};
}

}  // namespace

DocumentTable::DocumentTable(const std::string& name)
    : load_{name + "_load", absl::Substitute(kLoadDocuments, name)},
      page_{name + "_page", absl::Substitute(kPageDocuments, name)},
      insert_{name + "_insert", absl::Substitute(kInsertDocuments, name)},
      update_{name + "_update", absl::Substitute(kUpdateDocuments, name)} {}

std::vector<DocumentRow> DocumentTable::Load(Transaction& transaction, std::span<const Uuid> ids,
                                             std::vector<DocumentRow>* refused) const {
  const pqxx::result rows = transaction.Exec(
      load_.query(), UuidArray(ids, [](const Uuid& id) -> const Uuid& { return id; }));
  std::vector<DocumentRow> found;
  found.reserve(rows.size());
  for (const auto& row : rows) {
    DocumentRow one = ReadRow(row);
    if (one.revision > 0) {
      found.push_back(std::move(one));
    } else if (refused != nullptr) {
      refused->push_back(std::move(one));
    }
  }
  return found;
}

std::vector<DocumentRow> DocumentTable::Page(Transaction& transaction, const Uuid& after,
                                             int64_t limit) const {
  std::vector<DocumentRow> page;
  for (const auto& row : transaction.Exec(page_.query(), after.ToString(), limit)) {
    page.push_back(ReadRow(row));
  }
  return page;
}

void DocumentTable::Insert(Transaction& transaction, std::span<const DocumentRow> rows) const {
  if (rows.empty()) return;
  const pqxx::result result = transaction.Exec(
      insert_.query(), UuidArray(rows, kTradingId), TextArray(rows, kBuyer),
      BigintArray(rows, kRevision), BytesArray(rows, kDocument), TimeArray(rows, kUpdateTime));
  if (static_cast<size_t>(result.affected_rows()) != rows.size()) throw Conflict{};
}

void DocumentTable::Update(Transaction& transaction, std::span<const DocumentRow> rows,
                           std::span<const int64_t> expected) const {
  if (rows.empty()) return;
  const pqxx::result result =
      transaction.Exec(update_.query(), UuidArray(rows, kTradingId), BigintArray(rows, kRevision),
                       BytesArray(rows, kDocument), TimeArray(rows, kUpdateTime),
                       BigintArray(expected, [](int64_t revision) { return revision; }));
  if (static_cast<size_t>(result.affected_rows()) != rows.size()) throw Conflict{};
}

}  // namespace tallystick::postgres
