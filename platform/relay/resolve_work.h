// What the back office decides about work that waits for a person.
#pragma once

#include <span>
#include <string>

#include "platform/postgres/audit_table.h"
#include "platform/relay/work_queue.h"

namespace tallystick {

struct WorkResolution {
  Uuid trading_id;
  bool drop = false;    // parked messages are given up; otherwise all is tried again
  std::string subject;  // who decides
};

struct ResolvedWork {
  int64_t count = 0;  // pieces of work that it was about
};

// `rpc` is for the audit; `messages` are the queues of those that go to other servers.
inline absl::StatusOr<ResolvedWork> ResolveWork(postgres::Session& session,
                                                const WorkResolution& resolution, absl::Time now,
                                                const char* rpc, std::span<const Queue> messages) {
  std::vector<int16_t> queues;
  for (const Queue& queue : messages) queues.push_back(queue.number);
  return session.Run([&](postgres::Transaction& transaction) {
    const int64_t count = resolution.drop
                              ? WorkTable::Drop(transaction, resolution.trading_id, queues)
                              : WorkTable::Retry(transaction, resolution.trading_id);
    const postgres::AuditEntry entry{resolution.trading_id, now, resolution.subject, rpc,
                                     resolution.drop ? "DROPPED" : "RETRIED"};
    if (count > 0) postgres::AppendAudit(transaction, {&entry, 1});
    return ResolvedWork{count};
  });
}

}  // namespace tallystick
