#include "client-cli/match/placement.h"

#include <algorithm>
#include <cstring>
#include <unordered_set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "platform/trade/fields.h"
#include "platform/trade/limits.h"
#include "platform/trade/pricing.h"
#include "platform/trade/text.h"

namespace tallystick {
namespace {

constexpr size_t kDigestBytes = 32;
constexpr size_t kTimeBytes = 6;  // of a UUID of version 7 or 8 made from one

absl::Status Wrong(absl::string_view field, absl::string_view what) {
  return absl::InternalError(absl::StrCat("the shop's answer is not taken: ", field, " ", what));
}

absl::Status Other(absl::string_view field, const std::string& ordered, const std::string& came) {
  return Wrong(field, absl::StrCat("is ", came.empty() ? "empty" : came, ", but ",
                                   ordered.empty() ? "nothing" : ordered, " was ordered"));
}

// "host:port", "10.0.0.1:7401" or "[::1]:7401", and nothing else that gRPC would take for a target.
absl::Status CheckLine(const ContentsLine& line, absl::string_view at) {
  if (line.quantity < 1 || line.quantity > kMaxQuantity) {
    return Wrong(absl::StrCat(at, ".quantity"), "is not a quantity");
  }
  if (line.unit_price < 0) return Wrong(absl::StrCat(at, ".unit_price"), "is negative");
  if (line.tax_rate_basis_points < 0 || line.tax_rate_basis_points > 10'000) {
    return Wrong(absl::StrCat(at, ".tax_rate_basis_points"), "is not a rate");
  }
  const std::optional<ContentsLine> priced = Priced(line);
  if (!priced || priced->goods_amount != line.goods_amount) {
    return Wrong(absl::StrCat(at, ".goods_amount"), "is not quantity × unit price");
  }
  if (priced->tax_amount != line.tax_amount) {
    return Wrong(absl::StrCat(at, ".tax_amount"), "is not the goods amount × tax rate");
  }
  return absl::OkStatus();
}

absl::Status CheckTotals(const OrderContents& contents) {
  if (contents.delivery_fee < 0) return Wrong("contents.delivery_fee", "is negative");
  const Totals totals = TotalsOf(contents);
  if (totals.goods != contents.goods_total) {
    return Wrong("contents.goods_total", "is not the sum of the lines");
  }
  if (totals.tax != contents.tax_total) {
    return Wrong("contents.tax_total", "is not the sum of the lines");
  }
  if (totals.all != contents.total) {
    return Wrong("contents.total", "is not goods, delivery fee and tax together");
  }
  return absl::OkStatus();
}

// A trading id carries the time of a request id of version 7.
bool IsMadeFrom(const Uuid& trading_id, const Uuid& request_id) {
  const bool version_8 = (trading_id.bytes[6] >> 4) == 8;
  const bool has_time = (request_id.bytes[6] >> 4) == 7;
  return version_8 && (!has_time || std::memcmp(trading_id.bytes.data(), request_id.bytes.data(),
                                                kTimeBytes) == 0);
}

}  // namespace

absl::Status CheckInformation(const TradingInformation& information) {
  const OrderContents& contents = information.contents;
  if (contents.trading_id.IsNil()) return Wrong("contents.trading_id", "is no id");
  if (information.trading_id != contents.trading_id.ToString()) {
    return Wrong("trading_id", "is not that of the contents");
  }
  if (information.contents_digest.size() != kDigestBytes ||
      ContentsDigest(contents) != information.contents_digest) {
    return Wrong("contents_digest", "is not that of the contents");
  }
  if (!IsCurrencyCode(contents.currency)) return Wrong("contents.total", "is in no currency");
  if (!contents.odd_amounts.empty()) {
    return Wrong(absl::StrCat("contents.", contents.odd_amounts.front().field),
                 absl::StrCat("is not in ", contents.currency));
  }
  if (contents.lines.empty() || contents.lines.size() > kMaxOrderLines) {
    return Wrong("contents.lines", "is no order");
  }
  std::unordered_set<std::string> skus;
  for (size_t i = 0; i < contents.lines.size(); ++i) {
    const std::string at = absl::StrCat("contents.lines[", i, "]");
    const absl::Status line = CheckLine(contents.lines[i], at);
    if (!line.ok()) return line;
    if (!skus.insert(contents.lines[i].sku).second) {
      return Wrong(absl::StrCat(at, ".sku"), "stands there twice");
    }
  }
  const absl::Status totals = CheckTotals(contents);
  if (!totals.ok()) return totals;
  if (contents.promised_delivery_time < contents.order_time) {
    return Wrong("contents.promised_delivery_time", "lies before the order");
  }
  for (const Side side : kSides) {
    if (!IsHostPort(information.services[side])) {
      return Wrong(absl::StrCat("services.", ServiceOf(side)), "is not HOST:PORT");
    }
  }
  if (information.return_period && *information.return_period < absl::ZeroDuration()) {
    return Wrong("return_period", "is negative");
  }
  return absl::OkStatus();
}

absl::Status CheckPlacement(const TradingInformation& information, const OrderRequest& request,
                            const Uuid& request_id, absl::Time create_time,
                            const MatchSettings& settings, absl::Time now) {
  const absl::Status sound = CheckInformation(information);
  if (!sound.ok()) return sound;
  const OrderContents& contents = information.contents;
  if (!IsMadeFrom(contents.trading_id, request_id)) {
    return Wrong("trading_id", "does not come from the request's id");
  }
  std::vector<GoodsQuantity> confirmed;
  for (const ContentsLine& line : contents.lines) confirmed.push_back({line.sku, line.quantity});
  if (confirmed != request.items) {
    return Other("contents.lines", GoodsText(request.items), GoodsText(confirmed));
  }
  if (contents.ship_to != request.ship_to) {
    return Other("contents.ship_to", absl::StrJoin(request.ship_to.lines, "; "),
                 absl::StrJoin(contents.ship_to.lines, "; "));
  }
  if (contents.terms != request.terms) {
    return Other("contents.terms", ToString(request.terms), ToString(contents.terms));
  }
  if (contents.delivery_option != request.delivery_option) {
    return Other("contents.delivery_option", request.delivery_option, contents.delivery_option);
  }
  if (contents.buyer_reference != request.reference) {
    return Other("contents.buyer_reference", request.reference, contents.buyer_reference);
  }
  const Money total{contents.currency, contents.total};
  if (request.expected_total && *request.expected_total != total) {
    return Other("contents.total", FormatMoney(*request.expected_total), FormatMoney(total));
  }
  if (contents.order_time < create_time - settings.clock_skew ||
      contents.order_time > now + settings.clock_skew) {
    return Wrong("contents.order_time", absl::StrCat("is ", Rfc3339(contents.order_time),
                                                     ", but the order was sent between ",
                                                     Rfc3339(create_time), " and ", Rfc3339(now)));
  }
  return absl::OkStatus();
}

}  // namespace tallystick
