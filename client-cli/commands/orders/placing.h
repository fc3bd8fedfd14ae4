// Placing orders so that none is lost and none is placed twice: written to the ledger with a
// request id, then sent, then answered. Whatever is pending from an earlier run is sent again
// first.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "client-cli/commands/command.h"

namespace tallystick {

struct PlacingResult {
  std::vector<LedgerTrade> trades;
  int placed = 0;
  int placed_before = 0;
  int refused = 0;
  int pending = 0;       // the shop could not be reached, or did not answer
  int not_placed = 0;    // another run dropped it, or took its reference for another order
  int not_sent = 0;      // nor written down: the shop could not be reached for those before
  absl::Status failure;  // why they are pending, or were not sent
};

// Requests with a reference that the ledger knows are not placed again: the known trade is given,
// and sent again if it is still pending, also when another run of tally wrote it meanwhile. Nor is
// a request without a reference that repeats one whose outcome no command has told within the last
// day, ShowPlacing of it: what became of it is given instead. One order that has no answer holds up
// no others, unless the shop cannot be reached. FAILED_PRECONDITION when a reference was used for
// another order; then nothing is sent. What `may_write` says of a new order before it is written
// down is the failure for which it and the rest are not sent.
absl::StatusOr<PlacingResult> PlaceAll(Context& context, Shop& shop,
                                       std::vector<OrderRequest> requests, size_t batch_size,
                                       const MayWrite& may_write = nullptr);

// FAILED_PRECONDITION when `known`, which has the reference of `request`, is another order.
absl::Status CheckIsSame(const LedgerTrade& known, OrderRequest request);

// Takes the order of `unreported` that this request repeats out of them, if there is one.
std::optional<LedgerTrade> TakeRepeated(std::vector<LedgerTrade>& unreported,
                                        const OrderRequest& request);

// Prints what became of the orders, notes that it was told, and gives the exit code that goes with
// it. `one`: a single order was placed, which is shown in full.
int ShowPlacing(const Context& context, const PlacingResult& result, bool one);

// Says which of them the shop has refused, and why.
void SayRefused(const Context& context, std::span<const LedgerTrade> trades);

// Sends what an earlier run left pending at this shop.
PlacingResult SendPending(Context& context, Shop& shop);

// "PLACED", "REFUSED", "UNKNOWN", "DROPPED".
std::string ToString(Placement placement);

// "order PO-7 (request 0199…) at demo may have been placed, and has had no answer".
std::string PendingText(const LedgerTrade& trade);
Json PendingJson(const LedgerTrade& trade);
// What helps when orders stay pending for `failure`.
std::string HelpText(const absl::Status& failure);

}  // namespace tallystick
