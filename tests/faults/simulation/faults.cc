#include "tests/faults/simulation/faults.h"

#include "services/payment/store/payment_store.h"

namespace tallystick::simulation {
namespace {

constexpr char kGarbage[] = "\xff\xff";
constexpr absl::Duration kLease = absl::Seconds(10);

}  // namespace

void Faults::Sometime(void (Faults::*fault)()) {
  world_.time.After(world_.dice.Between(absl::Seconds(1), world_.plan.duration),
                    [this, fault, wave = wave_] {
                      if (world_.faulty && wave == wave_) (this->*fault)();
                    });
}

void Faults::Begin() {
  const Plan& plan = world_.plan;
  world_.faulty = true;
  ++wave_;
  const auto times = [this](int count, void (Faults::*fault)()) {
    for (int i = 0; i < count; ++i) Sometime(fault);
  };
  times(plan.crashes, &Faults::Crash);
  times(plan.stalls, &Faults::Stall);
  times(plan.partitions, &Faults::Partition);
  times(plan.silences, &Faults::Silence);
  times(plan.outages, &Faults::Outage);
  times(plan.database_crashes, &Faults::CrashDatabase);
  times(plan.held_rows * 2, &Faults::HoldRow);
  times(wave_ == 1 ? plan.poison_rows : 0, &Faults::PoisonRow);
  times(plan.tampered ? 8 : 0, &Faults::Tamper);
  times(plan.clocks_apart > absl::ZeroDuration() ? 2 : 0, &Faults::JumpClock);
  times(plan.upgrade && wave_ == 1 ? 1 : 0, &Faults::Upgrade);
  times(plan.crashes / 2, &Faults::RestartBuyer);
  Supervise();
}

void Faults::End() {
  world_.Say("faults", {}, "end");
  world_.faulty = false;
  cluster_.network().MendAll();
  for (Database* database : cluster_.databases()) {
    database->held.clear();
    database->down_until = world_.time.now();
  }
  for (Node& replica : cluster_.replicas()) {
    if (!replica.listens) continue;  // its next version starts by itself
    if (replica.up()) replica.life->Continue();
    cluster_.Start(replica);
  }
  // The last one first: a row may have been written in between, and made unreadable again.
  for (auto one = poisoned_.rbegin(); one != poisoned_.rend(); ++one) MendOrKeep(*one);
}

void Faults::MendOrKeep(const Poisoned& one) {
  std::string& document = one.database.documents.at(one.trade).document;
  if (document != kGarbage) return;
  for (BuyersTrade& trade : buyer_.trades()) {
    if (!trade.information || trade.id() != one.trade || world_.plan.poison_is_mended) continue;
    if (&one.database == &cluster_.shopping()) trade.unreadable = true;
    return;
  }
  document = one.document;
}

// Whoever keeps servers running starts those that have died.
void Faults::Supervise() {
  world_.time.After(world_.dice.Between(absl::Seconds(1), absl::Seconds(8)), [this, wave = wave_] {
    if (!world_.faulty || wave != wave_) return;
    for (Node& replica : cluster_.replicas()) {
      if (!replica.up() && replica.listens && world_.dice.OneIn(2)) cluster_.Start(replica);
    }
    Supervise();
  });
}

void Faults::Crash() { cluster_.Kill(world_.dice.Of(cluster_.replicas())); }

void Faults::Stall() {
  Node& replica = world_.dice.Of(cluster_.replicas());
  if (!replica.up()) return;
  const absl::Duration length = world_.dice.Between(absl::Milliseconds(100), absl::Seconds(40));
  if (length > kLease) world_.Count(Happening::kSleptThroughLease);
  world_.Say(replica.name, {}, "stops for ", absl::FormatDuration(length));
  replica.life->Stop(length);
}

void Faults::Partition() {
  // One machine is cut off from all others.
  Node& one = world_.dice.Of(cluster_.replicas());
  const absl::Duration length = world_.dice.Between(absl::Seconds(1), absl::Minutes(2));
  world_.Say(one.name, {}, "is cut off for ", absl::FormatDuration(length));
  std::vector<Node*> others = {&cluster_.buyer()};
  for (Node& other : cluster_.replicas()) {
    if (&other != &one) others.push_back(&other);
  }
  for (Node* other : others) cluster_.network().Cut(one, *other);
  world_.time.After(length, [this, &one, others] {
    for (Node* other : others) cluster_.network().Mend(one, *other);
  });
}

void Faults::Silence() {
  Node& one = world_.dice.Of(cluster_.replicas());
  Node& other = world_.dice.OneIn(3) ? cluster_.buyer() : world_.dice.Of(cluster_.replicas());
  if (&one == &other) return;
  world_.Say(one.name, {}, "and ", other.name, " hear nothing of each other");
  cluster_.network().Cut(one, other);
  world_.time.After(world_.dice.Between(absl::Seconds(5), absl::Minutes(2)),
                    [this, &one, &other] { cluster_.network().Mend(one, other); });
}

Database& Faults::AnyDatabase() {
  return *cluster_.databases()[static_cast<size_t>(world_.dice.Between(0, 2))];
}

void Faults::Outage() {
  Database& database = AnyDatabase();
  const absl::Duration length = world_.dice.Between(absl::Milliseconds(500), absl::Seconds(30));
  world_.Say(database.name(), {}, "gives no answer for ", absl::FormatDuration(length));
  database.down_until = world_.time.now() + absl::ToChronoNanoseconds(length);
}

void Faults::CrashDatabase() {
  Database& database = AnyDatabase();
  world_.Say(database.name(), {}, "crashes");
  database.Crash(world_.dice.Between(absl::Milliseconds(500), absl::Seconds(5)));
}

void Faults::HoldRow() {
  Database& database = AnyDatabase();
  if (database.documents.empty()) return;
  auto at = database.documents.begin();
  std::advance(at, world_.dice.Between(0, static_cast<int64_t>(database.documents.size()) - 1));
  const Uuid id = at->first;
  world_.Say("somebody", id, "holds the row in ", database.name());
  database.held.insert(id);
  world_.time.After(world_.dice.Between(absl::Seconds(1), absl::Minutes(2)),
                    [&database, id] { database.held.erase(id); });
}

void Faults::PoisonRow() {
  Database& database = AnyDatabase();
  std::vector<Uuid> trades;
  for (const auto& [id, row] : database.documents) {
    if (row.revision > 0 && row.document != kGarbage) trades.push_back(id);
  }
  if (trades.empty()) return Sometime(&Faults::PoisonRow);
  const Uuid id = world_.dice.Of(trades);
  std::string& document = database.documents.at(id).document;
  world_.Say("somebody", id, "makes the row in ", database.name(), " unreadable");
  poisoned_.push_back({database, id, document});
  document = kGarbage;
}

// Somebody writes into payment's row that everything was called for: what the shop tells it to
// capture then is refused.
void Faults::Tamper() {
  Database& database = cluster_.payment();
  for (BuyersTrade& trade : buyer_.trades()) {
    if (!trade.information || trade.damaged) continue;
    const auto found = database.documents.find(trade.id());
    if (found == database.documents.end() || found->second.document == kGarbage) continue;
    payment::Payment payment = payment::PaymentCodec::Decode(found->second);
    if (payment.status.state != PaymentState::kAuthorized || payment.called > 0) continue;
    payment.called = payment.status.due;
    world_.Say("somebody", trade.id(), "writes that everything was called for");
    found->second = payment::PaymentCodec::Encode(payment);
    trade.damaged = true;
    return;
  }
}

void Faults::JumpClock() {
  Node& replica = world_.dice.Of(cluster_.replicas());
  const absl::Duration apart = world_.plan.clocks_apart;
  const absl::Duration error = world_.dice.Between(-apart, apart);
  world_.Say(replica.name, {}, "has a clock that is wrong by ", absl::FormatDuration(error));
  cluster_.SetClock(replica, error);
}

// One replica after the other.
void Faults::Upgrade() {
  absl::Duration when;
  for (Node& replica : cluster_.replicas()) {
    world_.time.After(when, [this, &replica] { cluster_.Upgrade(replica); });
    when += absl::Seconds(8);
  }
}

void Faults::RestartBuyer() {
  world_.Say("buyer", {}, "dies and begins again with its ledger");
  buyer_.Restart();
}

}  // namespace tallystick::simulation
