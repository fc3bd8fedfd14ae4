// The calls that tell the back office all changes of a service: the service ChangeFeed, the same of
// all three but for what a change's status is.
#pragma once

#include <functional>
#include <string>

#include "platform/calls/ask.h"
#include "platform/calls/document_calls.h"
#include "platform/history/change_hub.h"
#include "tallystick/v1/changes.pb.h"

namespace tallystick::rpc {

// Puts the status of an entry of the history into a change; leaves it out when it cannot be read.
using FillChange = std::function<void(const std::string& entry, v1::Change& change)>;

// `fill(Entry, v1::Change&)`.
template <typename Entry, typename Fill>
FillChange FillChangeWith(Fill fill) {
  return [fill](const std::string& entry, v1::Change& change) {
    absl::StatusOr<Entry> parsed = ParseStored<Entry>(entry);
    if (parsed.ok()) fill(*std::move(parsed), change);
  };
}

using ChangeBatcher = Batcher<ChangeQuery, ChangePage>;

// `changes` answers each query with ReadChanges; it and `hub` must outlive the table.
ServiceTable ChangeCalls(ChangeBatcher& changes, ChangeHub& hub, FillChange fill);

}  // namespace tallystick::rpc
