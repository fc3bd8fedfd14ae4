// The patience of the check.
#pragma once

#include "absl/time/time.h"
#include "platform/trade/terms.h"

namespace tallystick {

struct MatchSettings {
  // How far the clocks of two honest machines may differ.
  absl::Duration clock_skew = absl::Minutes(5);
  // How long an honest message between two servers may take.
  absl::Duration report_delay = absl::Minutes(2);
  // How long a service may not know a trade that was placed.
  absl::Duration unknown_grace = absl::Minutes(2);
  // How long money that has to come back may take.
  absl::Duration refund_grace = absl::Hours(24);
  // How late a planned delivery or payment may be.
  absl::Duration overdue_grace = absl::Hours(24);
  // How long an order may be ACCEPTED or CANCEL_PENDING, and a gateway may take.
  absl::Duration stall_limit = absl::Hours(24);
  // How long a return may be under way.
  absl::Duration return_limit = absl::Hours(24 * 30);
  // What the planned terms mean: from a shipment's arrival to its payment.
  TermsPeriods periods = LawfulPeriods();
};

}  // namespace tallystick
