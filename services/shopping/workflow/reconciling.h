// Trades about which the shop and the others may have lost touch, on their way into the database:
// what the shop has lost it takes over from them, and says what they are to take back. Payment's
// and delivery's end is platform/relay/recovery.h.
#pragma once

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "platform/process/log.h"
#include "platform/trade/report.h"
#include "platform/trade/sequence.h"
#include "services/shopping/domain/asked_again.h"
#include "services/shopping/domain/lost_request.h"
#include "services/shopping/domain/order_requests.h"
#include "services/shopping/domain/report_rules.h"
#include "services/shopping/domain/unexplained.h"
#include "services/shopping/store/keepsake.h"
#include "services/shopping/store/reconcile_progress.h"
#include "services/shopping/workflow/meeting.h"
#include "services/shopping/workflow/shop_unit.h"

namespace tallystick::shopping {

// What payment and delivery have of one trade, as of what the shop had heard when it asked.
struct OtherHalves {
  TradeReports payment;
  TradeReports delivery;
};

// Decides with what the unit has read; Save, once, writes what came of it.
template <ShopUnit Unit, SequenceRules Rules = ReportRules>
class Reconciling {
 public:
  // `key`: see keepsake.h.
  Reconciling(Unit& unit, const std::string& key) : unit_(unit), key_(key), meeting_(unit, key) {}

  // What the shop has heard of each trade: what the others are to be asked.
  struct Heard {
    std::vector<TradePosition> of_payment;
    std::vector<TradePosition> of_delivery;
  };
  static Heard HeardOfAll(const Unit& unit, std::span<const Uuid> ids) {
    Heard heard;
    for (const Uuid& id : ids) {
      const Order* order = unit.Find(id);
      TradingStatus none;
      const TradingStatus& status = order == nullptr ? none : order->status;
      heard.of_payment.push_back({id, HeardOf(status.payment)});
      heard.of_delivery.push_back({id, HeardOf(status.delivery)});
    }
    return heard;
  }

  Reconciled Reconcile(const Uuid& id, const OtherHalves& others) {
    Reconciled result;
    if (unit_.Find(id) == nullptr) {
      if (!others.payment.position && !others.delivery.position) {
        result.in_step = true;  // nobody has it
        return result;
      }
      const absl::Status restored = Restore(id, others.payment.keepsake);
      result.lost = true;
      if (!restored.ok()) {
        result.trouble = absl::StrCat("the shop has lost the order: ", restored.message());
        return result;
      }
    }
    const Unexplained unexplained =
        FindUnexplained(*unit_.Find(id), LatestOf<PaymentStatus>(*unit_.Find(id), others.payment),
                        LatestOf<DeliveryStatus>(*unit_.Find(id), others.delivery));
    if (unexplained.stands) {
      result.lost = true;
      result.trouble = unexplained.why;
      return result;
    }
    Follow(id, others, result);
    if (not_put_) {
      // What was withdrawn stands, since nothing came of it.
      not_put_.reset();
      result.trouble.clear();
      refused_.erase(id);
    }
    if (const std::optional<Order> first = PlacedFirst(*unit_.Find(id), others)) {
      BeginAnew(*first, others, result);
      if (not_put_) {
        not_put_.reset();
        result.trouble.clear();
        refused_.erase(id);
        result.difference = "it was accepted twice, and too little has become of the first";
        return result;
      }
    }
    const Order& order = *unit_.Find(id);
    result.in_step = true;
    meeting_.Meet(order, order.status.payment, order.status.order.payment_instructions,
                  others.payment, "payment", order.unheard_payment, result.for_payment, result);
    meeting_.Meet(order, order.status.delivery, order.status.order.delivery_instructions,
                  others.delivery, "delivery", order.unheard_delivery, result.for_delivery, result);
    if (!unexplained.why.empty() && result.trouble.empty()) result.trouble = unexplained.why;
    return result;
  }

