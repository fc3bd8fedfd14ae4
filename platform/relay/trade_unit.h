// What decides about trades needs of the transaction that it decides in. Workflows are written
// against this, so that they decide the same in a server's transaction (UnitOfWork) and in the
// simulation's.
#pragma once

#include <concepts>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "platform/relay/work_queue.h"

namespace tallystick {

template <typename U>
concept TradeUnit = requires(U& unit, const Uuid& id, typename U::Value value, std::string text) {
  // The time of the whole transaction.
  { unit.now() } -> std::same_as<absl::Time>;
  // Null when there is none. Valid until the next Put of the same trade.
  { unit.Find(id) } -> std::same_as<const typename U::Value*>;
  // Each is one revision. Gives what Find gives from then on.
  { unit.Put(id, value) } -> std::same_as<const typename U::Value*>;
  // What the changes cause, and what needs nobody any more by them.
  { unit.work() } -> std::same_as<std::vector<WorkItem>&>;
  { unit.over() } -> std::same_as<std::vector<WorkItem>&>;
  // Who did what: trade, subject, RPC, result.
  unit.Audit(id, text, text, text);
  // Writes all of it; throws Conflict when somebody else was faster. Nothing may be added then.
  unit.Save();
};

}  // namespace tallystick
