#include "platform/trade/contents.h"

#include <sodium.h>

#include "absl/strings/str_cat.h"

namespace tallystick {

CanonicalWriter& CanonicalWriter::Text(absl::string_view text) {
  absl::StrAppend(&bytes_, text.size(), ":", text, ",");
  return *this;
}

CanonicalWriter& CanonicalWriter::Number(int64_t number) { return Text(absl::StrCat(number)); }

std::string CanonicalForm(const OrderContents& contents) {
  CanonicalWriter writer;
  writer.Text("tallystick.contents.v1")
      .Text(contents.trading_id.ToString())
      .Text(contents.buyer_reference)
      .Text(contents.currency)
      .Number(static_cast<int64_t>(contents.terms))
      .Text(contents.delivery_option)
      .Number(absl::ToUnixMillis(contents.order_time))
      .Number(absl::ToUnixMillis(contents.promised_delivery_time))
      .Number(contents.goods_total)
      .Number(contents.delivery_fee)
      .Number(contents.tax_total)
      .Number(contents.total)
      .Number(static_cast<int64_t>(contents.ship_to.lines.size()));
  for (const std::string& line : contents.ship_to.lines) writer.Text(line);
  writer.Number(static_cast<int64_t>(contents.lines.size()));
  for (const ContentsLine& line : contents.lines) {
    writer.Text(line.sku)
        .Text(line.name)
        .Number(line.quantity)
        .Number(line.unit_price)
        .Number(line.tax_rate_basis_points)
        .Number(line.goods_amount)
        .Number(line.tax_amount);
  }
  return writer.bytes();
}

std::string Sha256(absl::string_view bytes) {
  std::string digest(crypto_hash_sha256_BYTES, '\0');
  crypto_hash_sha256(reinterpret_cast<unsigned char*>(digest.data()),
                     reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  return digest;
}

std::string ContentsDigest(const OrderContents& contents) {
  return Sha256(CanonicalForm(contents));
}

}  // namespace tallystick
