#include "platform/ids/uuid.h"

#include <sodium.h>

#include <algorithm>

namespace tallystick {
namespace {

void StampVersion(Uuid& id, uint8_t version) {
  id.bytes[6] = static_cast<uint8_t>((id.bytes[6] & 0x0f) | (version << 4));
  id.bytes[8] = static_cast<uint8_t>((id.bytes[8] & 0x3f) | 0x80);
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string Uuid::ToString() const {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kHex[bytes[i] >> 4];
    text += kHex[bytes[i] & 15];
  }
  return text;
}

std::optional<Uuid> ParseUuid(absl::string_view text) {
  if (text.size() != 36) return std::nullopt;
  Uuid id;
  size_t at = 0;
  for (size_t i = 0; i < id.bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) {
      if (text[at++] != '-') return std::nullopt;
    }
    const int high = HexValue(text[at++]);
    const int low = HexValue(text[at++]);
    if (high < 0 || low < 0) return std::nullopt;
    id.bytes[i] = static_cast<uint8_t>(high * 16 + low);
  }
  return id;
}

Uuid UuidFromBytes(absl::string_view bytes) {
  Uuid id;
  if (bytes.size() == id.bytes.size()) std::copy(bytes.begin(), bytes.end(), id.bytes.begin());
  return id;
}

Uuid NewUuidV7(absl::Time now) {
  Uuid id;
  randombytes_buf(id.bytes.data(), id.bytes.size());
  const auto millis = static_cast<uint64_t>(absl::ToUnixMillis(now));
  for (int i = 0; i < 6; ++i) id.bytes[i] = static_cast<uint8_t>(millis >> (40 - 8 * i));
  StampVersion(id, 7);
  return id;
}

Uuid TradingIdFor(absl::string_view key, absl::string_view buyer, const Uuid& request_id) {
  crypto_generichash_state state;
  Uuid id;
  crypto_generichash_init(&state, reinterpret_cast<const unsigned char*>(key.data()), key.size(),
                          id.bytes.size());
  // The request id has a fixed length, so that (buyer, id) pairs cannot run into each other.
  crypto_generichash_update(&state, request_id.bytes.data(), request_id.bytes.size());
  crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(buyer.data()),
                            buyer.size());
  crypto_generichash_final(&state, id.bytes.data(), id.bytes.size());
  const bool has_time = (request_id.bytes[6] >> 4) == 7;
  if (has_time) std::copy_n(request_id.bytes.begin(), 6, id.bytes.begin());
  StampVersion(id, 8);
  return id;
}

}  // namespace tallystick
