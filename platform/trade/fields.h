// The fields of a status one by one, by their names in proto/: for saying what differs between two
// accounts of the same thing. Covers every field of the messages; a test walks their descriptors.
#pragma once

#include <string>
#include <vector>

#include "platform/trade/status.h"

namespace tallystick {

struct Field {
  std::string name;  // "transactions[1].amount"
  std::string
      value;  // for a person: "12.50 USD", "CAPTURED", "2026-11-22T18:00:00.000Z", "nothing"

  friend bool operator==(const Field&, const Field&) = default;
};

std::vector<Field> FieldsOf(const OrderStatus& status);
std::vector<Field> FieldsOf(const PaymentStatus& status);
std::vector<Field> FieldsOf(const DeliveryStatus& status);

// A field in which two accounts differ; a value that only one of them has is "nothing" in the
// other.
struct Difference {
  std::string name;
  std::string a;
  std::string b;

  friend bool operator==(const Difference&, const Difference&) = default;
};

std::vector<Difference> Compare(const std::vector<Field>& a, const std::vector<Field>& b);

template <typename Status>
std::vector<Difference> DifferencesOf(const Status& a, const Status& b) {
  return a == b ? std::vector<Difference>() : Compare(FieldsOf(a), FieldsOf(b));
}

// RFC 3339 in UTC, to the millisecond; more digits where there is more.
std::string Rfc3339(absl::Time time);

}  // namespace tallystick
