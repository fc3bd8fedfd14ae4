// Placing orders so that none is lost and none is placed twice: written to the ledger with a
// request id, then sent, then answered. Whatever is pending from an earlier run is sent again
// first.
#pragma once

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
  absl::Status failure;  // why they are pending
};

// Requests with a reference that the ledger knows are not placed again: the known trade is given,
// and sent again if it is still pending, also when another run of tally wrote it meanwhile. Nor is
// a request without a reference that repeats one which was pending when this call began.
// FAILED_PRECONDITION when a reference was used for another order; then nothing is sent.
absl::StatusOr<PlacingResult> PlaceAll(Context& context, Shop& shop,
                                       std::vector<OrderRequest> requests, size_t batch_size);

// Prints what became of the orders and gives the exit code that goes with it. `one`: a single order
// was placed, which is shown in full.
int ShowPlacing(const Context& context, const PlacingResult& result, bool one);

// Sends what an earlier run left pending at this shop.
PlacingResult SendPending(Context& context, Shop& shop);

// "order PO-7 (request 0199…) at demo may have been placed, and has had no answer".
std::string PendingText(const LedgerTrade& trade);
Json PendingJson(const LedgerTrade& trade);
// What helps when orders stay pending for `failure`.
std::string HelpText(const absl::Status& failure);

}  // namespace tallystick
