// The JSON that `-o json` prints; docs/cli.md documents its shape.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "client-cli/trade/catalogue.h"
#include "client-cli/trade/order.h"
#include "client-cli/trade/warning.h"
#include "platform/trade/status.h"

namespace tallystick {

using Json = nlohmann::ordered_json;

Json ToJson(const Money& money);
Json ToJson(const Warning& warning);
Json ToJson(const OrderContents& contents);
Json ToJson(const std::vector<GoodsQuantity>& lines);
Json ToJson(const OrderStatus& status);
Json ToJson(const PaymentStatus& status);
Json ToJson(const DeliveryStatus& status);
Json ToJson(const CataloguePages& catalogue);
Json ToJson(const ServiceAddresses& services);
// The names of those services that are meant.
Json NamesJson(const PerSide<bool>& services);

// "order", "payment" and "delivery": each side's status, null where there is none.
void PutStatuses(const ThreeOf<std::optional>& statuses, Json& json);

// RFC 3339 in UTC with milliseconds.
std::string TimeText(absl::Time time);
Json TimeOrNull(const std::optional<absl::Time>& time);

// ASCII only, so that nothing that a server sent can steer the terminal; bytes that are no UTF-8
// become U+FFFD.
std::string Dump(const Json& json);

}  // namespace tallystick
