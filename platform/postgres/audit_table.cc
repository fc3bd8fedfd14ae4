#include "platform/postgres/audit_table.h"

#include "platform/error/error.h"
#include "platform/postgres/array.h"

namespace tallystick::postgres {
namespace {

constexpr Query kInsertAudit{
    "audit_insert",
    "INSERT INTO audit (trading_id, audit_id, audit_time, subject, rpc, result) "
    "SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[], $5::text[], "
    "$6::text[])"};

}  // namespace

std::string AuditResult(const absl::Status& status) {
  const std::string reason = GetErrorDetail(status).reason;
  return reason.empty() ? absl::StatusCodeToString(status.code()) : reason;
}

void AppendAudit(Transaction& transaction, std::span<const AuditEntry> entries) {
  if (entries.empty()) return;
  std::vector<Uuid> ids;
  ids.reserve(entries.size());
  for (const AuditEntry& entry : entries) ids.push_back(NewUuidV7(entry.time));
  transaction.Exec(
      kInsertAudit,
      UuidArray(entries, [](const AuditEntry& entry) -> const Uuid& { return entry.trading_id; }),
      UuidArray(ids, [](const Uuid& id) -> const Uuid& { return id; }),
      TimeArray(entries, [](const AuditEntry& entry) { return entry.time; }),
      TextArray(entries,
                [](const AuditEntry& entry) -> const std::string& { return entry.subject; }),
      TextArray(entries, [](const AuditEntry& entry) -> const std::string& { return entry.rpc; }),
      TextArray(entries,
                [](const AuditEntry& entry) -> const std::string& { return entry.result; }));
}

}  // namespace tallystick::postgres
