// The terms of payment. What tells one from another is its row in the table; another one needs a
// number in proto/tallystick/v1/trade.proto, the same number here, and its row.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace tallystick {

// The numbers are sent and stored: do not change the values.
enum class Terms { kUnspecified = 0, kPrepaid = 1, kOnDelivery = 2, kNet30 = 3 };

struct TermsRule {
  // What makes a shipment payable.
  enum class Event { kDispatch, kArrival };

  Terms terms;
  absl::string_view name;  // as in proto/, without TERMS_
  Event event;
  absl::Duration period;  // from the event to the payment, which is planned then; zero: at once
};

std::span<const TermsRule> AllTerms();

// Of one that is not in the table: as if on delivery.
const TermsRule& RuleOf(Terms terms);

bool IsKnown(Terms terms);
// Payment is planned for a date some time after the event.
bool IsPlanned(Terms terms);

std::string ToString(Terms terms);
// "PREPAID" or "prepaid", "ON_DELIVERY", "on-delivery", "NET_30" …; nullopt for other words.
std::optional<Terms> ParseTerms(absl::string_view text);
// "PREPAID, ON_DELIVERY or NET_30".
std::string TermsToChooseFrom();

// The period of each of the planned terms; a trial makes them shorter than they are called.
using TermsPeriods = std::map<Terms, absl::Duration>;
TermsPeriods LawfulPeriods();
// Zero of terms that are not planned.
absl::Duration PeriodOf(const TermsPeriods& periods, Terms terms);
// The name of the setting: "net-30-period-ms".
std::string PeriodSetting(Terms terms);

}  // namespace tallystick
