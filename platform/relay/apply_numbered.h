// The receiving end of the numbered sequences: applies a batch of messages of any trades in one
// transaction, each exactly once and in its trade's order.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "platform/postgres/audit_table.h"
#include "platform/postgres/working_set.h"
#include "platform/relay/apply.h"
#include "platform/relay/sequence.h"
#include "platform/relay/work_queue.h"
#include "platform/runtime/log.h"

namespace tallystick {

// What a committed batch caused: the answers, the trades that changed, the work to hand over to the
// workers, and what is to be remembered of who asked for it.
template <typename Answer>
struct Committed {
  std::vector<absl::StatusOr<Answer>> answers;
  std::vector<WorkItem> work;
  std::vector<Uuid> changed;
  std::vector<postgres::AuditEntry> audit;
};

// Called after a commit, with what it caused. Must not block for long.
using AfterCommit =
    std::function<void(const std::vector<WorkItem>& work, const std::vector<Uuid>& changed)>;

// Writes what was put into `set`, the work that it causes and the audit.
template <typename Set, typename Answer>
void SaveAll(postgres::Transaction& transaction, Set& set, const WorkTable& work,
             Committed<Answer>& committed) {
  set.Save();
  work.Insert(transaction, committed.work);
  postgres::AppendAudit(transaction, committed.audit);
  committed.changed = set.Changed();
}

// `Rules` says what the messages mean:
//   using Aggregate, Codec, Message;
//   static const Uuid& TradingId(const Message&);
//   static int64_t Number(const Message&);
//   // The sender and the RPC, for the audit; the time.
//   static std::string Subject(const Message&);
//   static constexpr char kRpc[];
//   absl::Time now;
//   static int64_t LastApplied(const Aggregate*, const Message&);
//   // The next state; appends the work it causes. An error refuses the message.
//   absl::StatusOr<Aggregate> Apply(const Aggregate*, const Message&, std::vector<WorkItem>&);
//   // Why a message whose number is used up was refused; empty when it was not.
//   static std::string RefusalOf(const Aggregate&, const Message&);
//   // The state with a refused message's number used up.
//   Aggregate Skip(const Aggregate&, const Message&, absl::string_view reason,
//                  std::vector<WorkItem>&);
// To be called within Session::Run.
template <typename Rules>
Committed<ApplyAnswer> ApplyNumbered(postgres::Transaction& transaction,
                                     const postgres::DocumentTable& table, const WorkTable& work,
                                     std::span<const typename Rules::Message> messages,
                                     Rules rules) {
  std::vector<Uuid> ids;
  ids.reserve(messages.size());
  for (const auto& message : messages) ids.push_back(Rules::TradingId(message));
  postgres::WorkingSet<typename Rules::Aggregate, typename Rules::Codec> set(table, transaction,
                                                                             std::move(ids));
  Committed<ApplyAnswer> committed;
  for (const auto& message : messages) {
    const Uuid& id = Rules::TradingId(message);
    const auto* aggregate = set.Find(id);
    ApplyAnswer answer;
    switch (CheckSequence(Rules::LastApplied(aggregate, message), Rules::Number(message))) {
      case SequenceVerdict::kAlreadyApplied:
        answer.outcome = ApplyOutcome::kAlreadyApplied;
        if (aggregate != nullptr) answer.reason = Rules::RefusalOf(*aggregate, message);
        if (!answer.reason.empty()) answer.outcome = ApplyOutcome::kRefused;
        break;
      case SequenceVerdict::kNotYet: answer.outcome = ApplyOutcome::kNotYet; break;
      case SequenceVerdict::kNext: {
        auto next = rules.Apply(aggregate, message, committed.work);
        committed.audit.push_back(
            {id, rules.now, Rules::Subject(message), Rules::kRpc, next.ok() ? "OK" : "REFUSED"});
        if (next.ok()) {
          set.Put(id, *std::move(next));
          break;
        }
        answer = {ApplyOutcome::kRefused, std::string(next.status().message())};
        log::Error("message refused", {{"trading_id", id.ToString()}, {"reason", answer.reason}});
        if (aggregate != nullptr) {
          set.Put(id, rules.Skip(*aggregate, message, answer.reason, committed.work));
        }
        break;
      }
    }
    committed.answers.emplace_back(std::move(answer));
  }
  SaveAll(transaction, set, work, committed);
  return committed;
}

}  // namespace tallystick
