// Times as people read them, in local time.
#pragma once

#include <string>

#include "absl/time/time.h"

namespace tallystick {

// "2026-11-22 18:00".
std::string LocalTime(absl::Time time);
// With seconds and milliseconds.
std::string PreciseTime(absl::Time time);

// How long ago: "just now", "6 min ago", "3 h ago", "2 days ago"; the date of what is older than
// two weeks, and of what is to come.
std::string AgoWords(absl::Time time, absl::Time now);

// The day, by what it is called from now on: "today 18:00", "tomorrow", "Sunday" within a week,
// else "24 Dec", of another year "24 Dec 2027".
std::string DayWords(absl::Time time, absl::Time now);

}  // namespace tallystick