  // `trades`: what became of `ids`. Those whose goods were sold again, while they were lost, are
  // for a person as well; and what is for one stays so, whatever happens after the commit: it
  // cannot be found out once more.
  void Save(std::span<const Uuid> ids, std::vector<Reconciled>& trades) {
    RecallTroubles(ids, trades);
    unit_.Save();
    unit_.AddToStock(Summed(stock_back_));
    std::map<std::string, int64_t> taken;
    for (const auto& [id, goods] : taken_) {
      for (const auto& [sku, pieces] : goods) taken[sku] += pieces;
    }
    std::map<Uuid, std::string> sold_again;
    for (auto& [sku, missing] : unit_.TakeWhatIsLeft(Summed(taken))) {
      for (auto of = taken_.begin(); of != taken_.end() && missing > 0; ++of) {
        const auto pieces = of->second.find(sku);
        if (pieces == of->second.end()) continue;
        const int64_t again = std::min(missing, pieces->second);
        missing -= again;
        std::string& goods = sold_again[of->first];
        absl::StrAppend(&goods, goods.empty() ? "" : ", ", again, " of ", sku);
      }
    }
    for (size_t i = 0; i < ids.size(); ++i) {
      const auto goods = sold_again.find(ids[i]);
      if (goods == sold_again.end()) continue;
      trades[i].trouble = absl::StrCat("while the order was lost, others bought ", goods->second);
    }
    std::vector<WorkItem> parked;
    for (size_t i = 0; i < ids.size(); ++i) {
      if (!trades[i].trouble.empty()) parked.push_back(ForPersonItem(ids[i], trades[i].trouble));
    }
    unit_.Park(parked);
    std::vector<DecidedRequest> refused;
    for (auto& [id, requests] : refused_) std::ranges::move(requests, std::back_inserter(refused));
    unit_.RefuseAfterAll(refused);
  }

 private:
  // More than any trade has: what reports without end is not followed for ever.
  static constexpr int64_t kMostRevisions = 10'000;

  // The latest state that one of the others tells of, or the shop has heard; null if that is not
  // all.
  template <typename Status>
  static const Status* LatestOf(const Order& order, const TradeReports& theirs) {
    const auto& heard = [&order]() -> const std::optional<Status>& {
      if constexpr (std::is_same_v<Status, PaymentStatus>) return order.status.payment;
      if constexpr (std::is_same_v<Status, DeliveryStatus>) return order.status.delivery;
    }();
    const Status* latest = heard ? &*heard : nullptr;
    if (!theirs.position) return latest;
    if (!theirs.reports.empty()) {
      const StatusReport& last = theirs.reports.back();
      if (last.header().revision < theirs.position->at.revision) return nullptr;
      if (latest == nullptr || latest->revision < last.header().revision) {
        latest = std::get_if<Status>(&last.status);
      }
    }
    return latest;
  }

  // What waits for a person already, perhaps by a commit before this one whose answer was lost.
  void RecallTroubles(std::span<const Uuid> ids, std::vector<Reconciled>& trades) {
    const std::vector<std::string> reasons = ReasonsForPerson(unit_, ids);
    for (size_t i = 0; i < ids.size(); ++i) {
      if (trades[i].trouble.empty()) trades[i].trouble = reasons[i];
    }
  }

  // The order as it was accepted. The goods that it took are taken once more.
  absl::Status Restore(const Uuid& id, const std::string& keepsake) {
    if (unit_.Refusals().contains(id)) {
      return absl::FailedPreconditionError("it has refused the same request since");
    }
    absl::StatusOr<Change> accepted = OpenKeepsake(keepsake, id, key_);
    if (!accepted.ok()) return accepted.status();
    log::Warn("an order that was lost is there again", {{"trading_id", id.ToString()}});
    unit_.Audit(id, "payment", kReconcileRpc, kRestored);
    for (const ContentsLine& line : accepted->order.contents.lines) {
      taken_[id][line.sku] += line.quantity;
    }
    accepted->payment.clear();  // payment has it, or would not keep the order
    const WorkItem listing = ListingItem(accepted->order);
    PutChange(unit_, *std::move(accepted));
    unit_.work().push_back(listing);
    return absl::OkStatus();
  }

  // The shop had lost an order when its buyer, who had got no answer, sent it again, so that it was
  // accepted a second time, at another time: what payment and delivery have is the first, and
  // counts. Its goods are taken by the second.
  std::optional<Order> PlacedFirst(const Order& second, const OtherHalves& others) const {
    const OrderStatus& status = second.status.order;
    if (!others.payment.position || others.payment.reports.empty() ||
        others.payment.position->contents_digest == status.contents_digest ||
        status.payment_revision > 0 || status.delivery_revision > 0) {
      return std::nullopt;
    }
    absl::StatusOr<Change> first =
        OpenKeepsake(others.payment.keepsake, second.contents.trading_id, key_);
    if (!first.ok() || first->order.request_fingerprint != second.request_fingerprint) {
      return std::nullopt;
    }
    return std::move(first->order);
  }

