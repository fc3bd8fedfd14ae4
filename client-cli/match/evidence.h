// How rules say what they found: what their files share.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client-cli/match/reading.h"
#include "platform/trade/fields.h"

namespace tallystick {

using Facts = std::map<std::string, std::string>;

inline void Say(std::vector<Warning>& warnings, std::string rule, Severity severity,
                std::string sentence, Facts facts) {
  warnings.push_back({std::move(rule), severity, std::move(sentence), std::move(facts)});
}
inline void Alarm(std::vector<Warning>& warnings, std::string rule, std::string sentence,
                  Facts facts) {
  Say(warnings, std::move(rule), Severity::kAlarm, std::move(sentence), std::move(facts));
}

// The fields in which two accounts differ, with what each of the two says; the first few of many.
Facts DifferenceFacts(const std::vector<Difference>& differences, absl::string_view who,
                      absl::string_view whom);

// Whether an open transaction has been so for no longer than the grace of refunds, nor is it longer
// since there was more to give back: since payment was told so, or took more. (Another transaction
// every hour excuses nothing.)
bool IsFresh(const Reading& reading, const PaymentStatus& payment,
             const PaymentTransaction& transaction);

// Whether the refund of what is too much may still be to come: payment begins one when no other,
// and no capture, is under way. Not for longer than that grace.
bool MayRefundFollow(const Reading& reading, const PaymentStatus& payment);

// "1 piece", "3 pieces".
std::string Count(int64_t number, absl::string_view what);

// At most so much of a text that somebody else has chosen the length of.
std::string Excerpt(absl::string_view text);

}  // namespace tallystick
