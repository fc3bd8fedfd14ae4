// Whole lies, made by running the real domain code of the lying side on what it pretends: one
// service alone, and two that agree with each other. Whatever a third or the buyer's own ledger
// contradicts is noticed. Prints a table (./dev test -R composed -V).
#include <cstdio>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "platform/trade/fields.h"
#include "platform/trade/rollup.h"
#include "platform/trade/worth.h"
#include "tests/support/catch.h"
#include "tests/support/replay.h"

namespace tallystick::testing {
namespace {

constexpr int kScenes = 700;

void Recompute(OrderContents& contents) {
  contents.goods_total = contents.tax_total = 0;
  for (ContentsLine& line : contents.lines) {
    line.goods_amount = line.quantity * line.unit_price;
    line.tax_amount = *ApplyRate(line.goods_amount, line.tax_rate_basis_points);
    contents.goods_total += line.goods_amount;
    contents.tax_total += line.tax_amount;
  }
  contents.total = contents.goods_total + contents.tax_total + contents.delivery_fee;
}

Pretence Ordered(std::string name, std::function<void(OrderContents&)> change) {
  Pretence pretence{std::move(name)};
  pretence.contents = [change = std::move(change)](OrderContents& contents) {
    change(contents);
    Recompute(contents);
  };
  return pretence;
}

// Changes events of one kind; `change` gives false for one that is left out.
template <typename What>
Pretence Happened(std::string name, std::function<bool(What&, absl::Time&)> change) {
  Pretence pretence{std::move(name)};
  pretence.event = [change = std::move(change)](Event& event) {
    What* what = std::get_if<What>(&event.what);
    return what == nullptr || change(*what, event.time);
  };
  return pretence;
}

template <typename What>
Pretence ToldPayment(std::string name, std::function<void(What&)> change) {
  Pretence pretence{std::move(name)};
  pretence.to_payment = [change = std::move(change)](PaymentInstruction& message) {
    if (What* what = std::get_if<What>(&message.what)) change(*what);
  };
  return pretence;
}

template <typename What>
Pretence ToldDelivery(std::string name, std::function<void(What&)> change) {
  Pretence pretence{std::move(name)};
  pretence.to_delivery = [change = std::move(change)](DeliveryInstruction& message) {
    if (What* what = std::get_if<What>(&message.what)) change(*what);
  };
  return pretence;
}

std::vector<Pretence> OrderPretences() {
  const auto policy = [](std::string name, std::function<void(shopping::OrderPolicy&)> change) {
    Pretence pretence{std::move(name)};
    pretence.policy = std::move(change);
    return pretence;
  };
  return {
      Ordered("another price", [](OrderContents& c) { c.lines[0].unit_price += 100; }),
      Ordered("another quantity", [](OrderContents& c) { ++c.lines[0].quantity; }),
      Ordered("another fee", [](OrderContents& c) { c.delivery_fee += 250; }),
      Ordered("another product", [](OrderContents& c) { c.lines[0].sku = "SKU-9"; }),
      Ordered("other terms",
              [](OrderContents& c) {
                c.terms = c.terms == Terms::kPrepaid ? Terms::kOnDelivery : Terms::kPrepaid;
              }),
      Ordered("another promise",
              [](OrderContents& c) { c.promised_delivery_time += absl::Hours(48); }),
      Ordered("another order time", [](OrderContents& c) { c.order_time -= absl::Hours(1); }),
      policy("another return period",
             [](shopping::OrderPolicy& p) { p.return_period = absl::Hours(24); }),
      policy("NET_30 after a day",
             [](shopping::OrderPolicy& p) { p.periods[Terms::kNet30] = absl::Hours(24); }),
  };
}

std::vector<Pretence> EventPretences() {
  return {
      Happened<CarrierProgress>("lost, not arrived",
                                [](CarrierProgress& e, absl::Time&) {
                                  if (e.progress.state == ShipmentState::kDelivered) {
                                    e.progress = {ShipmentState::kFailed, "", "", "lost"};
                                  }
                                  return true;
                                }),
      Happened<CarrierProgress>("arrived, not lost",
                                [](CarrierProgress& e, absl::Time&) {
                                  if (e.progress.state == ShipmentState::kFailed) {
                                    e.progress.state = ShipmentState::kDelivered;
                                    e.progress.reason = "";
                                  }
                                  return true;
                                }),
      Happened<CarrierProgress>("not arrived yet",
                                [](CarrierProgress& e, absl::Time&) {
                                  return e.progress.state != ShipmentState::kDelivered;
                                }),
      Happened<CarrierProgress>("never left",
                                [](CarrierProgress& e, absl::Time&) {
                                  return e.progress.state == ShipmentState::kFailed;
                                }),
      Happened<CarrierProgress>("arrived hours before",
                                [](CarrierProgress& e, absl::Time& time) {
                                  if (e.progress.state == ShipmentState::kDelivered) {
                                    time -= absl::Hours(3);
                                  }
                                  return true;
                                }),
      Happened<delivery::Booking>("not divided",
                                  [](delivery::Booking& e, absl::Time&) {
                                    e.shipments.clear();
                                    return true;
                                  }),
      Happened<delivery::Booking>("refused",
                                  [](delivery::Booking& e, absl::Time&) {
                                    e = {false, "no van"};
                                    return true;
                                  }),
      Happened<delivery::Dispatch>("all of it left",
                                   [](delivery::Dispatch& e, absl::Time&) {
                                     e.lines.clear();
                                     return true;
                                   }),
      Happened<ReturnProgresses>("not taken back",
                                 [](ReturnProgresses& e, absl::Time&) {
                                   if (e.progress.state == ReturnState::kReceived) {
                                     e.progress = {ReturnState::kRejected, "worn"};
                                   }
                                   return true;
                                 }),
      Happened<ReturnProgresses>("never came back",
                                 [](ReturnProgresses& e, absl::Time&) {
                                   return e.progress.state != ReturnState::kReceived;
                                 }),
      Happened<GatewayAnswers>("declined",
                               [](GatewayAnswers& e, absl::Time&) {
                                 if (e.number == 1) e.outcome = {TransactionState::kFailed, "no"};
                                 return true;
                               }),
      Happened<GatewayAnswers>("the bank has not answered",
                               [](GatewayAnswers& e, absl::Time&) { return e.number <= 1; }),
      Happened<GatewayAnswers>("the bank refused",
                               [](GatewayAnswers& e, absl::Time&) {
                                 if (e.number > 1) e.outcome = {TransactionState::kFailed, "no"};
                                 return true;
                               }),
      Happened<PaymentIsTold>("not told the last",
                              [](PaymentIsTold& e, absl::Time&) { return e.sequence < 2; }),
      Happened<shopping::CancelRequest>(
          "never canceled", [](shopping::CancelRequest&, absl::Time&) { return false; }),
      Happened<shopping::ReturnRequest>("another return",
                                        [](shopping::ReturnRequest& e, absl::Time&) {
                                          e.lines.resize(1);
                                          e.lines[0].quantity = 1;
                                          return true;
                                        }),
  };
}

std::vector<Pretence> InstructionPretences() {
  return {
      ToldPayment<AuthorizePayment>("twice the total",
                                    [](AuthorizePayment& i) { i.total.minor *= 2; }),
      ToldPayment<AuthorizePayment>("told other terms",
                                    [](AuthorizePayment& i) { i.terms = Terms::kNet30; }),
      ToldPayment<CapturePayment>("half of it", [](CapturePayment& i) { i.amount /= 2; }),
      ToldPayment<CapturePayment>("for another shipment",
                                  [](CapturePayment& i) { i.shipment_id = "77"; }),
      ToldPayment<CapturePayment>("at once", [](CapturePayment& i) { i.scheduled_time.reset(); }),
      ToldPayment<ReduceDue>("nothing back", [](ReduceDue& i) { i.amount = i.called_amount = 0; }),
      ToldPayment<ReduceDue>("half back",
                             [](ReduceDue& i) { i.amount /= 2, i.called_amount /= 2; }),
      ToldDelivery<BookDelivery>("to another address",
                                 [](BookDelivery& i) { i.ship_to.lines[1] = "Elsewhere 9"; }),
      ToldDelivery<BookDelivery>("one piece more", [](BookDelivery& i) { ++i.lines[0].quantity; }),
      ToldDelivery<BookDelivery>("a later date",
                                 [](BookDelivery& i) { i.scheduled_time += absl::Hours(100); }),
      ToldDelivery<CollectReturn>("collect less",
                                  [](CollectReturn& i) {
                                    i.lines.resize(1);
                                    i.lines[0].quantity = 1;
                                  }),
  };
}

struct Liar {
  const char* name;
  std::set<Party> parties;
};
const Liar kLiars[] = {
    {"the shop alone", {Party::kShop}},
    {"payment alone", {Party::kPayment}},
    {"delivery alone", {Party::kDelivery}},
    {"the shop with payment", {Party::kShop, Party::kPayment}},
    {"the shop with delivery", {Party::kShop, Party::kDelivery}},
    {"payment with delivery", {Party::kPayment, Party::kDelivery}},
};

// What the ledger and the one who does not lie know of what two others say: whoever changes any of
// it is contradicted by somebody. Names every fact, so that both sides are compared alike.
using FactList = std::vector<std::string>;

std::string TimeOrNone(const std::optional<absl::Time>& time) {
  return time ? Rfc3339(*time) : "none";
}

// The ledger knows what was ordered, when, at what terms and for when.
FactList KnownToLedger(const OrderContents& contents, const Lies& said) {
  FactList facts;
  if (said.order) {
    int64_t total = said.order->due;
    for (const DueAdjustment& adjustment : said.order->adjustments) total += adjustment.amount;
    facts.push_back(absl::StrCat("total ", total));
    facts.push_back("ordered " + Rfc3339(said.order->create_time));
    for (const OrderLineStatus& line : said.order->lines) {
      facts.push_back(absl::StrCat("order line ", line.sku, " ", line.ordered));
    }
    const auto& planned = said.order->delivery_schedule.scheduled;
    if (planned && *planned != contents.promised_delivery_time) {
      facts.push_back("a date that was not promised");
    }
  }
  if (said.payment) {
    facts.push_back("terms " + ToString(said.payment->terms));
    facts.push_back(absl::StrCat("blocked ", said.payment->transactions[0].amount));
  }
  if (said.delivery) {
    for (const std::string& line : said.delivery->ship_to.lines) facts.push_back("to " + line);
    for (const DeliveryLine& line : said.delivery->lines) {
      facts.push_back(absl::StrCat("delivery line ", line.sku, " ", line.ordered));
    }
    for (const Shipment& shipment : said.delivery->shipments) {
      if (shipment.schedule.scheduled &&
          *shipment.schedule.scheduled != contents.promised_delivery_time) {
        facts.push_back("a date that was not promised");
      }
    }
  }
  return facts;
}

// Delivery knows what left, arrived, was lost and came back, and when.
FactList KnownToDelivery(const OrderContents& contents, const DeliveryStatus& honest,
                         const Lies& said) {
  FactList facts;
  if (said.order) {
    const OrderStatus& order = *said.order;
    for (const OrderLineStatus& line : order.lines) {
      facts.push_back(absl::StrCat(line.sku, " ", line.dispatched, " ", line.delivered, " ",
                                   line.written_off, " ", line.returned));
    }
    for (const Return& goods_return : order.returns) {
      facts.push_back(absl::StrCat(
          goods_return.return_id, " ", IsBack(goods_return) ? "BACK" : ToString(goods_return.state),
          " ", TimeOrNone(goods_return.receive_time), " ", goods_return.lines.size(), " ",
          goods_return.lines.front().quantity));
    }
    facts.push_back(
        absl::StrCat("told ", order.delivery_instructions, " heard ", order.delivery_revision));
    facts.push_back(TimeOrNone(order.delivery_schedule.completed));
    facts.push_back(TimeOrNone(order.return_deadline));
    facts.push_back(EndedWithoutDelivery(order) ? "ended" : "goes on");
  }
  if (said.payment) {
    // Which shipments are taken money for, planned or not, and that none is before its time.
    std::map<std::string, absl::Time> takings;
    for (const PaymentTransaction& transaction : said.payment->transactions) {
      if (transaction.type != TransactionType::kCapture || transaction.retry_of != 0) continue;
      takings.emplace(transaction.shipment_id, transaction.create_time);
    }
    for (const PlannedCapture& planned : said.payment->planned_captures) {
      takings.emplace(planned.shipment_id, planned.scheduled_time);
    }
    for (const auto& [shipment_id, time] : takings) {
      // (What is planned may shrink to nothing when less is due.)
      if (contents.terms != Terms::kNet30) facts.push_back("money for " + shipment_id);
      for (const Shipment& shipment : honest.shipments) {
        if (shipment.shipment_id != shipment_id || contents.terms != Terms::kNet30) continue;
        if (shipment.state != ShipmentState::kDelivered) {
          facts.push_back("money for what has not arrived");
        } else if (time + absl::Minutes(5) < *shipment.schedule.completed + absl::Hours(24 * 30)) {
          facts.push_back("before its time");
        }
      }
    }
  }
  return facts;
}

// Payment knows what is due and what was called for.
FactList KnownToPayment(const Lies& said) {
  FactList facts;
  if (said.order) {
    const OrderStatus& order = *said.order;
    facts.push_back(absl::StrCat("due ", order.due, " told ", order.payment_instructions, " heard ",
                                 order.payment_revision));
    facts.push_back(TimeOrNone(order.payment_schedule.scheduled));
    facts.push_back(TimeOrNone(order.payment_schedule.completed));
  }
  return facts;
}

// Whether somebody who tells the truth, or the ledger, knows better.
bool IsContradicted(const std::set<Party>& liars, const OrderContents& contents,
                    const DeliveryStatus& delivery, const Lies& truth, const Lies& said) {
  const auto differs = [&](const FactList& a, const FactList& b) { return a != b; };
  if (differs(KnownToLedger(contents, truth), KnownToLedger(contents, said))) return true;
  const bool shop = liars.contains(Party::kShop);
  // The honest shop has the reports of both.
  if (!shop) return true;
  if (!liars.contains(Party::kDelivery) && differs(KnownToDelivery(contents, delivery, truth),
                                                   KnownToDelivery(contents, delivery, said))) {
    return true;
  }
  return !liars.contains(Party::kPayment) && differs(KnownToPayment(truth), KnownToPayment(said));
}

struct Counts {
  int made = 0;
  int at_once = 0;
  int later = 0;
  int undetectable = 0;          // nobody knows better, and nothing was noticed
  int noticed_all_the_same = 0;  // nobody knows better by the list above, and yet
};

// Under which revision payment or delivery lies, if the shop does not lie with it.
enum class Dated { kAsItComes, kSame, kAhead };

template <typename Status>
void Date(std::optional<Status>& said, const std::optional<Status>& truth, Dated dated,
          absl::Time now) {
  if (!said || !truth || dated == Dated::kAsItComes) return;
  said->revision = truth->revision + (dated == Dated::kAhead ? 1 : 0);
  if (dated == Dated::kAhead) said->update_time = now;
}

TEST_CASE("composed lies are noticed where somebody else's word or the ledger contradicts them") {
  const MatchSettings settings;
  std::vector<Pretence> pretences = OrderPretences();
  for (const auto& more : {EventPretences(), InstructionPretences()}) {
    pretences.insert(pretences.end(), more.begin(), more.end());
  }
  std::map<std::string, Counts> by_liar;
  std::map<std::string, std::map<std::string, int>> by_pretence;
  VisitQuietMoments(kScenes, settings, [&](History& history, absl::Time now) {
    const Moment& moment = history.moments().back();
    const OrderContents& contents = history.order().contents;
    const Buyers buyers = BuyersOf(history, now);
    for (const Liar& liar : kLiars) {
      const bool shop = liar.parties.contains(Party::kShop);
      Lies truth;
      if (shop) truth.order = moment.order.order;
      if (liar.parties.contains(Party::kPayment)) truth.payment = moment.payment;
      if (liar.parties.contains(Party::kDelivery)) truth.delivery = moment.delivery;
      for (const Pretence& pretence : pretences) {
        const std::optional<Lies> word = Replay(history, liar.parties, pretence).Word();
        if (!word) continue;
        for (const Dated dated : {Dated::kAsItComes, Dated::kSame, Dated::kAhead}) {
          if (shop && dated != Dated::kAsItComes) continue;
          Lies said = *word;
          Date(said.payment, truth.payment, dated, now);
          Date(said.delivery, truth.delivery, dated, now);
          if (said.order == truth.order && said.payment == truth.payment &&
              said.delivery == truth.delivery) {
            continue;
          }
          // What is said under an older revision is given up when asked for the one that the shop
          // knows: the buyer is told the truth then.
          const auto older = [](const auto& a, const auto& b) {
            return a && b && a->revision < b->revision;
          };
          if (!shop &&
              (older(said.payment, truth.payment) || older(said.delivery, truth.delivery))) {
            continue;
          }
          const bool contradicted =
              IsContradicted(liar.parties, contents, *moment.delivery, truth, said);
          for (const Buyer* buyer : {&buyers.fresh, &buyers.informed}) {
            Liars liars(history, said);
            Counts& counts = by_liar[liar.name];
            ++counts.made;
            const Noticed noticed =
                Look(history, *buyer, liars, settings, now, [](const Warning&) {});
            if (!contradicted) {
              ++(noticed == Noticed::kNever ? counts.undetectable : counts.noticed_all_the_same);
              if (noticed == Noticed::kNever) ++by_pretence[pretence.name][liar.name];
              continue;
            }
            ++(noticed == Noticed::kAtOnce ? counts.at_once : counts.later);
            CAPTURE(history.options().seed, liar.name, pretence.name, static_cast<int>(dated),
                    buyer == &buyers.fresh);
            CHECK(noticed != Noticed::kNever);
          }
        }
      }
    }
  });
  std::printf("%-25s %8s %8s %8s %22s %14s\n", "composed lies", "made", "at once", "later",
              "nobody knows: noticed", "not noticed");
  for (const Liar& liar : kLiars) {
    const Counts& counts = by_liar[liar.name];
    std::printf("%-25s %8d %8d %8d %22d %14d\n", liar.name, counts.made, counts.at_once,
                counts.later, counts.noticed_all_the_same, counts.undetectable);
    REQUIRE(counts.made > 1000);
  }
  for (const auto& [pretence, liars] : by_pretence) {
    for (const auto& [name, times] : liars) {
      std::printf("  not noticed, as nobody knows better: %s, %s (%d)\n", name.c_str(),
                  pretence.c_str(), times);
    }
  }
}

}  // namespace
}  // namespace tallystick::testing