  void BeginAnew(const Order& first, const OtherHalves& others, Reconciled& result) {
    const Uuid& id = first.contents.trading_id;
    const Order second = *unit_.Find(id);
    std::span<const StatusReport> reports = others.payment.reports;
    result.lost = true;
    if (!HearBy(first, reports)) return;
    Follow(id, others, result);
    if (second.applied_requests.empty()) return;
    // Nothing else can be asked of an order of which nothing was heard.
    AskOnceMore(
        id, CancelRequest{second.applied_requests.front().request_id, second.status.order.reason},
        result);
  }

  // What the buyer asked and was told yes; it may be too late for that now.
  void AskOnceMore(const Uuid& id, const BuyersRequest& request, Reconciled& result) {
    absl::StatusOr<std::optional<Change>> change =
        absl::FailedPreconditionError("what became of it was not read to its end");
    if (!result.has_more) change = AskAgain(OrderOf(id), request, unit_.now());
    if (!change.ok()) {
      const bool cancel = std::holds_alternative<CancelRequest>(request);
      result.trouble =
          absl::StrCat("the buyer was told that it would be ",
                       cancel ? "canceled: " : "taken back: ", change.status().message());
      const auto [request_id, fingerprint] = std::visit(
          [](const auto& what) { return std::pair(what.request_id, Fingerprint(what)); }, request);
      refused_[id].push_back({{id, request_id}, Refusal{change.status(), fingerprint}});
    } else if (*change) {
      Put(**std::move(change));
    }
  }

  // Hears what was not heard yet, as far as each follows from the others.
  void Follow(const Uuid& id, const OtherHalves& others, Reconciled& result) {
    const bool is_told = !others.payment.reports.empty() || !others.delivery.reports.empty();
    if (is_told && OrderOf(id).status.order.revision >= kMostRevisions) {
      result.trouble = "more is reported of it than any trade has";
      return;
    }
    std::span<const StatusReport> payment = others.payment.reports;
    std::span<const StatusReport> delivery = others.delivery.reports;
    std::vector<BuyersRequest> withdrawn;
    bool heard = false;
    while (true) {
      if (HearNext(id, payment, delivery, result)) {
        heard = true;
      } else if (!Withdraw(id, delivery, withdrawn)) {
        break;
      }
    }
    if (heard) unit_.Audit(id, "shopping", kReconcileRpc, kHeard);
    result.has_more =
        heard && (IsToldMore(others.payment, payment) || IsToldMore(others.delivery, delivery));
    if (!withdrawn.empty()) result.lost = true;
    while (!withdrawn.empty()) {
      AskOnceMore(id, withdrawn.back(), result);
      withdrawn.pop_back();
    }
  }

  // Delivery has applied the number of the buyer's last request, and shows something else of it.
  bool Withdraw(const Uuid& id, std::span<const StatusReport> delivery,
                std::vector<BuyersRequest>& withdrawn) {
    if (delivery.empty()) return false;
    const Order& order = OrderOf(id);
    const DeliveryStatus& theirs = *delivery.front().delivery();
    if (theirs.instructions_applied < order.status.order.delivery_instructions ||
        ShowsWhatWasTold(order, theirs)) {
      return false;
    }
    std::optional<Withdrawn> last = WithdrawLast(order, unit_.now());
    if (!last) return false;
    withdrawn.push_back(std::move(last->request));
    Put(std::move(last->change));
    return true;
  }

  static bool IsToldMore(const TradeReports& all, std::span<const StatusReport> left) {
    return left.empty() && !all.reports.empty() && all.position &&
           all.reports.back().header().revision < all.position->at.revision;
  }

  // The next of the reports, if it can be heard now.
  bool Hear(const Uuid& id, std::span<const StatusReport>& reports) {
    return !reports.empty() && HearBy(OrderOf(id), reports);
  }

  bool HearBy(const Order& order, std::span<const StatusReport>& reports) {
    auto applied = ApplyOne<Rules>(&order, reports.front(), unit_.now());
    if (applied.answer.outcome == ApplyOutcome::kNotYet) return false;
    reports = reports.subspan(1);
    if (applied.change) Put(*std::move(applied.change));
    return true;
  }

