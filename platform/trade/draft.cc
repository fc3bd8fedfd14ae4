#include "platform/trade/draft.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "platform/error/error.h"
#include "platform/trade/text.h"

namespace tallystick {
namespace {

absl::Status CheckItems(const std::vector<GoodsQuantity>& items) {
  if (items.empty()) return InvalidField("items", "an order needs at least one item");
  if (items.size() > kMaxOrderLines) {
    return InvalidField("items", absl::StrCat("at most ", kMaxOrderLines, " items are taken, not ",
                                              items.size(), "; split the order"));
  }
  std::set<absl::string_view> seen;
  for (size_t i = 0; i < items.size(); ++i) {
    const std::string at = absl::StrCat("items[", i, "]");
    if (!IsSku(items[i].sku)) {
      return InvalidField(at + ".sku", "give 1 to 64 characters out of A-Z a-z 0-9 - _ .");
    }
    if (items[i].quantity < 1 || items[i].quantity > kMaxQuantity) {
      return InvalidField(at + ".quantity",
                          absl::StrCat("give 1 to ", kMaxQuantity, ", not ", items[i].quantity));
    }
    if (!seen.insert(items[i].sku).second) {
      return InvalidField(at + ".sku", absl::StrCat(items[i].sku,
                                                    " stands in the order twice; "
                                                    "give it once with the sum"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckAddress(const Address& address) {
  if (address.lines.empty()) {
    return InvalidField("ship_to.lines", "an order needs an address, the recipient first");
  }
  if (address.lines.size() > kMaxAddressLines) {
    return InvalidField("ship_to.lines",
                        absl::StrCat("at most ", kMaxAddressLines, " lines are taken"));
  }
  for (size_t i = 0; i < address.lines.size(); ++i) {
    const absl::Status status = CheckText(absl::StrCat("ship_to.lines[", i, "]"), address.lines[i],
                                          kMaxAddressLineBytes, true);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckDraft(const Draft& draft) {
  for (const absl::Status& status :
       {CheckItems(draft.items), CheckAddress(draft.ship_to),
        CheckText("delivery_option", draft.delivery_option, kMaxReferenceBytes, true),
        CheckText("payment_method", draft.payment_method, kMaxPaymentMethodBytes, true),
        CheckText("buyer_reference", draft.buyer_reference, kMaxReferenceBytes, false)}) {
    if (!status.ok()) return status;
  }
  if (!IsKnown(draft.terms)) {
    return InvalidField(
        "terms", absl::StrCat("give ", TermsToChooseFrom(), ", not ", ToString(draft.terms)));
  }
  if (draft.expected_total && !IsCurrencyCode(draft.expected_total->currency)) {
    return InvalidField("expected_total.currency_code", "give an ISO 4217 code like USD");
  }
  return absl::OkStatus();
}

absl::Status CheckTotal(const std::optional<Money>& expected, const Money& actual) {
  if (!expected || *expected == actual) return absl::OkStatus();
  return MakeError(absl::StatusCode::kFailedPrecondition, "TOTAL_CHANGED",
                   absl::StrCat("expected_total: the total is ", FormatMoney(actual), ", not ",
                                FormatMoney(*expected)),
                   {{"field", "expected_total"},
                    {"expected", FormatMoney(*expected)},
                    {"actual", FormatMoney(actual)}});
}

absl::Status CheckStock(const GoodsQuantity& item, size_t index, int64_t available) {
  if (available >= item.quantity) return absl::OkStatus();
  return MakeError(absl::StatusCode::kFailedPrecondition, "OUT_OF_STOCK",
                   absl::StrCat("of ", item.sku, " ", available, " are in stock, ", item.quantity,
                                " were ordered"),
                   {{"sku", item.sku},
                    {"field", absl::StrCat("items[", index, "].quantity")},
                    {"requested", absl::StrCat(item.quantity)},
                    {"available", absl::StrCat(available)}});
}

}  // namespace tallystick
