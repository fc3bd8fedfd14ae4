#include "tests/faults/simulation/reconciler.h"

#include <algorithm>
#include <map>
#include <utility>

#include "services/shopping/workflow/reconciliation.h"
#include "tallystick/v1/recovery.pb.h"
#include "tests/faults/simulation/shop_replica.h"

namespace tallystick::simulation {
namespace {

using shopping::OtherHalves;
using shopping::Reconciled;

// So few that there are several.
constexpr int kPage = 3;
constexpr absl::Duration kPatience = absl::Seconds(4);
constexpr absl::Duration kLease = absl::Seconds(10);
const shopping::ReconciliationOptions kOptions;

std::vector<absl::StatusOr<TradeReports>> ReportsIn(const v1::ReadReportsResponse& response) {
  std::vector<absl::StatusOr<TradeReports>> reports;
  for (const v1::ReadReportsResult& result : response.results()) {
    if (result.has_reports()) {
      reports.push_back(wire::FromProto(result.reports()));
    } else {
      reports.emplace_back(absl::UnavailableError(result.error().message()));
    }
  }
  return reports;
}

std::vector<TradePosition> PositionsIn(const v1::ListPositionsResponse& response) {
  std::vector<TradePosition> positions;
  for (const v1::TradePosition& one : response.positions()) {
    positions.push_back(wire::ReadPosition("positions", one).value());
  }
  return positions;
}

}  // namespace

struct Reconciler::Looking {
  std::vector<WorkItem> items;
  std::function<void(Verdicts)> done;
  std::vector<int64_t> comparisons;  // of all trades: the numbers of those that are left
  std::vector<Uuid> ids;
  std::map<Uuid, WorkVerdict> verdicts;
  typename shopping::Reconciling<SimulatedOrderUnit>::Heard heard;
  std::vector<absl::StatusOr<TradeReports>> of_payment;
  std::vector<absl::StatusOr<TradeReports>> of_delivery;
  std::vector<Uuid> answered;
  std::vector<OtherHalves> others;
  std::vector<Reconciled> reconciled;
  absl::Status given_back;
};

Reconciler::Reconciler(Replica& shop, const Replica::Place& place, Database& orders)
    : shop_(shop),
      cluster_(place.cluster),
      node_(place.node),
      orders_(orders),
      world_(shop.world()) {}

void Reconciler::Notice(const std::vector<WorkItem>& items) {
  const std::vector<Uuid> ids = TradesOf(items);
  const auto begin = [this, ids](Transaction& transaction) -> Session::Save {
    SimulatedOrderUnit unit(transaction, ids, shop_.WallNow());
    const auto noticed = shopping::NoticedOf(unit, ids, cluster_.orders().reconcile_patience);
    return [noticed, &writes = transaction.writes] { writes.work = noticed; };
  };
  shop_.Commit("noticing", begin, [](const absl::Status&) {});
}

void Reconciler::Insert(const char* what, std::vector<WorkItem> work,
                        std::function<void(absl::Status)> then) {
  const auto begin = [work](Transaction& transaction) -> Session::Save {
    return [work, &writes = transaction.writes] {
      for (const WorkItem& item : work) {
        (item.attempts < kParkedAttempts ? writes.work : writes.parked).push_back(item);
      }
    };
  };
  shop_.Commit(what, begin, std::move(then));
}

template <typename Request, typename Response>
void Reconciler::Ask(const Shared& looking, Database& other, const char* method,
                     const Request& request, std::function<void(Response)> then,
                     std::function<void(const absl::Status&)> failed) {
  if (!failed) failed = looking->done;
  cluster_.network().Call(node_, cluster_.OneOf(other), method, request.SerializeAsString(),
                          kPatience, [failed, then](const absl::StatusOr<std::string>& bytes) {
                            if (!bytes.ok()) return failed(bytes.status());
                            Response response;
                            response.ParseFromString(*bytes);
                            then(std::move(response));
                          });
}

void Reconciler::Work(std::span<const WorkItem> items, std::function<void(Verdicts)> done) {
  const auto looking = std::make_shared<Looking>();
  looking->items.assign(items.begin(), items.end());
  looking->done = std::move(done);
  for (const WorkItem& item : items) {
    if (shopping::IsOfTrade(item)) {
      looking->ids.push_back(item.trading_id);
    } else {
      looking->comparisons.push_back(item.number);
    }
  }
  CompareNext(looking);
}

void Reconciler::CompareNext(const Shared& looking) {
  if (looking->comparisons.empty()) return Begin(looking);
  const int64_t number = looking->comparisons.back();
  looking->comparisons.pop_back();
  const auto found = comparisons_.find(number);
  const bool left = found != comparisons_.end() &&
                    shop_.now() - found->second.worked_on > absl::ToChronoNanoseconds(kLease);
  if (found == comparisons_.end() || left) {
    comparisons_[number] = {Uuid{}, shop_.now(), shop_.now()};
  }
  ComparePage(looking, number);
}

void Reconciler::ComparePage(const Shared& looking, int64_t number) {
  comparisons_[number].worked_on = shop_.now();
  v1::ListPositionsRequest request;
  request.set_after_trading_id(comparisons_[number].after.ToString());
  request.set_page_size(kPage);
  using Response = v1::ListPositionsResponse;
  Ask<v1::ListPositionsRequest, Response>(
      looking, cluster_.payment(), "ListPositions", request,
      [this, looking, number, request](const Response& payment) {
        Ask<v1::ListPositionsRequest, Response>(
            looking, cluster_.delivery(), "ListPositions", request,
            [this, looking, number, payment](const Response& delivery) {
              TakePage(looking, number, PositionsIn(payment), PositionsIn(delivery));
            });
      });
}

void Reconciler::TakePage(const Shared& looking, int64_t number, std::vector<TradePosition> payment,
                          std::vector<TradePosition> delivery) {
  const auto page = std::make_shared<shopping::Compared>();
  const Uuid after = comparisons_[number].after;
  const auto begin = [this, page, after, payment,
                      delivery](Transaction& transaction) -> Session::Save {
    std::vector<postgres::DocumentRow> rows;
    for (auto at = orders_.documents.upper_bound(after);
         at != orders_.documents.end() && std::ssize(rows) < kPage; ++at) {
      if (at->second.revision > 0) rows.push_back(at->second);
    }
    *page = shopping::ComparePages(payment, delivery, rows, kPage);
    return [page, &writes = transaction.writes] {
      for (const Uuid& id : page->different) writes.work.push_back(shopping::ComparedItem(id));
    };
  };
  shop_.Commit("comparing", begin, [this, page, looking, number](const absl::Status& status) {
    if (!status.ok()) return looking->done(status);
    for (const Uuid& id : page->different) world_.Say(shop_.name(), id, "is different");
    if (page->end && !world_.Has(Defect::kComparesOnePage)) {
      comparisons_[number].after = *page->end;
      return ComparePage(looking, number);
    }
    cluster_.Compared(comparisons_[number].begun);
    comparisons_.erase(number);
    compare_again_ = shop_.now() + absl::ToChronoNanoseconds(kOptions.compare_interval);
    world_.Count(Happening::kCompared);
    world_.Say(shop_.name(), {}, "has compared all trades");
    CompareNext(looking);
  });
}

void Reconciler::Begin(const Shared& looking) {
  if (looking->ids.empty()) return Finish(looking);
  const auto begin = [this, looking](Transaction& transaction) -> Session::Save {
    const SimulatedOrderUnit unit(transaction, looking->ids, shop_.WallNow());
    looking->heard = shopping::Reconciling<SimulatedOrderUnit>::HeardOfAll(unit, looking->ids);
    return [] {};
  };
  shop_.Commit("reading what was heard", begin, [this, looking](const absl::Status& status) {
    if (!status.ok()) return looking->done(status);
    AskBoth(looking);
  });
}

void Reconciler::AskBoth(const Shared& looking) {
  using Request = v1::ReadReportsRequest;
  using Response = v1::ReadReportsResponse;
  Request of_payment;
  Request of_delivery;
  for (const auto& one : looking->heard.of_payment) *of_payment.add_heard() = wire::ToProto(one);
  for (const auto& one : looking->heard.of_delivery) *of_delivery.add_heard() = wire::ToProto(one);
  Ask<Request, Response>(looking, cluster_.payment(), "ReadReports", of_payment,
                         [this, looking, of_delivery](const Response& payment) {
                           looking->of_payment = ReportsIn(payment);
                           Ask<Request, Response>(looking, cluster_.delivery(), "ReadReports",
                                                  of_delivery,
                                                  [this, looking](const Response& delivery) {
                                                    looking->of_delivery = ReportsIn(delivery);
                                                    Reconcile(looking);
                                                  });
                         });
}

void Reconciler::Reconcile(const Shared& looking) {
  for (size_t i = 0; i < looking->ids.size(); ++i) {
    const auto& payment = looking->of_payment[i];
    const auto& delivery = looking->of_delivery[i];
    if (payment.ok() && delivery.ok()) {
      looking->answered.push_back(looking->ids[i]);
      looking->others.push_back({*payment, *delivery});
      continue;
    }
    const absl::Status& failed = payment.ok() ? delivery.status() : payment.status();
    looking->verdicts[looking->ids[i]] = {WorkVerdict::kRetry, {}, std::string(failed.message())};
  }
  const auto begin = [this, looking](Transaction& transaction) -> Session::Save {
    const auto unit =
        std::make_shared<SimulatedOrderUnit>(transaction, looking->answered, shop_.WallNow());
    const auto reconciling = std::make_shared<shopping::Reconciling<SimulatedOrderUnit>>(
        *unit, cluster_.orders().trading_id_key);
    looking->reconciled.clear();
    for (size_t i = 0; i < looking->answered.size(); ++i) {
      const Uuid& id = looking->answered[i];
      const bool had = unit->Find(id) != nullptr;
      looking->reconciled.push_back(reconciling->Reconcile(id, looking->others[i]));
      if (!had && unit->Find(id) != nullptr) world_.Count(Happening::kOrderRestored);
    }
    if (IsNoticed(*looking) && std::ranges::any_of(looking->reconciled, &Reconciled::lost)) {
      unit->work().push_back(shopping::CompareAllItem());
      unit->work().back().delay =
          absl::FromChrono(std::max(compare_again_, shop_.now()) - shop_.now());
    }
    return
        [unit, reconciling, looking] { reconciling->Save(looking->answered, looking->reconciled); };
  };
  shop_.Commit("reconciling", begin, [this, looking](const absl::Status& status) {
    if (!status.ok()) return looking->done(status);
    GiveBack(looking, cluster_.payment(), &Reconciled::for_payment, [this, looking] {
      GiveBack(looking, cluster_.delivery(), &Reconciled::for_delivery,
               [this, looking] { Judge(looking); });
    });
  });
}

void Reconciler::GiveBack(const Shared& looking, Database& other,
                          std::optional<RememberedTrade> Reconciled::*remembered, Then then) {
  v1::TakeBackRequest request;
  const auto to = std::make_shared<std::vector<size_t>>();
  for (size_t i = 0; i < looking->reconciled.size(); ++i) {
    const Reconciled& trade = looking->reconciled[i];
    if (!(trade.*remembered)) continue;
    *request.add_trades() = wire::ToProto(*(trade.*remembered));
    to->push_back(i);
  }
  if (to->empty()) return then();
  Ask<v1::TakeBackRequest, v1::TakeBackResponse>(
      looking, other, "TakeBack", request,
      [looking, to, &other, then](const v1::TakeBackResponse& response) {
        for (size_t i = 0; i < to->size(); ++i) {
          const auto answer = wire::FromProto(response.results(static_cast<int>(i)));
          if (!answer.ok() || answer->outcome != ApplyOutcome::kRefused) continue;
          looking->reconciled[(*to)[i]].trouble = absl::StrCat(other.name(), ": ", answer->reason);
        }
        then();
      },
      [this, looking](const absl::Status& status) {
        looking->given_back = status;
        Judge(looking);
      });
}

bool Reconciler::IsNoticed(const Looking& looking) {
  return std::ranges::any_of(looking.items, [](const WorkItem& item) {
    return item.payload != shopping::kFoundByComparing;
  });
}

void Reconciler::Judge(const Shared& looking) {
  for (size_t i = 0; i < looking->answered.size(); ++i) {
    const Reconciled& trade = looking->reconciled[i];
    WorkVerdict verdict = shopping::VerdictOf(trade, looking->given_back);
    world_.Say(shop_.name(), looking->answered[i],
               "looks into it: ", trade.in_step ? "in step" : trade.difference,
               trade.trouble.empty() ? "" : "; for a person: ", trade.trouble);
    looking->verdicts[looking->answered[i]] = std::move(verdict);
  }
  Finish(looking);
}

void Reconciler::Finish(const Shared& looking) {
  std::vector<WorkVerdict> verdicts;
  std::vector<WorkItem> next;
  for (const WorkItem& item : looking->items) {
    verdicts.push_back(shopping::IsOfTrade(item)
                           ? shopping::VerdictOf(item, looking->verdicts[item.trading_id], next)
                           : WorkVerdict{WorkVerdict::kDone});
  }
  if (next.empty()) return looking->done(std::move(verdicts));
  Insert("going on", std::move(next), [looking, verdicts](const absl::Status& status) {
    if (!status.ok()) return looking->done(status);
    looking->done(verdicts);
  });
}

}  // namespace tallystick::simulation
