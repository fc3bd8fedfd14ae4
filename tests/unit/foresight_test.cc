// What a dry run knows: what the shop would refuse by its own rules, as far as the ledger and the
// catalogue tell.
#include "client-cli/commands/orders/foresight.h"

#include "client-cli/commands/orders/preview.h"
#include "platform/error/error.h"
#include "tests/unit/ledger_file.h"

namespace tallystick::testing {
namespace {

CataloguePages Catalogue() {
  CataloguePages pages;
  pages.products = {{"CHAI", "Chai", "", {"USD", 1800}, 700, 100},
                    {"TOFU", "Tofu", "", {"USD", 500}, 700, 3}};
  pages.options = {{"standard", "Standard", 490, 48}};
  return pages;
}

OrderRequest Wanted(std::vector<GoodsQuantity> items, const std::string& reference = "") {
  OrderRequest request;
  request.items = std::move(items);
  request.ship_to = {{"Ann", "Street 1"}};
  request.delivery_option = "standard";
  request.terms = Terms::kPrepaid;
  request.payment_method = "pm_sandbox_ok";
  request.reference = reference;
  return request;
}

std::string ReasonFor(const OrderRequest& request) {
  CataloguePages catalogue = Catalogue();
  return GetErrorDetail(Foresee(request, Quote(request, catalogue), catalogue)).reason;
}

TEST_CASE("foresight: what the catalogue tells of an order") {
  REQUIRE(ReasonFor(Wanted({{"CHAI", 100}})).empty());
  REQUIRE(ReasonFor(Wanted({{"CHAI", 101}})) == "OUT_OF_STOCK");
  REQUIRE(ReasonFor(Wanted({{"NOPE", 1}})) == "UNKNOWN_SKU");
  REQUIRE(ReasonFor(Wanted({{"CHAI", 1}, {"CHAI", 1}})) == "INVALID_FIELD");
  REQUIRE(ReasonFor(Wanted({{"CHAI", 1'000'001}})) == "INVALID_FIELD");
  OrderRequest expecting = Wanted({{"CHAI", 2}});
  expecting.expected_total = Money{"USD", 4342};
  REQUIRE(ReasonFor(expecting).empty());
  expecting.expected_total = Money{"USD", 4341};
  REQUIRE(ReasonFor(expecting) == "TOTAL_CHANGED");
  OrderRequest card = Wanted({{"CHAI", 1}});
  card.reference = "4111 1111 1111 1111";
  REQUIRE(ReasonFor(card) == "INVALID_FIELD");
}

TEST_CASE("foresight: orders of one file take from the same stock, and the refused ones do not") {
  const LedgerFile file;
  const auto ledger = file.Open();
  REQUIRE(ledger->PutProfile(Shop("demo"), true).ok());
  const GlobalOptions options;
  Collected collected;
  Context context{options, *ledger, Screen(collected)};
  std::vector<OrderRequest> requests{Wanted({{"TOFU", 2}}, "A"), Wanted({{"TOFU", 2}}, "B"),
                                     Wanted({{"TOFU", 1}}, "C"), Wanted({{"TOFU", 1}}, "D")};
  const std::vector<Foreseen> orders = ForeseeAll(context, "demo", Catalogue(), requests);
  REQUIRE(orders[0].refusal.ok());
  REQUIRE(GetErrorDetail(orders[1].refusal).reason == "OUT_OF_STOCK");
  REQUIRE(orders[2].refusal.ok());
  REQUIRE_FALSE(orders[3].refusal.ok());
  REQUIRE(CodeOf(orders, {}) == kFailed);
  // A limit keeps all of them, before anything is sent.
  REQUIRE(CodeOf(orders, {Warning{}}) == kWarned);
}

TEST_CASE("foresight: what the ledger has is not ordered anew, and its reference is no other's") {
  const LedgerFile file;
  const auto ledger = file.Open();
  REQUIRE(ledger->PutProfile(Shop("demo"), true).ok());
  std::vector<LedgerTrade> written(2);
  written[0].request = Wanted({{"CHAI", 1}}, "PO-1");
  written[1].request = Wanted({{"CHAI", 7}});
  for (LedgerTrade& trade : written) {
    trade.profile = "demo";
    trade.create_time = absl::Now();
    trade.request_id = NewUuidV7(trade.create_time);
  }
  REQUIRE(ledger->BeginSending(Shop("demo"), written).ok());
  const GlobalOptions options;
  Collected collected;
  Context context{options, *ledger, Screen(collected)};
  std::vector<OrderRequest> requests{Wanted({{"CHAI", 1}}, "PO-1"), Wanted({{"CHAI", 2}}, "PO-1"),
                                     Wanted({{"CHAI", 7}}), Wanted({{"CHAI", 7}})};
  const std::vector<Foreseen> orders = ForeseeAll(context, "demo", Catalogue(), requests);
  REQUIRE(orders[0].known.has_value());
  REQUIRE(orders[0].refusal.ok());
  REQUIRE(ToJson(orders[0])["placement"] == "UNKNOWN");
  REQUIRE(GetErrorDetail(orders[1].refusal).reason == "REFERENCE_USED");
  // One that had no answer is repeated once; the next is another.
  REQUIRE(orders[2].known.has_value());
  REQUIRE_FALSE(orders[3].known.has_value());
  SayForeseen(context, orders[0], Catalogue());
  REQUIRE(collected.words.find("sent again under its request id") != std::string::npos);
  SayUndecided(context, "demo");
  REQUIRE(collected.words.find("2 orders without an answer would be sent again first") !=
          std::string::npos);
  REQUIRE(collected.words.find("only the shop can decide whether the payment method") !=
          std::string::npos);
}

}  // namespace
}  // namespace tallystick::testing
