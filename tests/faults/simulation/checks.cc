#include "tests/faults/simulation/checks.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "platform/trade/rollup.h"
#include "services/delivery/store/delivery_store.h"
#include "services/payment/store/payment_store.h"
#include "services/shopping/store/order_store.h"

namespace tallystick::simulation {
namespace {

constexpr char kOneOrder[] = "one request is one order, and the answer to it final";
constexpr char kOneReturn[] = "one request is one return";
constexpr char kEnds[] = "every trade comes to its end, or to a person's list";
constexpr char kMoney[] = "captured less refunded is what is due, and what the gateway moved";
constexpr char kStock[] = "stock is never sold twice and never invented";
constexpr char kAtMost[] = "never more than the order's total is captured";
constexpr char kStaysPaid[] = "nothing is refunded that is due";
constexpr char kTakenOver[] = "an order that payment has heard of exists again, the same";
constexpr char kHeard[] = "the shop has heard of everything";

// One trade in three databases. What cannot be read is not there.
struct Three {
  std::optional<shopping::Order> order;
  std::optional<payment::Payment> payment;
  std::optional<delivery::Delivery> delivery;
  bool unreadable = false;

  template <typename Codec, typename Aggregate>
  void Read(const Database& database, const Uuid& id, std::optional<Aggregate>& to) {
    const auto found = database.documents.find(id);
    if (found == database.documents.end() || found->second.revision == 0) return;
    try {
      to = Codec::Decode(found->second);
    } catch (const postgres::Unreadable&) {
      unreadable = true;
    }
  }

  Three(Cluster& cluster, const Uuid& id) {
    Read<shopping::OrderCodec>(cluster.shopping(), id, order);
    Read<payment::PaymentCodec>(cluster.payment(), id, payment);
    Read<delivery::DeliveryCodec>(cluster.delivery(), id, delivery);
  }
  bool whole() const { return order && payment && delivery; }

  // As the shop has heard of them: of an unreadable row there is no other word.
  const PaymentStatus* payment_status() const {
    if (payment) return &payment->status;
    return unreadable && order->status.payment ? &*order->status.payment : nullptr;
  }
  const DeliveryStatus* delivery_status() const {
    if (delivery) return &delivery->status;
    return unreadable && order->status.delivery ? &*order->status.delivery : nullptr;
  }
};

bool WaitsForPerson(Cluster& cluster, const Uuid& id) {
  for (const Database* database : cluster.databases()) {
    if (database->WaitsForPerson(id)) return true;
  }
  return false;
}

// Why the trade has not come to its end; empty when it has.
std::string Unended(const Three& three) {
  const OrderStatus& order = three.order->status.order;
  const PaymentStatus* payment = three.payment_status();
  const DeliveryStatus* delivery = three.delivery_status();
  if (payment == nullptr || delivery == nullptr) return "one of the three does not know it";
  if (order.state != OrderState::kCompleted && order.state != OrderState::kRejected &&
      order.state != OrderState::kCanceled) {
    return absl::StrCat("it is ", ToString(order.state));
  }
  if (!IsSettled(*payment)) {
    return absl::StrCat("its payment is ", ToString(payment->state), ", of ", payment->due, " due ",
                        payment->captured - payment->refunded, " were taken");
  }
  for (const Return& goods_return : order.returns) {
    if (goods_return.state != ReturnState::kRefunded &&
        goods_return.state != ReturnState::kRejected) {
      return absl::StrCat("return ", goods_return.return_id, " is ", ToString(goods_return.state));
    }
  }
  for (const DeliveryLine& line : delivery->lines) {
    if (line.delivered + line.failed + line.canceled != line.ordered) return "goods are on the way";
  }
  return "";
}

class Quiet {
 public:
  Quiet(Cluster& cluster, Buyer& buyer, const Office& office)
      : cluster_(cluster), buyer_(buyer), office_(office), world_(cluster.world()) {}

  void Check() {
    for (const BuyersTrade& trade : buyer_.trades()) CheckTrade(trade);
    CheckForOthers();
    // What was added to a shop's stock that was lost, or sold out of it, nobody knows any more.
    if (all_readable_ && !cluster_.shopping().restored()) CheckStock();
  }

