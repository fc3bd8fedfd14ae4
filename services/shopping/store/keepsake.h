// What the shop gives payment to keep: an order as it was accepted, sealed so that nobody else can
// read or make it.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "services/shopping/domain/order.h"

namespace tallystick::shopping {

// `key`: the secret of 32 bytes that trading ids are hashed with. The same order is sealed to the
// same bytes.
std::string SealKeepsake(const Order& order, const std::string& key);

// The order anew, as it was accepted, but for the payment method. DATA_LOSS when it was not sealed
// with this key, or is of another trade.
absl::StatusOr<Change> OpenKeepsake(const std::string& keepsake, const Uuid& trading_id,
                                    const std::string& key);

// Puts the keepsake into an instruction that opens a payment.
void GiveToKeep(PaymentInstruction& instruction, const Order& order, const std::string& key);

}  // namespace tallystick::shopping
