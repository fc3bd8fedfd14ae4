// The limit on what is unsettled: what list shows and what stands before every order.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "client-cli/commands/command.h"

namespace tallystick {

// Adds what is unsettled of a trade to what is of others, by currency.
void AddUnsettled(const LedgerTrade& trade, std::map<std::string, int64_t>& totals);

// What is unsettled of all trades in the ledger, by currency.
std::map<std::string, int64_t> UnsettledTotals(Context& context);

// LIMIT-1 for each currency whose total exceeds its limit.
std::vector<Warning> CheckLimits(Context& context, const std::map<std::string, int64_t>& totals);

// LIMIT-1 for each currency in which it would be exceeded with these orders and those at the shop
// of `profile` that have no answer yet.
std::vector<Warning> ExceededWith(Context& context, const std::string& profile,
                                  const std::vector<OrderRequest>& requests,
                                  const CataloguePages& catalogue);

// To people, what would be exceeded.
void SayExceeded(const Context& context, const std::vector<Warning>& warnings);

// Whether the orders may be sent: true when no limit would be exceeded, when `yes`, or when
// somebody at the terminal says so. Otherwise the exit code to end with is in `code`.
bool MayOrder(Context& context, Shop& shop, const std::vector<OrderRequest>& requests, bool yes,
              int* code);

}  // namespace tallystick
