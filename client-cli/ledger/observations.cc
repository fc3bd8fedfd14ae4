// What the services answered: appended, never changed.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client-cli/ledger/ledger.h"
#include "client-cli/ledger/sql.h"
#include "client-cli/wire/record.h"
#include "platform/wire/convert.h"

namespace tallystick {

template <typename Status>
void Ledger::AppendObservation(int64_t trade_key, const Status& status, absl::Time now) {
  const char* const service = ServiceOf(SideOf(status));
  const std::string body = wire::ToProto(status).SerializeAsString();
  Prepared known(statements_,
                 absl::StrCat("SELECT 1 FROM observations WHERE trade_key = ? AND service = ? "
                              "AND revision = ? AND body = ? AND ",
                              kIsHeldTo));
  known.bind(1, trade_key);
  known.bind(2, service);
  known.bind(3, status.revision);
  BindBlob(known, 4, body);
  if (known.executeStep()) return;
  Prepared insert(statements_,
                  "INSERT INTO observations (trade_key, service, observe_time, state, "
                  "revision, update_time, body) VALUES (?, ?, ?, ?, ?, ?, ?)");
  insert.bind(1, trade_key);
  insert.bind(2, service);
  insert.bind(3, absl::ToUnixMillis(now));
  insert.bind(4, ToString(status.state));
  insert.bind(5, status.revision);
  insert.bind(6, absl::ToUnixMillis(status.update_time));
  BindBlob(insert, 7, body);
  insert.exec();
  // What is new may be that it goes on.
  Prepared open(statements_, "UPDATE trades SET ended = 0 WHERE key = ? AND ended");
  open.bind(1, trade_key);
  open.exec();
}

namespace {

template <typename Status>
bool Answers(int64_t revision, const Answer<Status>& answer) {
  return answer.get() != nullptr && answer.status.revision == revision;
}

// Since when the answers of a view may be as old as they are.
absl::Time AskTimeOf(const TradeView& view) {
  return std::min({view.order.ask_time, view.shops_word.ask_time, view.payment.ask_time,
                   view.delivery.ask_time});
}

// Takes in one row of the ledger: rows come by revision, and those of one revision as they were
// seen.
template <typename Status>
void TakePast(SQLite::Statement& row, const Answer<Status>& now, const Answer<Status>& then,
              Past<Status>& past, std::pair<int64_t, std::string>& highest) {
  const int64_t revision = row.getColumn(1).getInt64();
  const bool same = Answers(revision, now) || Answers(revision, then);
  if (same) ReadStatus(Blob(row.getColumn(2)), past.same_revision.emplace_back());
  if (past.highest && revision <= highest.first) return;
  past.highest.emplace();
  past.highest->observe_time = EndOfMillis(row.getColumn(3));
  highest = {revision, Blob(row.getColumn(2))};
}

template <typename Status>
void ReadHighest(const std::pair<int64_t, std::string>& highest, Past<Status>& past) {
  if (past.highest) ReadStatus(highest.second, past.highest->status);
}

}  // namespace

// One statement for all three: it runs for every trade of a sync.
void Ledger::RecallPast(const LedgerTrade& trade, TradeView& view) {
  view.past = {};
  PerSide<std::pair<int64_t, std::string>> highest;
  Prepared select(statements_,
                  absl::StrCat("SELECT service, revision, body, observe_time FROM observations "
                               "WHERE trade_key = ? AND ",
                               kIsHeldTo, "ORDER BY service, revision, id"));
  select.bind(1, trade.key);
  while (select.executeStep()) {
    const std::string service = select.getColumn(0).getString();
    const auto take = [&](Side side, const auto& now, const auto& then, auto& past) {
      if (service == ServiceOf(side)) TakePast(select, now, then, past, highest[side]);
    };
    ForEachSide(take, view, view.then, view.past);
  }
  ForEachSide([&](Side side, auto& past) { ReadHighest(highest[side], past); }, view.past);
}

void Ledger::RecallSightings(const LedgerTrade& trade, TradeView& view) {
  view.sightings.first.clear();
  Prepared select(statements_,
                  "SELECT what, number, first_seen FROM sightings WHERE trade_key = ?");
  select.bind(1, trade.key);
  while (select.executeStep()) {
    view.sightings.first.emplace(
        std::pair{static_cast<Sight>(select.getColumn(0).getInt()), select.getColumn(1).getInt64()},
        EndOfMillis(select.getColumn(2)));
  }
}

void Ledger::Recall(const LedgerTrade& trade, absl::Duration twice_window, TradeView& view) {
  RecallPast(trade, view);
  RecallSightings(trade, view);
  RecallAsked(trade, view);
  RecallTwin(trade, twice_window, view);
  RecallReferences(trade, view);
}

void Ledger::RecallReferences(const LedgerTrade& trade, TradeView& view) {
  const PaymentStatus* payment = view.payment.get();
  if (payment == nullptr) return;
  Prepared select(statements_,
                  "SELECT trades.trading_id FROM payment_references JOIN trades "
                  "ON trades.key = payment_references.trade_key "
                  "WHERE payment_references.reference = ? AND trade_key <> ?");
  for (const PaymentTransaction& transaction : payment->transactions) {
    select.bind(1, transaction.reference);
    select.bind(2, trade.key);
    if (select.executeStep()) {
      view.foreign_references[transaction.reference] =
          ParseUuid(select.getColumn(0).getString()).value_or(Uuid{});
    }
    select.reset();
  }
}

std::vector<bool> Ledger::Observe(const TradeView& view, int64_t trade_key,
                                  const std::vector<Warning>& warnings, bool partial,
                                  absl::Time now) {
  const auto append = [&](Side, const auto& past, const auto& answer) {
    if (answer.get() == nullptr) return;
    if (past.highest && past.highest->status == answer.status) return;  // the usual case
    AppendObservation(trade_key, answer.status, now);
  };
  ForEachSide(append, view.past, view.then);
  ForEachSide(append, view.past, view);
  if (const PaymentStatus* payment = view.payment.get()) {
    Prepared insert(statements_,
                    "INSERT OR IGNORE INTO payment_references (reference, trade_key) "
                    "VALUES (?, ?)");
    for (const PaymentTransaction& transaction : payment->transactions) {
      insert.bind(1, transaction.reference);
      insert.bind(2, trade_key);
      insert.exec();
      insert.reset();
    }
  }
  const int64_t millis = absl::ToUnixMillis(now);
  Prepared sight(statements_,
                 "INSERT OR IGNORE INTO sightings (trade_key, what, number, first_seen) "
                 "VALUES (?, ?, ?, ?)");
  for (const auto& [what, number] : SightsOf(view)) {
    if (view.sightings.first.contains({what, number})) continue;
    sight.bind(1, trade_key);
    sight.bind(2, static_cast<int>(what));
    sight.bind(3, number);
    sight.bind(4, millis);
    sight.exec();
    sight.reset();
  }
  std::vector<bool> acknowledged;
  acknowledged.reserve(warnings.size());
  for (const Warning& warning : warnings) {
    acknowledged.push_back(KeepWarning(trade_key, warning, millis));
  }
  if (partial) return acknowledged;
  Prepared resolve(statements_,
                   "UPDATE warnings SET resolve_time = ?1 WHERE trade_key = ?2 "
                   // What another run found in later answers stays.
                   "AND resolve_time IS NULL AND last_seen < ?3 "
                   // That a service went back on its word does not go away by itself, but when the
                   // buyer has taken note and it stands by what it said since.
                   "AND (rule NOT LIKE 'HISTORY-%' OR acknowledge_time IS NOT NULL)");
  resolve.bind(1, millis);
  resolve.bind(2, trade_key);
  resolve.bind(3, absl::ToUnixMillis(AskTimeOf(view)));
  resolve.exec();
  return acknowledged;
}

template <typename Status>
void Ledger::FillIn(int64_t trade_key, const std::vector<Status>& statuses, absl::Time now) {
  Writing transaction(database_);
  for (const Status& status : statuses) AppendObservation(trade_key, status, now);
  transaction.commit();
}
template void Ledger::FillIn(int64_t, const std::vector<OrderStatus>&, absl::Time);
template void Ledger::FillIn(int64_t, const std::vector<PaymentStatus>&, absl::Time);
template void Ledger::FillIn(int64_t, const std::vector<DeliveryStatus>&, absl::Time);

std::optional<std::pair<int64_t, int64_t>> Ledger::MissingRevisions(int64_t trade_key, Side side) {
  Prepared select(statements_,
                  "SELECT DISTINCT revision FROM observations WHERE trade_key = ? "
                  "AND service = ? ORDER BY revision");
  select.bind(1, trade_key);
  select.bind(2, ServiceOf(side));
  int64_t whole_until = 0;
  int64_t last = 0;
  while (select.executeStep()) {
    last = select.getColumn(0).getInt64();
    if (last == whole_until + 1) whole_until = last;
  }
  if (last <= whole_until) return std::nullopt;
  return std::make_pair(whole_until, last);
}

std::vector<Observation> Ledger::Observations(int64_t trade_key) {
  std::vector<Observation> observations;
  Prepared select(statements_,
                  "SELECT observe_time, service, state, revision, update_time "
                  "FROM observations WHERE trade_key = ? "
                  "ORDER BY update_time, service, revision, id");
  select.bind(1, trade_key);
  while (select.executeStep()) {
    observations.push_back({FromMillis(select.getColumn(0)), select.getColumn(1).getString(),
                            select.getColumn(2).getString(), select.getColumn(3).getInt64(),
                            FromMillis(select.getColumn(4))});
  }
  return observations;
}

}  // namespace tallystick
