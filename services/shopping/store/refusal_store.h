// What was decided without leaving a trace in the order: the answer under a request id is final,
// whichever replica gave it.
//
// A refused order is a row of the orders' table with revision 0, so that the primary key decides
// between an order and its refusal. Requests about an order have a table of their own, with a row
// for each that was decided either way; `refusal` is empty for one that took effect, which the
// order itself remembers:
//
//   CREATE TABLE buyer_requests (trading_id uuid, request_id uuid, request_time timestamptz,
//                                refusal bytea, PRIMARY KEY (trading_id, request_id))
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "platform/postgres/document_table.h"

namespace tallystick::shopping {

struct Refusal {
  absl::Status status;  // OK of a request about an order: there was nothing left to do
  std::string request_fingerprint;
};

postgres::DocumentRow EncodeRefusal(const Uuid& trading_id, const std::string& buyer,
                                    const Refusal& refusal, absl::Time now);
Refusal DecodeRefusal(const postgres::DocumentRow& row);

// One request about an order.
using RequestKey = std::pair<Uuid, Uuid>;  // trading id, request id

struct DecidedRequest {
  RequestKey key;
  std::optional<Refusal> refusal;  // unset: it took effect
};

// Those of `keys` that were decided before without taking effect.
std::map<RequestKey, Refusal> LoadRefusedRequests(postgres::Transaction& transaction,
                                                  std::span<const RequestKey> keys);

// Throws Conflict when somebody else has decided one of them meanwhile.
void RecordDecidedRequests(postgres::Transaction& transaction,
                           std::span<const DecidedRequest> decided);

// Requests that had taken effect, and have not after all: whoever asks again is told so. Those of
// which nothing is recorded are decided when they are asked again.
void RefuseAfterAll(postgres::Transaction& transaction, std::span<const DecidedRequest> refused);

}  // namespace tallystick::shopping
