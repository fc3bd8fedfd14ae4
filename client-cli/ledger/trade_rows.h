// What the files about the ledger's trades share: how a trade is selected, and the names of its
// shop.
#pragma once

#include <string>

#include "platform/trade/contents.h"

namespace tallystick {

// As Ledger::ReadTrade reads it.
inline constexpr char kSelectTrade[] =
    "SELECT key, profile, request_id, request, create_time, placement, refusal, information, "
    "place_time, check_time, sendings, ended "
    "FROM trades ";

// The names under which the buyer of profile ?1 knows or knew the shop of profile ?1.
inline constexpr char kAtTheSameShop[] =
    "profile IN (SELECT ?1 UNION SELECT other.name FROM profiles AS other JOIN profiles AS mine "
    "ON mine.address = other.address AND mine.token_file = other.token_file "
    "WHERE mine.name = ?1) ";

// The same for orders of the same goods to the same address at the same terms.
std::string LikenessOf(const OrderContents& contents);

}  // namespace tallystick
