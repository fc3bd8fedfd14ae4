#include "client-cli/commands/orders/foresight.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client-cli/commands/orders/order_text.h"
#include "client-cli/commands/orders/placing.h"
#include "platform/error/error.h"
#include "platform/time/clock.h"

namespace tallystick {
namespace {

constexpr const char* kUndecided[] = {
    "whether the payment method is good for it",
    "whether prices and stock are still these when the order arrives",
};

std::optional<LedgerTrade> FindKnown(Context& context, const std::string& profile,
                                     const OrderRequest& request,
                                     std::vector<LedgerTrade>& unreported) {
  return request.reference.empty() ? TakeRepeated(unreported, request)
                                   : context.ledger.FindByReference(profile, request.reference);
}

// Each product of which there is not enough; false if that is not what is wrong.
bool SayNotInStock(const Context& context, const Foreseen& order, const CataloguePages& catalogue) {
  if (GetErrorDetail(order.refusal).reason != "OUT_OF_STOCK") return false;
  bool said = false;
  for (const GoodsQuantity& item : order.request->items) {
    const CatalogueProduct* product = FindProduct(catalogue, item.sku);
    if (product == nullptr || product->stock >= item.quantity) continue;
    context.screen.Say(absl::StrCat("✗ the shop would refuse this: it has ", product->stock,
                                    " of the ", item.quantity, " ", Printable(item.sku)));
    said = true;
  }
  return said;
}

}  // namespace

std::vector<Foreseen> ForeseeAll(Context& context, const std::string& profile,
                                 CataloguePages catalogue, std::vector<OrderRequest>& requests) {
  const absl::Time now = SystemNow();
  std::vector<LedgerTrade> unreported =
      context.ledger.Unreported(profile, now - Ledger::kUnreported);
  std::vector<Foreseen> all;
  for (OrderRequest& request : requests) {
    Foreseen order{&request, FindKnown(context, profile, request, unreported),
                   QuoteAt(request, catalogue, now)};
    order.refusal =
        order.known ? CheckIsSame(*order.known, request) : Foresee(request, order.quote, catalogue);
    all.push_back(std::move(order));
  }
  return all;
}

void SayForeseen(const Context& context, const Foreseen& order, const CataloguePages& catalogue) {
  if (!order.refusal.ok()) {
    if (SayNotInStock(context, order, catalogue)) return;
    context.screen.Say(absl::StrCat(order.known ? "✗ " : "✗ the shop would refuse this: ",
                                    Printable(order.refusal.message())));
  } else if (order.known && order.known->placement == Placement::kPending) {
    context.screen.Say(
        "the ledger has this already, without an answer: it is sent again under its request id, "
        "and not ordered twice");
  } else if (order.known) {
    context.screen.Say("the ledger has this already: it is not ordered again");
  }
}

void SayUndecided(Context& context, const std::string& profile) {
  const size_t pending = context.ledger.Pending(profile).size();
  if (pending > 0) {
    context.screen.Say(absl::StrCat(pending, pending == 1 ? " order" : " orders",
                                    " without an answer would be sent again first"));
  }
  std::string words;
  for (const char* what : kUndecided) {
    absl::StrAppend(&words, words.empty() ? "only the shop can decide " : ", and ", what);
  }
  context.screen.Say(words);
}

Json ToJson(const Foreseen& order) {
  Json json{{"reference", order.request->reference},
            {"known", order.known.has_value()},
            {"error", std::string(order.refusal.message())},
            {"reason", GetErrorDetail(order.refusal).reason}};
  json["placement"] = order.known ? Json(ToString(order.known->placement)) : Json(nullptr);
  return json;
}

Json UndecidedJson() {
  Json undecided = Json::array();
  for (const char* what : kUndecided) undecided.push_back(what);
  return undecided;
}

int CodeOf(const std::vector<Foreseen>& orders, const std::vector<Warning>& exceeded) {
  const bool refused =
      std::ranges::any_of(orders, [](const Foreseen& order) { return !order.refusal.ok(); });
  return !exceeded.empty() ? kWarned : refused ? kFailed : kAllWell;
}

}  // namespace tallystick