 private:
  void CheckTrade(const BuyersTrade& trade) {
    if (trade.refusal) return CheckRefused(trade);
    const Uuid& id = trade.id();
    orders_.insert(id);
    CheckCaptured(trade);
    const auto row = cluster_.shopping().documents.find(id);
    if (row == cluster_.shopping().documents.end() || row->second.revision == 0) {
      if (trade.forgotten) return CheckForgotten(trade);
      return world_.Violate("an order that was answered exists", world_.NameOf(id));
    }
    const Three three(cluster_, id);
    all_readable_ = all_readable_ && !three.unreadable;
    const bool waits = WaitsForPerson(cluster_, id);
    if (!three.order) return;  // it cannot be read: whoever needs it says so
    if (three.order->status.order.contents_digest != trade.information->contents_digest) {
      if (trade.forgotten) return CheckForgotten(trade);
      world_.Violate(kOneOrder, absl::StrCat(world_.NameOf(id), " is not what was answered"));
    }
    if (!cluster_.shopping().listed.contains(id) && !waits) Unfinished(id, "it is not listed");
    const std::string unended = Unended(three);
    if (waits) world_.Count(Happening::kWaitsForPerson);
    if (trade.lost) CountLost(id, waits);
    Count(three.order->status.order);
    if (!unended.empty() && !waits) Unfinished(id, unended);
    CheckReturns(trade, three.order->status.order);
    CountGoods(three);
    if (three.whole() && !trade.damaged) CheckRefunded(id, three);
    if (trade.damaged || (trade.lost && waits)) return;
    if (unended.empty() && three.whole()) CheckMoney(id, three);
    if (three.whole() && !waits) CheckHeard(id, three);
  }

  // However often a request is sent, and whatever the shop has lost since.
  void CheckReturns(const BuyersTrade& trade, const OrderStatus& order) {
    const auto asked = std::ranges::count_if(trade.requests, [](const BuyersRequest& request) {
      return request.asked.kind == Asked::kReturn;
    });
    if (std::ssize(order.returns) <= asked) return;
    world_.Violate(kOneReturn, absl::StrCat(world_.NameOf(trade.id()), ": ", order.returns.size(),
                                            " of ", asked));
  }

  void CheckCaptured(const BuyersTrade& trade) {
    const std::string prefix = absl::StrCat(trade.id().ToString(), "-");
    const int64_t captured = cluster_.gateway().Moved(prefix, TransactionType::kCapture);
    // An order that was sent again to a shop that had lost it was accepted twice, and the first may
    // have been paid when payment lost it, too.
    const Three three(cluster_, trade.id());
    int64_t total = trade.information->contents.total;
    if (trade.forgotten && three.order) total = std::max(total, three.order->contents.total);
    if (captured <= total) return;
    world_.Violate(kAtMost, absl::StrCat(world_.NameOf(trade.id()), ": ", captured, " of ", total));
  }

  // The shop has lost the order that it answered, and none or another one is in its place.
  void CheckForgotten(const BuyersTrade& trade) {
    const Uuid& id = trade.id();
    const Three three(cluster_, id);
    const bool waits = WaitsForPerson(cluster_, id);
    const bool told = three.payment &&
                      three.payment->status.contents_digest == trade.information->contents_digest;
    if (waits) return CountLost(id, waits);
    if (told) return world_.Violate(kTakenOver, world_.NameOf(id));
    world_.Count(Happening::kNeverTold);
  }

  bool WaitsBecause(const Uuid& id, absl::string_view reason) const {
    for (const Database* database : cluster_.databases()) {
      for (const WorkItem& item : database->ListWaiting()) {
        if (item.trading_id == id && absl::StrContains(item.reason, reason)) return true;
      }
    }
    return false;
  }

  void CountLost(const Uuid& id, bool waits) {
    world_.Count(waits ? Happening::kNotHealed : Happening::kHealed);
    if (!waits) return;
    for (const Database* database : cluster_.databases()) {
      for (const WorkItem& item : database->ListWaiting()) {
        if (item.trading_id != id) continue;
        if (absl::StrContains(item.reason, "has not kept")) {
          world_.Violate("what was told is kept until a report shows it", world_.NameOf(id));
        }
        std::string reason = absl::StrCat(database->name(), " ", item.queue, ": ", item.reason);
        std::ranges::replace_if(reason, absl::ascii_isdigit, '#');
        reason.erase(std::unique(reason.begin(), reason.end(),
                                 [](char a, char b) { return a == '#' && b == '#'; }),
                     reason.end());
        world_.GiveReason(reason);
        world_.Say("office", id, "has on its list: ", item.reason);
      }
    }
  }

