// ID-1, ID-2, ID-3, SIZE-1, TWICE-1, ASKED-1: is this answer about this trade, and of this order?
// Was it ordered twice? Does what the buyer asked for appear?

#include "absl/strings/escaping.h"
#include "client-cli/match/evidence.h"
#include "client-cli/match/match.h"
#include "client-cli/trade/order.h"
#include "platform/trade/limits.h"
#include "platform/trade/rollup.h"

namespace tallystick {
namespace {

// More transactions than retries of every shipment's payment could lawfully make.
constexpr size_t kMostTransactions = 10'000;
// One for each shipment and return, and one for the end of the order.
constexpr size_t kMostAdjustments = kMaxShipments + kMaxReturns + 1;

constexpr char kWord[] = "shopping (its account of all three)";

std::string ThenOf(Side side) { return absl::StrCat(ServiceOf(side), " (at an earlier revision)"); }

void CompareId(absl::string_view service, const Uuid& asked, const Uuid& id, const std::string& odd,
               std::vector<Warning>& warnings) {
  if (id == asked && odd.empty()) return;
  const std::string answered = odd.empty() ? (id.IsNil() ? "nothing" : id.ToString()) : odd;
  Alarm(warnings, "ID-1",
        absl::StrCat(service, " answered about another trade; its answer is not added to this one"),
        {{"service", std::string(service)},
         {"asked", asked.ToString()},
         {"answered", Excerpt(answered)}});
}

template <typename Status>
void CompareHeader(absl::string_view service, const Uuid& asked, const Status* status,
                   std::vector<Warning>& warnings) {
  if (status == nullptr) return;
  CompareId(service, asked, status->trading_id, status->odd_trading_id, warnings);
}

bool IsForeign(const Uuid& id, const StatusHeader& header) {
  return header.trading_id != id || !header.odd_trading_id.empty();
}

// No text of an answer is longer; the longest lawful one is an address line.
constexpr size_t kMostTextBytes = 4096;

// What is too long in an answer; empty when nothing is.
class Bounds {
 public:
  void List(absl::string_view what, size_t size, size_t most) {
    if (size > most && text_.empty()) {
      text_ = absl::StrCat(size, " ", what, "; a trade has at most ", most);
    }
  }
  void Text(const std::string& text) {
    if (text.size() > kMostTextBytes && text_.empty()) {
      text_ =
          absl::StrCat("a text of ", text.size(), " bytes; at most ", kMostTextBytes, " are taken");
    }
  }
  void Header(const StatusHeader& header) {
    Text(header.odd_trading_id);
    Text(header.contents_digest);
    for (const OddAmount& odd : header.odd_amounts) Text(odd.currency);
  }
  void Goods(const std::vector<GoodsQuantity>& lines) {
    List("products in one list", lines.size(), kMaxOrderLines);
    if (!text_.empty()) return;
    for (const GoodsQuantity& line : lines) Text(line.sku);
  }
  void Returns(const std::vector<Return>& returns) {
    List("returns", returns.size(), kMaxReturns);
    if (!text_.empty()) return;
    for (const Return& goods_return : returns) {
      Text(goods_return.return_id);
      Text(goods_return.reason);
      Text(goods_return.rejection_reason);
      Text(goods_return.request_id);
      Goods(goods_return.lines);
    }
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string TooMuch(const OrderStatus& order) {
  Bounds bounds;
  bounds.Header(order);
  bounds.Text(order.currency);
  bounds.Text(order.reason);
  bounds.List("lines", order.lines.size(), kMaxOrderLines);
  bounds.List("adjustments", order.adjustments.size(), kMostAdjustments);
  if (!bounds.text().empty()) return bounds.text();
  for (const OrderLineStatus& line : order.lines) bounds.Text(line.sku);
  for (const DueAdjustment& adjustment : order.adjustments) {
    bounds.Text(adjustment.reference_id);
    bounds.Goods(adjustment.lines);
  }
  bounds.Returns(order.returns);
  return bounds.text();
}

std::string TooMuch(const PaymentStatus& payment) {
  Bounds bounds;
  bounds.Header(payment);
  bounds.Text(payment.currency);
  bounds.List("transactions", payment.transactions.size(), kMostTransactions);
  bounds.List("planned captures", payment.planned_captures.size(), kMaxShipments);
  if (!bounds.text().empty()) return bounds.text();
  for (const PaymentTransaction& transaction : payment.transactions) {
    bounds.Text(transaction.reference);
    bounds.Text(transaction.shipment_id);
    bounds.Text(transaction.failure_reason);
  }
  for (const PlannedCapture& planned : payment.planned_captures) bounds.Text(planned.shipment_id);
  return bounds.text();
}

std::string TooMuch(const DeliveryStatus& delivery) {
  Bounds bounds;
  bounds.Header(delivery);
  bounds.Text(delivery.reason);
  bounds.List("lines", delivery.lines.size(), kMaxOrderLines);
  bounds.List("address lines", delivery.ship_to.lines.size(), kMaxOrderLines);
  bounds.List("shipments", delivery.shipments.size(), kMaxShipments);
  if (!bounds.text().empty()) return bounds.text();
  for (const std::string& line : delivery.ship_to.lines) bounds.Text(line);
  for (const DeliveryLine& line : delivery.lines) bounds.Text(line.sku);
  for (const Shipment& shipment : delivery.shipments) {
    for (const std::string* text :
         {&shipment.shipment_id, &shipment.carrier, &shipment.tracking_number, &shipment.reason}) {
      bounds.Text(*text);
    }
    bounds.Goods(shipment.lines);
  }
  bounds.Returns(delivery.returns);
  return bounds.text();
}

std::string TooMuch(const TradingStatus& word) {
  std::string text = TooMuch(word.order);
  if (text.empty() && word.payment) text = TooMuch(*word.payment);
  if (text.empty() && word.delivery) text = TooMuch(*word.delivery);
  return text;
}

template <typename Status>
void CheckSize(absl::string_view service, const Answer<Status>& answer,
               std::vector<Warning>& warnings) {
  if (answer.get() == nullptr) return;
  const std::string text = TooMuch(answer.status);
  if (text.empty()) return;
  Alarm(
      warnings, "SIZE-1",
      absl::StrCat(service, " answered with more than a trade can hold; nothing of it is compared"),
      {{"service", std::string(service)}, {"it has", text}});
}

template <typename Status>
void DropUnfit(const Uuid& id, Answer<Status>& answer) {
  if (answer.get() == nullptr) return;
  bool unfit = !TooMuch(answer.status).empty();
  if constexpr (std::is_same_v<Status, TradingStatus>) {
    const TradingStatus& word = answer.status;
    unfit = unfit || word.trading_id != id || !word.odd_trading_id.empty() ||
            IsForeign(id, word.order) || (word.payment && IsForeign(id, *word.payment)) ||
            (word.delivery && IsForeign(id, *word.delivery));
  } else {
    unfit = unfit || IsForeign(id, answer.status);
  }
  if (unfit) answer = {};
}

void CompareDigest(absl::string_view service, const std::string& ours, const StatusHeader* status,
                   std::vector<Warning>& warnings) {
  if (status == nullptr || status->contents_digest == ours) return;
  Alarm(
      warnings, "ID-2",
      absl::StrCat(service,
                   " holds other order contents than you ordered; ask the shop which order it is"),
      {{"service", std::string(service)},
       {"ledger", absl::BytesToHexString(ours)},
       {"answered", Excerpt(absl::BytesToHexString(status->contents_digest))}});
}

// An answer that the ledger holds, and held when `answer` was asked for: not one that another tally
// had since.
template <typename Status, typename Asked>
const Status* HeldBefore(const Past<Status>& past, const Answer<Asked>& answer) {
  return past.highest && past.highest->observe_time < answer.ask_time ? &past.highest->status
                                                                      : nullptr;
}

// Why a service has to know the trade; empty when it may not have arrived there yet.
template <typename Status>
std::string WhyKnown(const Reading& reading, Side side, const Past<Status>& past,
                     const Answer<Status>& answer, bool heard_of) {
  const TradeView& view = reading.view;
  if (side == Side::kShopping) return "although it accepted it";
  if (HeldBefore(past, answer) != nullptr ||
      view.sightings.AnyBefore(RevisionSight(side), answer.ask_time)) {
    return "although it did before";
  }
  const OrderStatus* order = HeldBefore(view.past.order, answer);
  const int64_t told = order == nullptr         ? 0
                       : side == Side::kPayment ? order->payment_revision
                                                : order->delivery_revision;
  return heard_of || told > 0 ? "although the shop's account has its report" : "";
}

// What somebody does who sees that a service lost the trade. The same words for as long as it is
// lost, whoever else answers meanwhile.
void SayUnknown(const std::string& service, Side side, const std::string& why,
                const TradeView& view, std::vector<Warning>& warnings) {
  Facts facts = {{"service", service}, {"placed", Rfc3339(view.place_time)}};
  if (side == Side::kShopping) {
    facts["unless"] = "the token is another buyer's, to whom this trade is not shown";
  }
  Alarm(warnings, "ID-3",
        why.empty() ? absl::StrCat(service,
                                   " does not know this trade; show its operator the order from "
                                   "tally show")
                    : absl::StrCat(service, " does not know this trade any more, ", why,
                                   "; ask the shop, which may be restoring a database, and show it "
                                   "the order from tally show"),
        std::move(facts));
}

// `heard_of`: the shop's account speaks of it, and the service has been asked once more.
template <typename Status>
void CompareKnown(const Reading& reading, Side side, const Past<Status>& past,
                  const Answer<Status>& answer, bool heard_of, std::vector<Warning>& warnings) {
  if (!answer.not_found()) return;
  const std::string why = WhyKnown(reading, side, past, answer, heard_of);
  const absl::Duration age = answer.ask_time - reading.view.place_time;
  if (why.empty() && age <= reading.settings.unknown_grace) return;
  SayUnknown(ServiceOf(side), side, why, reading.view, warnings);
}

}  // namespace

void CheckTradingIds(const TradeView& view, std::vector<Warning>& warnings) {
  const Uuid& asked = view.contents.trading_id;
  const auto compare = [&](const std::string& who, const auto& answer) {
    CompareHeader(who, asked, answer.get(), warnings);
  };
  ForEachSide([&](Side side, const auto& now) { compare(ServiceOf(side), now); }, view);
  ForEachSide([&](Side side, const auto& then) { compare(ThenOf(side), then); }, view.then);
  const TradingStatus* word = view.shops_word.get();
  if (word == nullptr) return;
  CompareId(kWord, asked, word->trading_id, word->odd_trading_id, warnings);
  CompareHeader("shopping (the order in its account)", asked, &word->order, warnings);
  if (word->payment) {
    CompareHeader("shopping (payment in its account)", asked, &*word->payment, warnings);
  }
  if (word->delivery) {
    CompareHeader("shopping (delivery in its account)", asked, &*word->delivery, warnings);
  }
}

void CheckSizes(const TradeView& view, std::vector<Warning>& warnings) {
  ForEachSide([&](Side side, const auto& now) { CheckSize(ServiceOf(side), now, warnings); }, view);
  CheckSize(kWord, view.shops_word, warnings);
  ForEachSide([&](Side side, const auto& then) { CheckSize(ThenOf(side), then, warnings); },
              view.then);
}

TradeView WithoutForeignAnswers(TradeView view) {
  const Uuid id = view.contents.trading_id;
  const auto drop = [&](Side, auto&... answers) { (DropUnfit(id, answers), ...); };
  ForEachSide(drop, view, view.then);
  DropUnfit(id, view.shops_word);
  if (view.payment.get() == nullptr) view.foreign_references.clear();
  return view;
}

void CheckDigests(const Reading& reading, std::vector<Warning>& warnings) {
  const std::string& ours = reading.view.contents_digest;
  const auto compare = [&](Side side, const auto* status) {
    CompareDigest(ServiceOf(side), ours, status, warnings);
  };
  ForEachSide(compare, reading);
}

void CheckKnown(const Reading& reading, std::vector<Warning>& warnings) {
  const TradeView& view = reading.view;
  const OrderStatus* order = reading.cut.order;
  // Of which sides the shop's account speaks.
  const PerSide<bool> told = {true, order != nullptr && order->payment_revision > 0,
                              order != nullptr && order->delivery_revision > 0};
  const auto compare = [&](Side side, const auto& past, const auto& now, const auto& then) {
    CompareKnown(reading, side, past, now, told[side] && then.not_found(), warnings);
  };
  ForEachSide(compare, view.past, view, view.then);
  // A shop that has lost the order has no account of it, either: that is said once.
  if (view.shops_word.not_found() && !view.order.not_found()) {
    SayUnknown(kWord, Side::kShopping, "although it accepted it", view, warnings);
  }
}

void CheckTwin(const Reading& reading, std::vector<Warning>& warnings) {
  const std::optional<Twin>& twin = reading.view.twin;
  if (!twin) return;
  Say(warnings, "TWICE-1", Severity::kNotice,
      "you ordered the same shortly before; if that was not meant, cancel one of the two",
      {{"other trade", twin->trading_id.ToString()}, {"ordered", Rfc3339(twin->order_time)}});
}

void CheckAsked(const Reading& reading, std::vector<Warning>& warnings) {
  const OrderStatus* order = reading.order;
  if (order == nullptr) return;
  std::vector<bool> taken(order->returns.size(), false);
  for (const Asked& asked : reading.view.asked) {
    if (asked.kind == Asked::kReturn) {
      size_t at = 0;
      while (at < taken.size() && (taken[at] || order->returns[at].lines != asked.lines ||
                                   order->returns[at].reason != asked.reason)) {
        ++at;
      }
      if (at < taken.size()) {
        taken[at] = true;
        continue;
      }
      Alarm(warnings, "ASKED-1",
            "the shop agreed to a return that its order no longer lists; ask it where it is",
            {{"asked", Rfc3339(asked.create_time)}, {"goods", GoodsText(asked.lines)}});
      continue;
    }
    // BOOK, RELEASE once confirmed, one for each return: whatever is sent beyond that is CANCEL.
    const int64_t others = SaturatedAdd(2, static_cast<int64_t>(order->returns.size()));
    const bool ended =
        order->state == OrderState::kCancelPending || order->state == OrderState::kCanceled;
    const bool known = order->state <= OrderState::kCanceled;
    if (ended || !known || order->delivery_instructions > others) continue;
    Alarm(warnings, "ASKED-1",
          "the shop agreed to cancel, yet its order knows nothing of it; ask it why",
          {{"asked", Rfc3339(asked.create_time)}, {"order", ToString(order->state)}});
  }
}

}  // namespace tallystick
