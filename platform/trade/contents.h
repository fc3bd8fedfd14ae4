// What was ordered: the notch that all parties' halves of the tally share. Pure values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "platform/ids/uuid.h"
#include "platform/money/money.h"
#include "platform/trade/terms.h"

namespace tallystick {

// An amount in another currency than the rest of its message: a service that mixes them contradicts
// itself, and whoever compares must see it.
struct OddAmount {
  std::string field;     // as in proto/: "lines[0].unit_price"
  std::string currency;  // what stood there; empty: nothing

  friend bool operator==(const OddAmount&, const OddAmount&) = default;
};

struct Address {
  std::vector<std::string> lines;  // recipient first, country last

  friend bool operator==(const Address&, const Address&) = default;
};

// Amounts are in the minor units of the contents' currency.
struct ContentsLine {
  std::string sku;
  std::string name;
  int64_t quantity = 0;
  int64_t unit_price = 0;
  int32_t tax_rate_basis_points = 0;
  int64_t goods_amount = 0;
  int64_t tax_amount = 0;

  int64_t GrossAmount() const { return goods_amount + tax_amount; }
  friend bool operator==(const ContentsLine&, const ContentsLine&) = default;
};

// Fixed when the shop accepts the order. Times are whole milliseconds.
struct OrderContents {
  Uuid trading_id;
  std::string buyer_reference;
  std::string currency;
  std::vector<ContentsLine> lines;
  Address ship_to;
  std::string delivery_option;
  Terms terms = Terms::kUnspecified;
  int64_t goods_total = 0;
  int64_t delivery_fee = 0;
  int64_t tax_total = 0;
  int64_t total = 0;
  absl::Time order_time;
  absl::Time promised_delivery_time;
  std::vector<OddAmount> odd_amounts;  // none in what a shop says lawfully; not in the digest

  friend bool operator==(const OrderContents&, const OrderContents&) = default;
};

// The canonical form of the contents, byte by byte as docs/protocol.md lays it down.
std::string CanonicalForm(const OrderContents& contents);

// SHA-256 over the canonical form: 32 bytes.
std::string ContentsDigest(const OrderContents& contents);

// A canonical form under construction: a sequence of netstrings ("5:hello,"). Also used for the
// fingerprint of a request.
class CanonicalWriter {
 public:
  CanonicalWriter& Text(absl::string_view text);
  CanonicalWriter& Number(int64_t number);
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

std::string Sha256(absl::string_view bytes);

}  // namespace tallystick
