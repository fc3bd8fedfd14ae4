#include "platform/postgres/array.h"

#include <array>

namespace tallystick::postgres {
namespace {

template <typename Number>
void PutBigEndian(std::string& bytes, Number value) {
  for (int shift = static_cast<int>(sizeof(Number)) * 8 - 8; shift >= 0; shift -= 8) {
    bytes += static_cast<char>(static_cast<uint64_t>(value) >> shift);
  }
}

}  // namespace

// The header: dimensions, flags, element type, size and lower bound of the one dimension. The size
// is filled in at the end.
ArrayBuilder::ArrayBuilder(uint32_t element_oid) {
  PutBigEndian<int32_t>(bytes_, 1);
  PutBigEndian<int32_t>(bytes_, 0);
  PutBigEndian<uint32_t>(bytes_, element_oid);
  PutBigEndian<int32_t>(bytes_, 0);
  PutBigEndian<int32_t>(bytes_, 1);
}

void ArrayBuilder::Add(absl::string_view bytes) {
  PutBigEndian<int32_t>(bytes_, static_cast<int32_t>(bytes.size()));
  bytes_.append(bytes.data(), bytes.size());
  ++count_;
}

void ArrayBuilder::AddNumber(int64_t value) {
  PutBigEndian<int32_t>(bytes_, 8);
  PutBigEndian<int64_t>(bytes_, value);
  ++count_;
}

Bytes ArrayBuilder::Finish() {
  std::string size;
  PutBigEndian<int32_t>(size, count_);
  bytes_.replace(12, 4, size);
  return ToBytes(bytes_);
}

int64_t ToPostgresMicros(absl::Time time) {
  static const absl::Time kPostgresEpoch = absl::FromUnixSeconds(946684800);
  return absl::ToInt64Microseconds(time - kPostgresEpoch);
}

Uuid ReadUuid(const pqxx::field& field) { return ParseUuid(field.c_str()).value_or(Uuid{}); }

std::string ReadBytes(const pqxx::field& field) {
  const Bytes bytes = FieldBytes(field);
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

}  // namespace tallystick::postgres
