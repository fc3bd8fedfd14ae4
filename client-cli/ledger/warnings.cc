// The warnings that the match gave.
#include <nlohmann/json.hpp>

#include "client-cli/ledger/ledger.h"
#include "client-cli/ledger/sql.h"

namespace tallystick {
namespace {

using Facts = std::map<std::string, std::string>;
Facts ReadFacts(const std::string& evidence) {
  return nlohmann::json::parse(evidence).get<Facts>();
}

}  // namespace

// Gives whether the warning is acknowledged.
bool Ledger::KeepWarning(int64_t trade_key, const Warning& warning, int64_t millis) {
  const std::string evidence = nlohmann::json(warning.evidence).dump();
  Prepared known(statements_,
                 "SELECT id, acknowledge_time FROM warnings WHERE evidence = ? "
                 "AND trade_key = ? AND rule = ? AND sentence = ? "
                 "AND resolve_time IS NULL");
  known.bind(1, evidence);
  known.bind(2, trade_key);
  known.bind(3, warning.rule);
  known.bind(4, warning.sentence);
  if (known.executeStep()) {
    Prepared again(statements_, "UPDATE warnings SET last_seen = ? WHERE id = ?");
    again.bind(1, millis);
    again.bind(2, known.getColumn(0).getInt64());
    again.exec();
    return !known.getColumn(1).isNull();
  }
  Prepared insert(statements_,
                  "INSERT INTO warnings (trade_key, rule, severity, sentence, evidence, "
                  "first_seen, last_seen) VALUES (?, ?, ?, ?, ?, ?, ?)");
  insert.bind(1, trade_key);
  insert.bind(2, warning.rule);
  insert.bind(3, static_cast<int>(warning.severity));
  insert.bind(4, warning.sentence);
  insert.bind(5, evidence);
  insert.bind(6, millis);
  insert.bind(7, millis);
  insert.exec();
  return false;
}

std::vector<KeptWarning> Ledger::UnresolvedWarnings(int64_t trade_key) {
  std::vector<KeptWarning> warnings = Warnings(trade_key);
  std::erase_if(warnings, [](const KeptWarning& kept) { return kept.resolve_time.has_value(); });
  return warnings;
}

std::vector<KeptWarning> Ledger::Warnings(int64_t trade_key) {
  std::vector<KeptWarning> warnings;
  Prepared select(statements_,
                  "SELECT rule, severity, sentence, evidence, first_seen, last_seen, "
                  "resolve_time, acknowledge_time, id, trade_key, "
                  "(SELECT trading_id FROM trades WHERE key = trade_key) FROM warnings "
                  "WHERE ?1 = 0 OR trade_key = ?1 ORDER BY id");
  select.bind(1, trade_key);
  const auto optional_time = [&](int column) {
    return select.getColumn(column).isNull()
               ? std::nullopt
               : std::optional<absl::Time>(FromMillis(select.getColumn(column)));
  };
  while (select.executeStep()) {
    KeptWarning kept;
    kept.warning = {select.getColumn(0).getString(),
                    static_cast<Severity>(select.getColumn(1).getInt()),
                    select.getColumn(2).getString(), ReadFacts(select.getColumn(3).getString())};
    kept.first_seen = FromMillis(select.getColumn(4));
    kept.last_seen = FromMillis(select.getColumn(5));
    kept.resolve_time = optional_time(6);
    kept.acknowledge_time = optional_time(7);
    kept.id = select.getColumn(8).getInt64();
    kept.trade_key = select.getColumn(9).getInt64();
    kept.trading_id = ParseUuid(select.getColumn(10).getString()).value_or(Uuid{});
    warnings.push_back(std::move(kept));
  }
  return warnings;
}

std::map<int64_t, int> Ledger::OpenWarningCounts() {
  std::map<int64_t, int> counts;
  Prepared select(statements_,
                  "SELECT trade_key, count(*) FROM warnings WHERE resolve_time IS NULL "
                  "AND acknowledge_time IS NULL GROUP BY trade_key");
  while (select.executeStep()) {
    counts[select.getColumn(0).getInt64()] = select.getColumn(1).getInt();
  }
  return counts;
}

bool Ledger::Acknowledge(int64_t warning_id, absl::Time now) {
  Writing transaction(database_);
  Prepared update(statements_,
                  "UPDATE warnings SET acknowledge_time = coalesce(acknowledge_time, ?) "
                  "WHERE id = ? AND resolve_time IS NULL");
  update.bind(1, absl::ToUnixMillis(now));
  update.bind(2, warning_id);
  if (update.exec() == 0) return false;
  Prepared select(statements_,
                  "SELECT trade_key, evidence, first_seen FROM warnings WHERE id = ? "
                  "AND rule LIKE 'HISTORY-%'");
  select.bind(1, warning_id);
  if (select.executeStep()) {
    const Facts facts = ReadFacts(select.getColumn(1).getString());
    const auto service = facts.find("service");
    const std::optional<Side> side =
        service == facts.end() ? std::nullopt : SideOfService(service->second);
    if (side) TakeAnew(select.getColumn(0).getInt64(), *side, select.getColumn(2).getInt64());
  }
  transaction.commit();
  return true;
}

// The service is held to what it said from then on, and what it is excused for counts from its next
// look on.
void Ledger::TakeAnew(int64_t trade_key, Side side, int64_t since) {
  Prepared insert(statements_,
                  "INSERT INTO taken_anew (trade_key, service, since) VALUES (?, ?, ?) "
                  "ON CONFLICT DO UPDATE SET since = max(since, excluded.since)");
  insert.bind(1, trade_key);
  insert.bind(2, ServiceOf(side));
  insert.bind(3, since);
  insert.exec();
  NoteEnded(trade_key, false, absl::UnixEpoch());
  std::vector<Sight> sights = {RevisionSight(side)};
  if (side == Side::kShopping) {
    sights.insert(sights.end(), {Sight::kPaymentInstructions, Sight::kDeliveryInstructions});
  }
  if (side == Side::kPayment) {
    sights.insert(sights.end(), {Sight::kOpenTransaction, Sight::kCaptured});
  }
  Prepared forget(statements_, "DELETE FROM sightings WHERE trade_key = ? AND what = ?");
  for (const Sight what : sights) {
    forget.bind(1, trade_key);
    forget.bind(2, static_cast<int>(what));
    forget.exec();
    forget.reset();
  }
}

}  // namespace tallystick
