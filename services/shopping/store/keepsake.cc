#include "services/shopping/store/keepsake.h"

#include <sodium.h>

#include <array>
#include <variant>

#include "platform/wire/convert.h"
#include "tallystick/record/v1/order_record.pb.h"

namespace tallystick::shopping {
namespace {

// Stands in what payment keeps: do not change it.
constexpr char kPurpose[] = "tallystick.keepsake.v1";

using Key = std::array<unsigned char, crypto_secretbox_KEYBYTES>;
using Nonce = std::array<unsigned char, crypto_secretbox_NONCEBYTES>;

const unsigned char* Bytes(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

// BLAKE2b of `text`, keyed.
template <size_t kSize>
std::array<unsigned char, kSize> Hash(const std::string& text, const unsigned char* key,
                                      size_t key_size) {
  std::array<unsigned char, kSize> hash;
  crypto_generichash(hash.data(), hash.size(), Bytes(text), text.size(), key, key_size);
  return hash;
}

Key KeyFor(const std::string& key) {
  return Hash<crypto_secretbox_KEYBYTES>(kPurpose, Bytes(key), key.size());
}

}  // namespace

std::string SealKeepsake(const Order& order, const std::string& key) {
  record::v1::OrderKeepsake keepsake;
  *keepsake.mutable_contents() = wire::ToProto(order.contents);
  keepsake.set_buyer(order.buyer);
  keepsake.set_request_fingerprint(order.request_fingerprint);
  keepsake.set_return_period_ms(absl::ToInt64Milliseconds(order.policy.return_period));
  keepsake.set_net_period_ms(
      absl::ToInt64Milliseconds(PeriodOf(order.policy.periods, order.contents.terms)));
  const std::string text = keepsake.SerializeAsString();
  const Key sealing = KeyFor(key);
  // Of the text itself, so that no two texts share one.
  const Nonce nonce = Hash<crypto_secretbox_NONCEBYTES>(text, sealing.data(), sealing.size());
  std::string sealed(nonce.size() + crypto_secretbox_MACBYTES + text.size(), '\0');
  std::copy(nonce.begin(), nonce.end(), sealed.begin());
  crypto_secretbox_easy(Bytes(sealed) + nonce.size(), Bytes(text), text.size(), nonce.data(),
                        sealing.data());
  return sealed;
}

absl::StatusOr<Change> OpenKeepsake(const std::string& keepsake, const Uuid& trading_id,
                                    const std::string& key) {
  constexpr size_t kAround = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;
  if (keepsake.size() < kAround) return absl::DataLossError("nobody keeps the order for the shop");
  std::string text(keepsake.size() - kAround, '\0');
  const Key sealing = KeyFor(key);
  const bool opened =
      crypto_secretbox_open_easy(Bytes(text), Bytes(keepsake) + crypto_secretbox_NONCEBYTES,
                                 keepsake.size() - crypto_secretbox_NONCEBYTES, Bytes(keepsake),
                                 sealing.data()) == 0;
  record::v1::OrderKeepsake kept;
  if (!opened || !kept.ParseFromString(text)) {
    return absl::DataLossError("what is kept of the order was not sealed with this shop's key");
  }
  OrderContents contents = wire::FromProto(kept.contents());
  if (contents.trading_id != trading_id) {
    return absl::DataLossError("what is kept of the order is of another trade");
  }
  OrderPolicy policy;
  policy.return_period = absl::Milliseconds(kept.return_period_ms());
  if (IsPlanned(contents.terms)) {
    policy.periods[contents.terms] = absl::Milliseconds(kept.net_period_ms());
  }
  const absl::Time order_time = contents.order_time;
  return Accept(std::move(contents), kept.buyer(), kept.request_fingerprint(), "", policy,
                order_time);
}

void GiveToKeep(PaymentInstruction& instruction, const Order& order, const std::string& key) {
  auto* authorize = std::get_if<AuthorizePayment>(&instruction.what);
  if (authorize != nullptr) authorize->keepsake = SealKeepsake(order, key);
}

}  // namespace tallystick::shopping
