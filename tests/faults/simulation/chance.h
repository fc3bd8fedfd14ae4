// All chance of a run, out of one seed: the same on every machine, which the standard library's
// distributions are not.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/time/time.h"
#include "platform/ids/uuid.h"

namespace tallystick::simulation {

class Dice {
 public:
  explicit Dice(uint64_t seed) : state_(seed) {}

  uint64_t Next() {  // SplitMix64
    uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  // From 0 up to 1, which it never is.
  double Fraction() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }
  bool Happens(double probability) { return probability > 0 && Fraction() < probability; }
  bool OneIn(int64_t n) { return Between(1, n) == 1; }
  // Both included.
  int64_t Between(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(Next() % static_cast<uint64_t>(high - low + 1));
  }
  absl::Duration Between(absl::Duration low, absl::Duration high) {
    return absl::Microseconds(
        Between(absl::ToInt64Microseconds(low), absl::ToInt64Microseconds(high)));
  }
  template <typename T>
  T& Of(std::vector<T>& choices) {
    return choices[static_cast<size_t>(Between(0, static_cast<int64_t>(choices.size()) - 1))];
  }
  template <typename T>
  const T& Of(const std::vector<T>& choices) {
    return choices[static_cast<size_t>(Between(0, static_cast<int64_t>(choices.size()) - 1))];
  }

  // Of version 7, as clients make them.
  Uuid RequestId(absl::Time now) {
    Uuid id;
    for (size_t i = 0; i < id.bytes.size(); ++i) id.bytes[i] = static_cast<uint8_t>(Next());
    const auto millis = static_cast<uint64_t>(absl::ToUnixMillis(now));
    for (int i = 0; i < 6; ++i) id.bytes[i] = static_cast<uint8_t>(millis >> (40 - 8 * i));
    id.bytes[6] = static_cast<uint8_t>((id.bytes[6] & 0x0f) | 0x70);
    id.bytes[8] = static_cast<uint8_t>((id.bytes[8] & 0x3f) | 0x80);
    return id;
  }

 private:
  uint64_t state_;
};

}  // namespace tallystick::simulation
