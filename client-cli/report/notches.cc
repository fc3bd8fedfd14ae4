#include "client-cli/report/notches.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "platform/trade/rollup.h"

namespace tallystick {
namespace {

// Which side the rules' facts are of, where the fact's name alone says it. ("service" says it of
// the others.)
struct FactSide {
  absl::string_view name;
  Side side;
};
constexpr FactSide kFactSides[] = {{"ordered", Side::kShopping},
                                   {"order", Side::kShopping},
                                   {"shopping says due", Side::kShopping},
                                   {"the shop says", Side::kShopping},
                                   {"the shop has sent", Side::kShopping},
                                   {"adjustment", Side::kShopping},
                                   {"taken off for", Side::kShopping},
                                   {"written off", Side::kShopping},
                                   {"captured", Side::kPayment},
                                   {"refunded", Side::kPayment},
                                   {"due", Side::kPayment},
                                   {"payment says due", Side::kPayment},
                                   {"planned", Side::kPayment},
                                   {"authorized", Side::kPayment},
                                   {"blocked", Side::kPayment},
                                   {"voided", Side::kPayment},
                                   {"payment", Side::kPayment},
                                   {"refunds that succeeded", Side::kPayment},
                                   {"delivery", Side::kDelivery},
                                   {"worth of the goods", Side::kDelivery},
                                   {"shipment", Side::kDelivery},
                                   {"shipment state", Side::kDelivery},
                                   {"for shipment", Side::kDelivery},
                                   {"shopping", Side::kShopping}};

std::optional<Side> SideOfFact(const Warning& warning, const std::string& name) {
  for (const FactSide& fact : kFactSides) {
    if (fact.name == name) return fact.side;
  }
  const auto service = warning.evidence.find("service");
  return service == warning.evidence.end() ? std::nullopt : SideOfService(service->second);
}

// Adds what a fact says to the sides that it is of. A difference names two ("shopping: 1; payment:
// 2"). False when it is of none.
bool PutFact(const Warning& warning, const std::string& name, const std::string& value,
             PerSide<std::string>& says) {
  const auto put = [&](Side side, absl::string_view text) {
    absl::StrAppend(&says[side], says[side].empty() ? "" : "\n", name, ": ", text);
  };
  for (const Side one : kSides) {
    const std::string start = absl::StrCat(ServiceOf(one), ": ");
    if (!absl::StartsWith(value, start)) continue;
    for (const Side other : kSides) {
      const std::string middle = absl::StrCat("; ", ServiceOf(other), ": ");
      const size_t at = value.find(middle);
      if (other == one || at == std::string::npos) continue;
      put(one, absl::string_view(value).substr(start.size(), at - start.size()));
      put(other, absl::string_view(value).substr(at + middle.size()));
      return true;
    }
  }
  const std::optional<Side> side = SideOfFact(warning, name);
  if (side) put(*side, value);
  return side.has_value();
}

// What is compared of pieces, by the names that the shop and delivery have for it.
struct Pieces {
  const char* name;
  int64_t (*of_shop)(const OrderLineStatus&);
  int64_t (*of_delivery)(const DeliveryLine&);
};
constexpr Pieces kPieces[] = {
    {"Pieces ordered", [](const OrderLineStatus& line) { return line.ordered; },
     [](const DeliveryLine& line) { return line.ordered; }},
    {"Pieces arrived", [](const OrderLineStatus& line) { return line.delivered; },
     [](const DeliveryLine& line) { return line.delivered; }},
    {"Pieces lost or canceled", [](const OrderLineStatus& line) { return line.written_off; },
     [](const DeliveryLine& line) { return SaturatedAdd(line.failed, line.canceled); }},
    {"Pieces returned", [](const OrderLineStatus& line) { return line.returned; },
     [](const DeliveryLine& line) { return line.returned; }}};

// Of one product, or of all when `sku` is null.
template <typename Line>
int64_t SumOf(const std::vector<Line>& lines, int64_t (*of)(const Line&), const std::string* sku) {
  int64_t sum = 0;
  for (const Line& line : lines) {
    if (sku == nullptr || line.sku == *sku) sum = SaturatedAdd(sum, of(line));
  }
  return sum;
}

// What both say of it; nothing when it is 0 for both, or one was not heard of.
void AddPieces(const LedgerTrade& trade, const Pieces& pieces, const std::string* sku,
               std::vector<Notch>& notches) {
  if (!trade.order && !trade.delivery) return;
  Notch notch{sku == nullptr ? pieces.name : absl::StrCat(pieces.name, ", ", *sku)};
  const int64_t shop = trade.order ? SumOf(trade.order->lines, pieces.of_shop, sku) : 0;
  const int64_t delivery =
      trade.delivery ? SumOf(trade.delivery->lines, pieces.of_delivery, sku) : 0;
  if (trade.order) notch.says.shopping = absl::StrCat(shop);
  if (trade.delivery) notch.says.delivery = absl::StrCat(delivery);
  notch.differs = trade.order && trade.delivery && shop != delivery;
  if (shop == 0 && delivery == 0) return;
  if (sku == nullptr || notch.differs) notches.push_back(std::move(notch));
}

Notch StatesOf(const LedgerTrade& trade) {
  Notch notch{"State"};
  ForEachSide(
      [&](Side side, const auto& status) {
        notch.says[side] = status ? StateWords(ToString(status->state)) : "not heard of yet";
      },
      trade);
  return notch;
}

void AddMoney(const LedgerTrade& trade, std::vector<Notch>& notches) {
  const std::string& currency = trade.information->contents.currency;
  Notch ordered{"Ordered for"};
  ordered.says.shopping = FormatMoney({currency, trade.information->contents.total});
  notches.push_back(std::move(ordered));
  Notch due{"Due"};
  if (trade.order) due.says.shopping = FormatMoney({trade.order->currency, trade.order->due});
  if (trade.payment) due.says.payment = FormatMoney({trade.payment->currency, trade.payment->due});
  due.differs = trade.order && trade.payment && due.says.shopping != due.says.payment;
  notches.push_back(std::move(due));
  if (!trade.payment) return;
  const auto add = [&](const char* name, int64_t amount) {
    Notch notch{name};
    notch.says.payment = FormatMoney({trade.payment->currency, amount});
    notches.push_back(std::move(notch));
  };
  add("Taken", trade.payment->captured);
  if (trade.payment->refunded != 0) add("Given back", trade.payment->refunded);
}

Notch NotchOf(const Warning& warning) {
  Notch notch{warning.rule};
  notch.differs = true;
  for (const auto& [name, value] : warning.evidence) {
    if (name != "service") PutFact(warning, name, value, notch.says);
  }
  return notch;
}

}  // namespace

std::string StateWords(const std::string& state) {
  return absl::AsciiStrToLower(absl::StrReplaceAll(state, {{"_", " "}}));
}

std::vector<std::string> EvidenceOfNoSide(const Warning& warning) {
  std::vector<std::string> facts;
  for (const auto& [name, value] : warning.evidence) {
    PerSide<std::string> says;
    if (name == "service" || PutFact(warning, name, value, says)) continue;
    facts.push_back(absl::StrCat(name, ": ", value));
  }
  return facts;
}

std::vector<Notch> NotchesOf(const LedgerTrade& trade, std::span<const KeptWarning> warnings) {
  std::vector<Notch> notches = {StatesOf(trade)};
  AddMoney(trade, notches);
  for (const Pieces& pieces : kPieces) AddPieces(trade, pieces, nullptr, notches);
  const std::vector<ContentsLine>& lines = trade.information->contents.lines;
  for (size_t i = 0; i < std::min(lines.size(), kMostLinesShown); ++i) {
    for (const Pieces& pieces : kPieces) AddPieces(trade, pieces, &lines[i].sku, notches);
  }
  for (const KeptWarning& kept : warnings) {
    if (kept.resolve_time || kept.acknowledge_time) continue;
    Notch notch = NotchOf(kept.warning);
    if (notch.says != PerSide<std::string>{}) notches.push_back(std::move(notch));
  }
  return notches;
}

}  // namespace tallystick