  void Count(const OrderStatus& order) {
    if (order.state == OrderState::kCompleted) world_.Count(Happening::kCompleted);
    if (order.state == OrderState::kRejected) world_.Count(Happening::kRejected);
    if (order.state == OrderState::kCanceled) world_.Count(Happening::kCanceled);
    for (const Return& goods_return : order.returns) {
      if (goods_return.state == ReturnState::kRefunded) world_.Count(Happening::kReturned);
    }
  }

  void Unfinished(const Uuid& id, const std::string& why) {
    world_.Violate(
        kEnds, absl::StrCat(world_.NameOf(id), ": ", why, ", and nobody is told to look at it"));
  }

  void CheckRefused(const BuyersTrade& trade) {
    if (trade.forgotten) return;
    for (const Uuid& request_id : trade.sent_as) {
      const Uuid id = TradingIdFor(cluster_.orders().trading_id_key, kBuyer, request_id);
      const auto row = cluster_.shopping().documents.find(id);
      if (row == cluster_.shopping().documents.end() || row->second.revision == 0) continue;
      world_.Violate(kOneOrder,
                     absl::StrCat(trade.request.reference, " was refused, and is an order"));
    }
  }

  // Orders that nobody was told of.
  void CheckForOthers() {
    for (const BuyersTrade& trade : buyer_.trades()) {
      if (!trade.forgotten) continue;
      for (const Uuid& request_id : trade.sent_as) {
        orders_.insert(TradingIdFor(cluster_.orders().trading_id_key, kBuyer, request_id));
      }
    }
    for (const auto& [id, row] : cluster_.shopping().documents) {
      if (row.revision == 0 || orders_.contains(id)) continue;
      world_.Violate(kOneOrder, "there is an order that no answer told of");
    }
  }

  void CheckHeard(const Uuid& id, const Three& three) {
    const TradingStatus& status = three.order->status;
    if (status.payment != three.payment->status || status.delivery != three.delivery->status) {
      world_.Violate(kHeard, world_.NameOf(id));
    }
  }

  void CheckMoney(const Uuid& id, const Three& three) {
    const PaymentStatus& payment = three.payment->status;
    const int64_t kept = payment.captured - payment.refunded;
    const std::string prefix = absl::StrCat(id.ToString(), "-");
    const BookedGateway& gateway = cluster_.gateway();
    const int64_t moved = gateway.Moved(prefix, TransactionType::kCapture) -
                          gateway.Moved(prefix, TransactionType::kRefund);
    const int64_t due =
        payment.state == PaymentState::kDeclined ? 0 : three.order->status.order.due;
    if (kept == due && moved == kept) return;
    world_.Violate(kMoney,
                   absl::StrCat(world_.NameOf(id), ": due ", due, ", captured ", payment.captured,
                                ", refunded ", payment.refunded, ", moved ", moved));
  }

  // Whatever a person has to decide. Of what payment was told by a shop that has lost it, and
  // delivery too, such as a return, nobody knows any more: a person has to find out.
  void CheckRefunded(const Uuid& id, const Three& three) {
    const std::string prefix = absl::StrCat(id.ToString(), "-");
    const int64_t refunded = cluster_.gateway().Moved(prefix, TransactionType::kRefund);
    const int64_t kept = cluster_.gateway().Moved(prefix, TransactionType::kCapture) - refunded;
    const OrderStatus& order = three.order->status.order;
    // What waits for a person on its way to the buyer is not called for yet.
    int64_t due = order.due - three.order->contents.total;
    for (const shopping::ShipmentValue& shipment : three.order->shipment_values) {
      if (shipment.captured || shipment.written_off) due += shipment.value;
    }
    const bool known = three.payment->status.instructions_applied <= order.payment_instructions &&
                       !WaitsBecause(id, "another instruction had number");
    if (!known || refunded == 0 || kept >= due) return;
    world_.Violate(kStaysPaid, absl::StrCat(world_.NameOf(id), ": ", refunded, " were refunded, ",
                                            kept, " are kept of ", due));
  }

