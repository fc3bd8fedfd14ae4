#include "client-cli/output/times.h"

#include "absl/strings/str_cat.h"

namespace tallystick {
namespace {

std::string Local(const char* format, absl::Time time) {
  return absl::FormatTime(format, time, absl::LocalTimeZone());
}

std::string DateWords(absl::Time time, absl::Time now) {
  const bool this_year = Local("%Y", time) == Local("%Y", now);
  return Local(this_year ? "%e %b" : "%e %b %Y", time);
}

std::string Trimmed(std::string words) {
  words.erase(0, words.find_first_not_of(' '));
  return words;
}

}  // namespace

std::string LocalTime(absl::Time time) { return Local("%Y-%m-%d %H:%M", time); }

std::string PreciseTime(absl::Time time) { return Local("%Y-%m-%d %H:%M:%E3S", time); }

std::string AgoWords(absl::Time time, absl::Time now) {
  const absl::Duration ago = now - time;
  if (ago < -absl::Minutes(1) || ago >= absl::Hours(24 * 14)) return Trimmed(DateWords(time, now));
  if (ago < absl::Minutes(1)) return "just now";
  if (ago < absl::Hours(1)) return absl::StrCat(absl::ToInt64Minutes(ago), " min ago");
  if (ago < absl::Hours(24)) return absl::StrCat(absl::ToInt64Hours(ago), " h ago");
  const int64_t days = absl::ToInt64Hours(ago) / 24;
  return absl::StrCat(days, days == 1 ? " day ago" : " days ago");
}

std::string DayWords(absl::Time time, absl::Time now) {
  const absl::TimeZone zone = absl::LocalTimeZone();
  const absl::CivilDay day = absl::ToCivilDay(time, zone);
  const auto days = day - absl::ToCivilDay(now, zone);
  if (days == 0) return Local("today %H:%M", time);
  if (days == 1) return "tomorrow";
  if (days > 1 && days < 7) return Local("%A", time);
  return Trimmed(DateWords(time, now));
}

}  // namespace tallystick
