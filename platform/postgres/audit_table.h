// Who did what: a row for every request of a buyer or the back office that changed something, and
// for those of the back office and of peers that the rules refused, appended in the transaction
// that decided it and never changed. (What a peer's message changed, the history has.) A repeated
// request that is answered again leaves no second row; nor does what a buyer is
// refused, since anybody could fill the table with it.
//
//   CREATE TABLE audit (trading_id uuid, audit_id uuid, audit_time timestamptz, subject text,
//                       rpc text, result text, PRIMARY KEY (trading_id, audit_id))
#pragma once

#include <span>
#include <string>

#include "absl/status/status.h"
#include "platform/ids/uuid.h"
#include "platform/postgres/session.h"

namespace tallystick::postgres {

struct AuditEntry {
  Uuid trading_id;  // nil for what is about no trade
  absl::Time time;
  std::string subject;  // of the caller's token, or the peer's name
  std::string rpc;      // service and method: ShoppingService/PlaceOrder
  std::string result;   // see AuditResult
};

// "OK", or the error's reason, or its code.
std::string AuditResult(const absl::Status& status);

void AppendAudit(Transaction& transaction, std::span<const AuditEntry> entries);

}  // namespace tallystick::postgres
