// The tools: commands of tally, run with a screen that collects what they show.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "client-cli/commands/command.h"
#include "client-cli/mcp/protocol.h"
#include "client-cli/mcp/spending.h"

namespace tallystick::mcp {

struct Settings {
  std::optional<SpendingLimits> orders;  // nothing may be ordered, canceled or returned without
  std::string payment_method;            // that orders are paid by: no program's to choose
};

// `context` outlives it.
Server MakeServer(Context& context, const Settings& settings);

// Runs what is a command by its exit code and gives what it showed. What the ledger throws is a
// failure of the call; the next one may do better.
ToolResult RunCommand(Context& context, absl::FunctionRef<int(Context&)> command);

// What reads: products, quote, track, list, warnings.
std::vector<Tool> ReadingTools(Context& context, const Settings& settings);
// What orders and asks of trades: order, cancel, return.
std::vector<Tool> OrderingTools(Context& context, const Settings& settings);

// Parts of schemas and arguments that several tools have.
Json TradeSchema();
Json GoodsSchema(const std::string& description);
Json DeliveryOptionSchema();
Json TermsSchema();
// What is wanted, where it stands in `arguments` that are as such schemas say. INVALID_ARGUMENT for
// what is no SKU, or no terms.
absl::StatusOr<OrderRequest> ReadGoods(const Json& arguments);
// What an answer says of a service's status, which is null where there is none yet.
Json StatusSchema();

}  // namespace tallystick::mcp
