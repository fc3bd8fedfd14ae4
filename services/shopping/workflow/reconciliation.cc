#include "services/shopping/workflow/reconciliation.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "platform/process/log.h"
#include "services/shopping/store/order_unit.h"
#include "services/shopping/workflow/comparing.h"

namespace tallystick::shopping {
namespace {

// Trades that are compared at a time.
constexpr int kPage = 500;

}  // namespace

absl::Status Noticing::Notice(std::span<const WorkItem> items) {
  const std::vector<Uuid> ids = TradesOf(items);
  MutexLock lock(mutex_);
  return orders_
      .Commit({},
              [&](Committer<Order, OrderCodec>::Unit& orders) {
                OrderUnit unit(orders);
                unit.work() = NoticedOf(unit, ids, patience_);
                return true;
              })
      .status();
}

Reconciliation::Reconciliation(const CommitterOptions& options,
                               const ReconciliationOptions& reconciling, OtherHalf payment,
                               OtherHalf delivery)
    : options_(reconciling),
      lease_(options.work_lease),
      payment_(std::move(payment)),
      delivery_(std::move(delivery)),
      orders_(options) {}

absl::StatusOr<std::vector<WorkVerdict>> Reconciliation::Work(std::span<const WorkItem> items) {
  std::vector<WorkItem> trades;
  std::map<int64_t, WorkVerdict> all;
  for (const WorkItem& item : items) {
    if (IsOfTrade(item)) {
      trades.push_back(item);
      continue;
    }
    absl::StatusOr<WorkVerdict> verdict = CompareAll(comparisons_[item.number]);
    if (!verdict.ok()) return verdict.status();
    all[item.number] = *verdict;
  }
  auto verdicts = ReconcileTrades(trades);
  if (!verdicts.ok()) return verdicts;
  std::vector<WorkVerdict> answers;
  auto next = verdicts->begin();
  for (const WorkItem& item : items) {
    answers.push_back(IsOfTrade(item) ? std::move(*next++) : all[item.number]);
  }
  return answers;
}

absl::StatusOr<std::vector<WorkVerdict>> Reconciliation::ReconcileTrades(
    std::span<const WorkItem> items) {
  if (items.empty()) return std::vector<WorkVerdict>{};
  const std::vector<Uuid> ids = TradesOf(items);
  const auto heard = orders_.Read(ids, [&](Orders::Unit& orders) {
    const OrderUnit unit(orders);
    return Reconciling<OrderUnit>::HeardOfAll(unit, ids);
  });
  if (!heard.ok()) return heard.status();
  auto payment = payment_.read_reports(heard->of_payment);
  if (!payment.ok()) return payment.status();
  auto delivery = delivery_.read_reports(heard->of_delivery);
  if (!delivery.ok()) return delivery.status();

  // What one of them could not say is asked again.
  std::vector<Uuid> answered;
  std::vector<OtherHalves> others;
  std::map<Uuid, WorkVerdict> verdicts;
  for (size_t i = 0; i < ids.size(); ++i) {
    const absl::Status& failed =
        (*payment)[i].ok() ? (*delivery)[i].status() : (*payment)[i].status();
    if (failed.ok()) {
      answered.push_back(ids[i]);
      others.push_back({*std::move((*payment)[i]), *std::move((*delivery)[i])});
    } else {
      verdicts[ids[i]] = {WorkVerdict::kRetry, {}, std::string(failed.message())};
    }
  }
  auto reconciled = Reconcile(items, answered, others);
  if (!reconciled.ok()) return reconciled.status();
  absl::Status given = GiveBack(payment_, "payment", &Reconciled::for_payment, *reconciled);
  if (given.ok()) given = GiveBack(delivery_, "delivery", &Reconciled::for_delivery, *reconciled);
  if (given.ok()) given = NoteTakenBack(answered, *reconciled);
  for (size_t i = 0; i < answered.size(); ++i) {
    verdicts[answered[i]] = VerdictOf((*reconciled)[i], given);
  }
  std::vector<WorkVerdict> answers;
  std::vector<WorkItem> next;
  for (const WorkItem& item : items) {
    answers.push_back(VerdictOf(item, verdicts[item.trading_id], next));
  }
  const absl::Status put = PutWork(std::move(next));
  if (!put.ok()) return put;
  return answers;
}

absl::Status Reconciliation::PutWork(std::vector<WorkItem> items) {
  if (items.empty()) return absl::OkStatus();
  const auto parked = std::ranges::partition(
      items, [](const WorkItem& item) { return item.attempts < kParkedAttempts; });
  const std::vector<WorkItem> for_a_person(parked.begin(), parked.end());
  items.erase(parked.begin(), parked.end());
  return orders_
      .Commit({},
              [&](Orders::Unit& orders) {
                OrderUnit unit(orders);
                unit.work() = items;
                unit.Save();
                unit.Park(for_a_person);
                return true;
              })
      .status();
}

absl::StatusOr<std::vector<Reconciled>> Reconciliation::Reconcile(
    std::span<const WorkItem> items, std::span<const Uuid> ids,
    std::span<const OtherHalves> others) {
  if (ids.empty()) return std::vector<Reconciled>{};
  const bool noticed = std::ranges::any_of(
      items, [](const WorkItem& item) { return item.payload != kFoundByComparing; });
  const absl::Duration wait =
      std::max(absl::ZeroDuration(),
               absl::FromChrono(std::chrono::nanoseconds(compare_again_ - SteadyNow())));
  return orders_.Commit({ids.begin(), ids.end()}, [&](Orders::Unit& orders) {
    OrderUnit unit(orders);
    Reconciling<OrderUnit> reconciling(unit, options_.trading_id_key);
    std::vector<Reconciled> trades;
    for (size_t i = 0; i < ids.size(); ++i) {
      trades.push_back(reconciling.Reconcile(ids[i], others[i]));
    }
    if (noticed && std::ranges::any_of(trades, &Reconciled::lost)) {
      log::Warn("trades were lost here or elsewhere: all are compared with payment and delivery",
                {{"in", absl::FormatDuration(absl::Trunc(wait, absl::Seconds(1)))}});
      unit.work().push_back(CompareAllItem());
      unit.work().back().delay = wait;
    }
    reconciling.Save(ids, trades);
    return trades;
  });
}

absl::Status Reconciliation::GiveBack(const OtherHalf& other, const char* name,
                                      std::optional<RememberedTrade> Reconciled::*remembered,
                                      std::vector<Reconciled>& trades) {
  std::vector<RememberedTrade> given;
  std::vector<Reconciled*> to;
  for (Reconciled& trade : trades) {
    if (!(trade.*remembered)) continue;
    given.push_back(*std::move(trade.*remembered));
    to.push_back(&trade);
  }
  if (given.empty()) return absl::OkStatus();
  const auto answers = other.take_back(given);
  if (!answers.ok()) return answers.status();
  for (size_t i = 0; i < to.size(); ++i) {
    const absl::StatusOr<ApplyAnswer>& answer = (*answers)[i];
    // What it could not say will show when it is looked at again.
    if (!answer.ok()) continue;
    if (answer->outcome == ApplyOutcome::kApplied) to[i]->taken_back = true;
    if (answer->outcome == ApplyOutcome::kRefused) {
      to[i]->trouble = absl::StrCat(name, ": ", answer->reason);
    }
  }
  return absl::OkStatus();
}

absl::Status Reconciliation::NoteTakenBack(std::span<const Uuid> ids,
                                           const std::vector<Reconciled>& trades) {
  if (std::ranges::none_of(trades, &Reconciled::taken_back)) return absl::OkStatus();
  return orders_
      .Commit({},
              [&](Orders::Unit& orders) {
                for (size_t i = 0; i < ids.size(); ++i) {
                  if (!trades[i].taken_back) continue;
                  orders.Audit(ids[i], "shopping", kReconcileRpc, kTakenBack);
                }
                return true;
              })
      .status();
}

absl::StatusOr<WorkVerdict> Reconciliation::CompareAll(Comparison& comparison) {
  // What was left for so long, another replica may have brought to its end: this is a new one.
  if (-Until(comparison.worked_on) > lease_) comparison = {};
  const SteadyTime end = SteadyAfter(lease_ / 4);
  do {
    comparison.worked_on = SteadyNow();
    const absl::StatusOr<bool> last = ComparePage(comparison);
    if (!last.ok()) return last.status();
    if (*last) {
      log::Info("all trades are compared with payment and delivery",
                {{"trades", absl::StrCat(comparison.trades)},
                 {"different", absl::StrCat(comparison.different)}});
      comparison = {};
      compare_again_ = SteadyAfter(options_.compare_interval);
      return WorkVerdict{WorkVerdict::kDone};
    }
  } while (SteadyNow() < end);
  return WorkVerdict{WorkVerdict::kAgain};
}

absl::StatusOr<bool> Reconciliation::ComparePage(Comparison& comparison) {
  auto payment = payment_.list_positions(comparison.after, kPage);
  if (!payment.ok()) return payment.status();
  auto delivery = delivery_.list_positions(comparison.after, kPage);
  if (!delivery.ok()) return delivery.status();
  const auto rows = orders_.session().Run([&](postgres::Transaction& transaction) {
    return orders_.table().Page(transaction, comparison.after, kPage);
  });
  if (!rows.ok()) return rows.status();
  const Compared page = ComparePages(*std::move(payment), *std::move(delivery), *rows, kPage);
  comparison.trades += page.trades;
  comparison.different += std::ssize(page.different);
  if (!page.different.empty()) {
    std::vector<WorkItem> found;
    for (const Uuid& id : page.different) found.push_back(ComparedItem(id));
    const absl::Status put = PutWork(std::move(found));
    if (!put.ok()) return put;
  }
  if (page.end) comparison.after = *page.end;
  return !page.end.has_value();
}

}  // namespace tallystick::shopping
