#include "services/shopping/workflow/lookout.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "platform/postgres/identity.h"
#include "platform/process/log.h"
#include "services/shopping/store/known_databases.h"
#include "services/shopping/store/reconcile_progress.h"

namespace tallystick::shopping {
namespace {

using Unit = Committer<Order, OrderCodec>::Unit;
using Identities = std::map<std::string, std::string>;  // by service

constexpr char kOwn[] = "shopping";
constexpr absl::Duration kSoon = absl::Milliseconds(500);

struct OwnLook {
  std::string identity;
  std::map<std::string, KnownDatabase> known;
};

// What the shop may tell a service: that all trades were compared with this database of its.
std::string ComparedWith(const OwnLook& own, const std::string& name) {
  const auto found = own.known.find(name);
  return found != own.known.end() && found->second.compared ? found->second.identity : "";
}

bool IsNews(const OwnLook& own, const Identities& now) {
  for (const auto& [name, identity] : now) {
    if (ComparedWith(own, name) != identity) return true;
  }
  return false;
}

// Writes down what `now` says, and has all trades compared when one is another than it was.
void TakeNote(Unit& unit, const Identities& now, absl::Duration lease) {
  postgres::Transaction& transaction = unit.tables().transaction;
  const auto known = LoadKnownDatabases(transaction);
  const Uuid of_no_trade;
  // One that is under way does not look at what it has passed already.
  const bool comparing =
      unit.NumbersOf(kReconcileQueue.number, {&of_no_trade, 1})[of_no_trade].contains(
          kCompareChanged);
  if (comparing) return;
  bool compare = false;
  for (const auto& [name, identity] : now) {
    const auto before = known.find(name);
    if (before == known.end() && (name == kOwn || IsFirstDatabase(identity))) {
      PutKnownDatabase(transaction, name, {identity, true});
    } else if (before == known.end() || before->second.identity != identity) {
      log::Warn("a database was restored, or a standby took over: all trades are compared",
                {{"service", name}});
      PutKnownDatabase(transaction, name, {identity, false});
      compare = true;
    } else if (!before->second.compared &&
               ReadReconcileProgress(transaction, unit.now(), lease).unread == 0) {
      PutKnownDatabase(transaction, name, {identity, true});
    }
  }
  if (compare) unit.work().push_back(CompareChangedItem());
}

}  // namespace

Lookout::Lookout(const CommitterOptions& options, OtherHalf payment, OtherHalf delivery,
                 absl::Duration interval)
    : interval_(interval),
      work_lease_(options.work_lease),
      payment_(std::move(payment)),
      delivery_(std::move(delivery)),
      orders_(options),
      thread_([this] { Loop(); }) {}

Lookout::~Lookout() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.NotifyAll();
}

void Lookout::Loop() {
  MutexLock lock(mutex_);
  while (!stopping_) {
    lock.Unlock();
    const absl::StatusOr<bool> looked = Look();
    if (!looked.ok()) {
      log::Warn("cannot look which databases there are", {{"reason", looked.status().message()}});
    }
    lock.Lock();
    const bool others_wait = looked.ok() && !*looked;
    const SteadyTime next = SteadyAfter(others_wait ? std::min(interval_, kSoon) : interval_);
    while (!stopping_ && SteadyNow() < next) changed_.WaitUntil(mutex_, next);
  }
}

absl::StatusOr<bool> Lookout::Look() {
  const auto own = orders_.session().Run([](postgres::Transaction& transaction) {
    return OwnLook{postgres::ReadIdentity(transaction), LoadKnownDatabases(transaction)};
  });
  if (!own.ok()) return own.status();
  Identities now = {{kOwn, own->identity}};
  for (const auto& [name, half] : {std::pair{"payment", &payment_}, {"delivery", &delivery_}}) {
    const absl::StatusOr<std::string> identity = half->look(ComparedWith(*own, name));
    // (A server of an earlier version says nothing.)
    if (identity.ok() && !identity->empty()) now[name] = *identity;
  }
  if (!IsNews(*own, now)) return true;
  const auto noted = orders_.Commit({}, [&](Unit& unit) {
    TakeNote(unit, now, work_lease_);
    return true;
  });
  if (!noted.ok()) return noted.status();
  return false;
}

}  // namespace tallystick::shopping
