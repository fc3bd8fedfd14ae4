#include "services/shopping/workflow/lookout.h"

#include <algorithm>
#include <string>
#include <utility>

#include "platform/postgres/identity.h"
#include "platform/process/log.h"
#include "services/shopping/store/known_databases.h"
#include "services/shopping/store/reconcile_progress.h"

namespace tallystick::shopping {
namespace {

using Unit = Committer<Order, OrderCodec>::Unit;

constexpr absl::Duration kSoon = absl::Milliseconds(500);

struct OwnLook {
  std::string identity;
  KnownDatabases known;
};

void TakeNote(Unit& unit, const Databases& now, absl::Duration lease) {
  postgres::Transaction& transaction = unit.tables().transaction;
  const Uuid of_no_trade;
  const bool comparing =
      unit.NumbersOf(kReconcileQueue.number, {&of_no_trade, 1})[of_no_trade].contains(
          kCompareChanged);
  if (comparing) return;
  const bool all_read = ReadReconcileProgress(transaction, unit.now(), lease).unread == 0;
  const Looked looked = LookAt(LoadKnownDatabases(transaction), now, all_read);
  for (const auto& [service, known] : looked.put) PutKnownDatabase(transaction, service, known);
  if (looked.compare) unit.work().push_back(CompareChangedItem());
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
  Databases now = {{kOwnDatabase, own->identity}};
  // A dump from before its own was known could not be told from a new one: nobody is waited for.
  if (!own->known.contains(kOwnDatabase)) return Note(now);
  for (const auto& [name, half] : {std::pair{"payment", &payment_}, {"delivery", &delivery_}}) {
    const absl::StatusOr<std::string> identity = half->look(ComparedWith(own->known, name));
    // (A server of an earlier version says nothing.)
    if (identity.ok() && !identity->empty()) now[name] = *identity;
  }
  if (AreCompared(own->known, now)) return true;
  return Note(now);
}

absl::StatusOr<bool> Lookout::Note(const Databases& now) {
  const auto noted = orders_.Commit({}, [&](Unit& unit) {
    TakeNote(unit, now, work_lease_);
    return true;
  });
  if (!noted.ok()) return noted.status();
  return false;
}

}  // namespace tallystick::shopping
