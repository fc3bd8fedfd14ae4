#include "services/shopping/store/refusal_store.h"

#include "platform/error/error.h"
#include "platform/postgres/array.h"
#include "tallystick/record/v1/order_record.pb.h"

namespace tallystick::shopping {
namespace {

using postgres::Query;

constexpr Query kLoad{
    "buyer_requests_load",
    "SELECT known.trading_id, known.request_id, known.refusal FROM buyer_requests known "
    "JOIN unnest($1::uuid[], $2::uuid[]) AS asked(trading_id, request_id) "
    "ON known.trading_id = asked.trading_id AND known.request_id = asked.request_id "
    "WHERE length(known.refusal) > 0"};
constexpr Query kInsert{
    "buyer_requests_insert",
    "INSERT INTO buyer_requests (trading_id, request_id, request_time, refusal) "
    "SELECT trading_id, request_id, now(), refusal "
    "FROM unnest($1::uuid[], $2::uuid[], $3::bytea[]) AS new(trading_id, request_id, refusal) "
    "ON CONFLICT DO NOTHING"};
constexpr Query kReplace{
    "buyer_requests_replace",
    "UPDATE buyer_requests known SET refusal = new.refusal "
    "FROM unnest($1::uuid[], $2::uuid[], $3::bytea[]) AS new(trading_id, request_id, refusal) "
    "WHERE known.trading_id = new.trading_id AND known.request_id = new.request_id"};

std::string Encode(const Refusal& refusal) {
  record::v1::Refusal record;
  const ErrorDetail detail = GetErrorDetail(refusal.status);
  record.set_code(static_cast<int32_t>(refusal.status.code()));
  record.set_reason(detail.reason);
  record.set_message(std::string(refusal.status.message()));
  record.mutable_values()->insert(detail.values.begin(), detail.values.end());
  record.set_request_fingerprint(refusal.request_fingerprint);
  return record.SerializeAsString();
}

Refusal Decode(const Uuid& trading_id, const std::string& bytes) {
  record::v1::Refusal record;
  if (!record.ParseFromString(bytes) || record.request_fingerprint().empty()) {
    throw postgres::Unreadable("a refusal of trade " + trading_id.ToString());
  }
  if (record.code() == 0) return {absl::OkStatus(), record.request_fingerprint()};
  return {MakeError(static_cast<absl::StatusCode>(record.code()), record.reason(), record.message(),
                    {record.values().begin(), record.values().end()}),
          record.request_fingerprint()};
}

pqxx::result Write(postgres::Transaction& transaction, const Query& query,
                   std::span<const DecidedRequest> requests) {
  return transaction.Exec(
      query,
      postgres::UuidArray(requests, [](const auto& one) -> const Uuid& { return one.key.first; }),
      postgres::UuidArray(requests, [](const auto& one) -> const Uuid& { return one.key.second; }),
      postgres::BytesArray(requests, [](const auto& one) {
        return one.refusal ? Encode(*one.refusal) : std::string();
      }));
}

}  // namespace

postgres::DocumentRow EncodeRefusal(const Uuid& trading_id, const std::string& buyer,
                                    const Refusal& refusal, absl::Time now) {
  return {trading_id, buyer, 0, Encode(refusal), now};
}

Refusal DecodeRefusal(const postgres::DocumentRow& row) {
  return Decode(row.trading_id, row.document);
}

std::map<RequestKey, Refusal> LoadRefusedRequests(postgres::Transaction& transaction,
                                                  std::span<const RequestKey> keys) {
  std::map<RequestKey, Refusal> refused;
  for (const auto& row : transaction.Exec(
           kLoad,
           postgres::UuidArray(keys, [](const auto& key) -> const Uuid& { return key.first; }),
           postgres::UuidArray(keys, [](const auto& key) -> const Uuid& { return key.second; }))) {
    const Uuid trading_id = postgres::ReadUuid(row[0]);
    refused.emplace(RequestKey{trading_id, postgres::ReadUuid(row[1])},
                    Decode(trading_id, postgres::ReadBytes(row[2])));
  }
  return refused;
}

void RecordDecidedRequests(postgres::Transaction& transaction,
                           std::span<const DecidedRequest> decided) {
  if (decided.empty()) return;
  const pqxx::result inserted = Write(transaction, kInsert, decided);
  if (static_cast<size_t>(inserted.affected_rows()) != decided.size()) throw postgres::Conflict{};
}

void RefuseAfterAll(postgres::Transaction& transaction, std::span<const DecidedRequest> refused) {
  if (!refused.empty()) Write(transaction, kReplace, refused);
}

}  // namespace tallystick::shopping