  // What does not lie in the shop any more: with the buyer, or lost.
  void CountGoods(const Three& three) {
    const OrderStatus& order = three.order->status.order;
    const bool undone = order.state == OrderState::kRejected ||
                        order.state == OrderState::kCanceled || three.order->cancellation_undone;
    for (const OrderLineStatus& line : order.lines) {
      if (!undone) gone_[line.sku] += line.ordered - line.written_off - line.returned;
    }
    if (!three.order->status.delivery) return;
    for (const Shipment& shipment : three.order->status.delivery->shipments) {
      if (!IsDispatched(shipment) || !IsWrittenOff(*three.order, shipment)) continue;
      for (const GoodsQuantity& goods : shipment.lines) gone_[goods.sku] += goods.quantity;
    }
  }
  static bool IsWrittenOff(const shopping::Order& order, const Shipment& shipment) {
    return std::ranges::any_of(order.shipment_values, [&](const shopping::ShipmentValue& value) {
      return value.shipment_id == shipment.shipment_id && value.written_off;
    });
  }

  void CheckStock() {
    for (const auto& [sku, product] : cluster_.shopping().products) {
      if (product.stock + gone_[sku] == office_.Owned(sku)) continue;
      world_.Violate(kStock, absl::StrCat("of ", sku, " there were ", office_.Owned(sku), ", ",
                                          gone_[sku], " are gone, ", product.stock, " are left"));
    }
  }

  Cluster& cluster_;
  Buyer& buyer_;
  const Office& office_;
  World& world_;
  std::set<Uuid> orders_;
  std::map<std::string, int64_t> gone_;
  bool all_readable_ = true;
};

}  // namespace

bool IsQuiet(Cluster& cluster, const Buyer& buyer) {
  if (!buyer.HasAllAnswers() || buyer.looking() > 0) return false;
  for (const Database* database : cluster.databases()) {
    for (const auto& [key, row] : database->work) {
      if (row.due == kNeverSteady) continue;
      // Trades that cannot be read may be tried for ever, if people get to see it.
      if (row.attempts >= kManyAttempts && Three(cluster, std::get<0>(key)).unreadable) continue;
      // So may what the gateway has under its reference as something else.
      if (row.attempts >= kManyAttempts && database == &cluster.payment() && database->restored() &&
          std::get<1>(key) == payment::kGatewayQueue.number) {
        continue;
      }
      return false;
    }
    if (!database->bundles.empty()) return false;
  }
  return true;
}

std::string UnderWay(Cluster& cluster, const Buyer& buyer) {
  std::string text = buyer.HasAllAnswers() ? "" : "the buyer waits for an answer; ";
  for (const Database* database : cluster.databases()) {
    for (const auto& [key, row] : database->work) {
      if (row.due == kNeverSteady) continue;
      absl::StrAppend(&text, database->name(), ": ", cluster.world().NameOf(std::get<0>(key)),
                      ", queue ", std::get<1>(key), ", number ", std::get<2>(key), ", tried ",
                      row.attempts, " times, ", row.reason, "; ");
    }
    for (const auto& [id, bundle] : database->bundles) {
      absl::StrAppend(&text, database->name(), ": a bundle of queue ", bundle.queue, "; ");
    }
  }
  return text;
}

std::string LeftByPeople(Cluster& cluster, Buyer& buyer) {
  for (const BuyersTrade& trade : buyer.trades()) {
    // No capture ever works with this method.
    if (!trade.information || trade.damaged ||
        trade.request.payment_method == "pm_sandbox_capture_fails") {
      continue;
    }
    const Three three(cluster, trade.id());
    if (!three.whole()) continue;
    // What contradicts itself, somebody has to bring in order by hand.
    if (cluster.world().lost_something && WaitsForPerson(cluster, trade.id())) continue;
    const std::string unended = Unended(three);
    if (!unended.empty()) return absl::StrCat(trade.request.reference, ": ", unended);
  }
  return "";
}

bool IsWhole(Cluster& cluster, const Uuid& trade) {
  return Three(cluster, trade).whole() && !WaitsForPerson(cluster, trade);
}

bool IsAsAnswered(Cluster& cluster, const BuyersTrade& trade) {
  const Three three(cluster, trade.id());
  return IsWhole(cluster, trade.id()) &&
         three.order->status.order.contents_digest == trade.information->contents_digest;
}

bool IsInStep(Cluster& cluster, const Uuid& trade) {
  const Three three(cluster, trade);
  if (!three.whole()) return false;
  const TradingStatus& status = three.order->status;
  return status.payment == three.payment->status && status.delivery == three.delivery->status &&
         status.order.payment_instructions == three.payment->status.instructions_applied &&
         status.order.delivery_instructions == three.delivery->status.instructions_applied;
}

void CheckQuiet(Cluster& cluster, Buyer& buyer, const Office& office) {
  Quiet(cluster, buyer, office).Check();
}

}  // namespace tallystick::simulation
