// The part of JSON Schema that the tools are described with, and holding arguments to it.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "client-cli/output/json.h"

namespace tallystick {

// What a list may have, and a text, in bytes, if nothing else is said. Servers have their own
// limits; these keep what no order has out of the ledger.
inline constexpr size_t kMaxListItems = 500;
inline constexpr size_t kMaxTextBytes = 1'000;

using Properties = std::initializer_list<std::pair<std::string, Json>>;

Json TextSchema(const std::string& description = "");
// The largest of which JSON's readers, such as JavaScript, know every one.
inline constexpr int64_t kMostWhole = (int64_t{1} << 53) - 1;
Json WholeSchema(const std::string& description = "", int64_t least = -kMostWhole,
                 int64_t most = kMostWhole);
Json FlagSchema(const std::string& description = "");
Json ListSchema(const std::string& description, const Json& items, size_t least = 0);
// Of these properties and no others; those that are not `optional` must be there.
Json ObjectSchema(Properties required, Properties optional = {});
// As ToJson of Money: amounts that all who read JSON can tell apart.
Json MoneySchema(const std::string& description = "");
// Of an answer: these properties, and perhaps more. A null one is of `NullOr`.
Json AnswerSchema(Properties properties);
Json NullOr(Json schema);

// INVALID_ARGUMENT naming what does not fit, and what would, when `value` is not as `schema` (made
// by the functions above) says. No text may have control characters.
absl::Status CheckAgainst(const Json& schema, const Json& value, const std::string& name);

}  // namespace tallystick
