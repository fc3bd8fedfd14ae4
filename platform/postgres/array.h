// PostgreSQL arrays in binary form, for statements that take a whole batch through unnest() or
// = ANY(). Text arrays cost twice as much.
#pragma once

#include <bit>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "platform/ids/uuid.h"
#include "platform/postgres/libpqxx.h"

namespace tallystick::postgres {

// Builds one array; `element_oid` is the type's number in PostgreSQL's catalogue.
class ArrayBuilder {
 public:
  explicit ArrayBuilder(uint32_t element_oid);

  void Add(absl::string_view bytes);
  void AddNumber(int64_t value);  // bigint, and timestamptz in microseconds since 2000
  Bytes Finish();

 private:
  std::string bytes_;
  int32_t count_ = 0;
};

inline constexpr uint32_t kBytesOid = 17;
inline constexpr uint32_t kBigintOid = 20;
inline constexpr uint32_t kTextOid = 25;
inline constexpr uint32_t kTimestamptzOid = 1184;
inline constexpr uint32_t kUuidOid = 2950;

int64_t ToPostgresMicros(absl::Time time);

// Each takes a range and a function from an element to its value.
template <typename Range, typename Get>
Bytes UuidArray(const Range& range, Get get) {
  ArrayBuilder array(kUuidOid);
  for (const auto& element : range) array.Add(get(element).AsBytes());
  return array.Finish();
}

template <typename Range, typename Get>
Bytes TextArray(const Range& range, Get get) {
  ArrayBuilder array(kTextOid);
  for (const auto& element : range) array.Add(get(element));
  return array.Finish();
}

template <typename Range, typename Get>
Bytes BytesArray(const Range& range, Get get) {
  ArrayBuilder array(kBytesOid);
  for (const auto& element : range) array.Add(get(element));
  return array.Finish();
}

template <typename Range, typename Get>
Bytes BigintArray(const Range& range, Get get) {
  ArrayBuilder array(kBigintOid);
  for (const auto& element : range) array.AddNumber(get(element));
  return array.Finish();
}

template <typename Range, typename Get>
Bytes TimeArray(const Range& range, Get get) {
  ArrayBuilder array(kTimestamptzOid);
  for (const auto& element : range) array.AddNumber(ToPostgresMicros(get(element)));
  return array.Finish();
}

// What rows about trades have.
inline constexpr auto kTradingId = [](const auto& row) -> const Uuid& { return row.trading_id; };
inline constexpr auto kRevision = [](const auto& row) { return row.revision; };

// Readers of a result's fields.
Uuid ReadUuid(const pqxx::field& field);
std::string ReadBytes(const pqxx::field& field);

}  // namespace tallystick::postgres
