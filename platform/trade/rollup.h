// How sums and states follow from the parts they are made of. The services roll up with these, and
// the buyer's match checks with the same functions that what it was told adds up.
#pragma once

#include "platform/trade/status.h"

namespace tallystick {

// Sums and differences of numbers that somebody else claims: what does not fit becomes the nearest
// that does, and is too much or too little all the same.
int64_t SaturatedAdd(int64_t a, int64_t b);
int64_t SaturatedSubtract(int64_t a, int64_t b);

// Sum of the succeeded transactions of one type; saturates instead of overflowing.
int64_t SumOf(const PaymentStatus& payment, TransactionType type);

// A transaction of this type that has not ended: PENDING or UNKNOWN.
bool HasOpen(const PaymentStatus& payment, TransactionType type);

// The amounts of those, summed up; and of the captures that are planned.
int64_t OpenAmount(const PaymentStatus& payment, TransactionType type);
int64_t PlannedAmount(const PaymentStatus& payment);

// Another transaction tries this one again.
bool WasRetried(const PaymentStatus& payment, int32_t number);

// A transaction of this type failed and was not tried again: a person has to decide.
bool HasFailed(const PaymentStatus& payment, TransactionType type);

// The gateway said yes to the authorization (of whatever amount, and whatever became of it then).
bool WasAuthorized(const PaymentStatus& payment);

// From the amounts and transactions of `payment`, whatever its `state` says.
PaymentState RollUpState(const PaymentStatus& payment);

// Settled: nothing is open at the gateway and captured − refunded equals what is due.
bool IsSettled(const PaymentStatus& payment);

// Settled, and payment knows of everything that the shop has told it.
bool IsSettledFor(const OrderStatus& order, const PaymentStatus& payment);

// What the buyer still has to pay; 0 when nothing, negative when money is to come back.
int64_t Owed(const PaymentStatus& payment);

// From the shipments and the booking of `delivery`, whatever its `state` says.
DeliveryState RollUpState(const DeliveryStatus& delivery);

// The lines of `delivery` with their counts taken anew from the shipments.
std::vector<DeliveryLine> RollUpLines(const DeliveryStatus& delivery);

// When the last shipment is planned to arrive, or when the last one did.
Schedule RollUpSchedule(const DeliveryStatus& delivery);

// Every ordered piece has arrived or was written off.
bool IsAllDecided(const OrderStatus& order);

// The same, and at least one arrived.
bool IsFullyDelivered(const OrderStatus& order);

}  // namespace tallystick