  const Order& OrderOf(const Uuid& id) const {
    return not_put_ && not_put_->order.contents.trading_id == id ? not_put_->order
                                                                 : *unit_.Find(id);
  }

  // A revision that had other contents is not given again: changes up to it become one with the
  // next.
  void Put(Change change) {
    const Uuid id = change.order.contents.trading_id;
    if (not_put_) {
      const auto prepend = [](const auto& before, auto& to) {
        to.insert(to.begin(), before.begin(), before.end());
      };
      prepend(not_put_->payment, change.payment);
      prepend(not_put_->delivery, change.delivery);
      prepend(not_put_->stock_back, change.stock_back);
      not_put_.reset();
    }
    if (change.order.status.order.revision <= unit_.Find(id)->status.order.revision) {
      not_put_ = std::move(change);
      return;
    }
    for (const GoodsQuantity& goods : change.stock_back) stock_back_[goods.sku] += goods.quantity;
    PutChange(unit_, std::move(change));
  }

  // Payment first, whose decline the shop tells delivery; but not where a request of the buyer's
  // has that instruction's number, which was made before anything of this was heard.
  bool HearNext(const Uuid& id, std::span<const StatusReport>& payment,
                std::span<const StatusReport>& delivery, Reconciled& result) {
    const DeliveryStatus* lost = FindLostCancellation(OrderOf(id), delivery);
    if (lost != nullptr && HearOfLostRequest(id, *lost, delivery, result)) return true;
    return Hear(id, payment) || Hear(id, delivery) ||
           HearOfLostDecline(id, payment, delivery, result) ||
           (!delivery.empty() &&
            HearOfLostRequest(id, *delivery.front().delivery(), delivery, result));
  }

  static const DeliveryStatus* FindLostCancellation(const Order& order,
                                                    std::span<const StatusReport> delivery) {
    const int64_t told = order.status.order.delivery_instructions;
    const auto next = std::ranges::find_if(
        delivery, [&](const StatusReport& report) { return report.instructions_applied() > told; });
    if (next == delivery.end() || !IsCanceledNext(order, *next->delivery())) return nullptr;
    return next->delivery();
  }

  bool HearOfLostDecline(const Uuid& id, std::span<const StatusReport> payment,
                         std::span<const StatusReport> delivery, Reconciled& result) {
    if (payment.empty() || delivery.empty()) return false;
    std::optional<Change> change = LostDecline(OrderOf(id), *payment.back().payment(),
                                               *delivery.back().delivery(), unit_.now());
    if (!change) return false;
    Put(*std::move(change));
    result.lost = true;
    return true;
  }

  // Nothing else can be heard: then what delivery has done and was not told by this order is what
  // the buyer had asked for.
  bool HearOfLostRequest(const Uuid& id, const DeliveryStatus& delivery,
                         std::span<const StatusReport>& reports, Reconciled& result) {
    const Order& order = OrderOf(id);
    if (delivery.instructions_applied <= order.status.order.delivery_instructions) return false;
    std::optional<Order> asked = order;
    for (size_t requests = 0;
         asked && delivery.instructions_applied > asked->status.order.delivery_instructions;
         ++requests) {
      asked = requests < kMaxRequests ? WithLostRequest(*asked, delivery) : std::nullopt;
    }
    // A release is no request, and no revision either.
    const bool is_request = asked && asked->status.order.revision > order.status.order.revision;
    if (!asked || !HearBy(*asked, reports)) return false;
    if (is_request) {
      log::Warn("a request of the buyer's that was lost is taken over from delivery",
                {{"trading_id", id.ToString()}});
      unit_.Audit(id, "delivery", kReconcileRpc, kAskedFor);
    }
    result.lost = true;
    return true;
  }

  Unit& unit_;
  const std::string& key_;
  Meeting<Unit> meeting_;
  std::optional<Change> not_put_;
  std::map<Uuid, std::vector<DecidedRequest>> refused_;  // by trade: had taken effect before
  std::map<std::string, int64_t> stock_back_;
  std::map<Uuid, std::map<std::string, int64_t>> taken_;  // by the orders that were restored
};

}  // namespace tallystick::shopping
