// An order as it is shown before it is sent, and after the shop has accepted it.
#pragma once

#include <string>

#include "client-cli/commands/command.h"
#include "client-cli/input/pricing.h"

namespace tallystick {

// Its lines with their amounts, delivery, total, when it is promised, and what will be owed when.
// `owed`: what is, in minor units.
std::string OrderText(const Context& context, const OrderContents& contents, int64_t owed,
                      absl::Time now);

// When an order by such terms that arrives at `arrival` is to be paid: "as the goods leave",
// "24 Dec, 30 days after the goods arrive".
std::string PayWords(Terms terms, const TermsPeriods& periods, absl::Time arrival, absl::Time now);

// What the shop would take for `request` now, with the dates that it would promise.
absl::StatusOr<OrderContents> QuoteAt(const OrderRequest& request, const CataloguePages& catalogue,
                                      absl::Time now);

// Of a quote: "lines", "delivery_option", "terms", the sums, and "not_in_stock".
Json QuoteJson(const OrderContents& quote, const CataloguePages& catalogue);

}  // namespace tallystick
