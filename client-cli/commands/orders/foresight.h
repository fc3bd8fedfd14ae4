// What is known to be in the way of orders before they are sent, by the ledger and the catalogue.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client-cli/commands/command.h"
#include "client-cli/input/pricing.h"

namespace tallystick {

// An order and what would come of it.
struct Foreseen {
  OrderRequest* request = nullptr;
  std::optional<LedgerTrade> known;     // the ledger has it already: it is not ordered anew
  absl::StatusOr<OrderContents> quote;  // by the prices of this moment
  absl::Status refusal;                 // why it would be refused
};

// One after the other, as they would be sent to the shop of `profile`: earlier ones take from the
// catalogue's stock. The requests outlive what is given.
std::vector<Foreseen> ForeseeAll(Context& context, const std::string& profile,
                                 CataloguePages catalogue, std::vector<OrderRequest>& requests);

// To people: why the order would be refused, or what the ledger has of it; nothing if neither.
void SayForeseen(const Context& context, const Foreseen& order, const CataloguePages& catalogue);
// To people, in a dry run: what is sent along, and what only the shop can decide.
void SayUndecided(Context& context, const std::string& profile);

// Of one order: "known", "placement", "error", "reason".
Json ToJson(const Foreseen& order);
// What only the shop can decide.
Json UndecidedJson();

// The exit code that the orders would end with, as far as it is known.
int CodeOf(const std::vector<Foreseen>& orders, const std::vector<Warning>& exceeded);

}  // namespace tallystick
