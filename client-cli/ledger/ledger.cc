#include "client-cli/ledger/ledger.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client-cli/ledger/record.h"
#include "platform/wire/convert.h"

namespace tallystick {
namespace {

constexpr int kSchemaVersion = 1;
constexpr int kBusyTimeoutMs = 10'000;
constexpr size_t kMinPrefix = 4;

constexpr char kSchema[] = R"sql(
CREATE TABLE profiles (
  name TEXT PRIMARY KEY, address TEXT NOT NULL, token TEXT NOT NULL,
  is_default INTEGER NOT NULL DEFAULT 0);
CREATE TABLE trades (
  key INTEGER PRIMARY KEY,
  profile TEXT NOT NULL,
  request_id TEXT NOT NULL UNIQUE,
  reference TEXT,                      -- the buyer's own name for the order, or NULL
  request BLOB NOT NULL,               -- PlaceOrderRequest
  create_time INTEGER NOT NULL,        -- milliseconds
  placement INTEGER NOT NULL,          -- 0 pending, 1 placed, 2 refused
  refusal TEXT NOT NULL DEFAULT '',
  place_time INTEGER NOT NULL DEFAULT 0,
  trading_id TEXT,
  information BLOB,                    -- TradingInformation
  UNIQUE (profile, reference), UNIQUE (profile, trading_id));
CREATE TABLE observations (
  id INTEGER PRIMARY KEY,
  trade_key INTEGER NOT NULL REFERENCES trades (key),
  service TEXT NOT NULL,
  observe_time INTEGER NOT NULL,
  state TEXT NOT NULL,
  revision INTEGER NOT NULL,
  update_time INTEGER NOT NULL,
  body BLOB NOT NULL);                 -- the status message
CREATE INDEX trades_by_trading_id ON trades (trading_id);
CREATE INDEX observations_by_trade ON observations (trade_key, service, id);
CREATE TABLE warnings (
  id INTEGER PRIMARY KEY,
  trade_key INTEGER NOT NULL REFERENCES trades (key),
  rule TEXT NOT NULL, severity INTEGER NOT NULL, sentence TEXT NOT NULL, evidence TEXT NOT NULL,
  first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL, resolve_time INTEGER);
CREATE INDEX warnings_by_trade ON warnings (trade_key, rule);
)sql";

constexpr char kSelectTrade[] =
    "SELECT key, profile, request_id, request, create_time, placement, refusal, information, "
    "place_time "
    "FROM trades ";

// A new file is never readable by others, not even for a moment.
void CreatePrivately(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (!folder.empty() && !std::filesystem::exists(folder)) {
    std::filesystem::create_directories(folder);
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all);
  }
  const int file = open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (file >= 0) close(file);
}

std::string Blob(const SQLite::Column& column) {
  return std::string(static_cast<const char*>(column.getBlob()), column.getBytes());
}

void BindBlob(SQLite::Statement& statement, int index, const std::string& bytes) {
  statement.bind(index, bytes.data(), static_cast<int>(bytes.size()));
}

absl::Time FromMillis(const SQLite::Column& column) {
  return absl::FromUnixMillis(column.getInt64());
}

}  // namespace

std::string Ledger::DefaultPath() {
  if (const char* path = std::getenv("TALLY_LEDGER"); path != nullptr && *path != '\0') return path;
  if (const char* data = std::getenv("XDG_DATA_HOME"); data != nullptr && *data != '\0') {
    return absl::StrCat(data, "/tallystick/ledger.db");
  }
  const char* home = std::getenv("HOME");
  return absl::StrCat(home == nullptr ? "." : home, "/.local/share/tallystick/ledger.db");
}

Ledger::Ledger(const std::string& path)
    : database_(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, kBusyTimeoutMs) {
  database_.exec("PRAGMA journal_mode = WAL");
  database_.exec("PRAGMA synchronous = FULL");
  database_.exec("PRAGMA foreign_keys = ON");
}

absl::StatusOr<std::unique_ptr<Ledger>> Ledger::Open(const std::string& path) {
  try {
    CreatePrivately(path);
    auto ledger = std::unique_ptr<Ledger>(new Ledger(path));
    SQLite::Database& database = ledger->database_;
    database.exec("BEGIN IMMEDIATE");
    const int version = database.execAndGet("PRAGMA user_version").getInt();
    if (version == 0) {
      database.exec(kSchema);
      database.exec(absl::StrCat("PRAGMA user_version = ", kSchemaVersion));
    }
    database.exec("COMMIT");
    if (version > kSchemaVersion) {
      return absl::FailedPreconditionError(
          absl::StrCat("the ledger ", path, " was written by a newer tally; use that one"));
    }
    return ledger;
  } catch (const std::exception& error) {
    return absl::UnavailableError(absl::StrCat("cannot open the ledger ", path, ": ", error.what(),
                                               "; set TALLY_LEDGER to a file that you may write"));
  }
}

absl::Status Ledger::CheckNothingPending(const std::string& profile) {
  const size_t pending = Pending(profile).size();
  if (pending == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(pending, " orders at '", profile,
                   "' are still without an answer; tally sync first, so that they go to the shop "
                   "and under the name that they were sent with"));
}

absl::Status Ledger::PutProfile(const Profile& profile, bool make_default) {
  const absl::StatusOr<Profile> known = FindProfile(profile.name);
  if (known.ok() && (known->address != profile.address || known->token != profile.token)) {
    const absl::Status free = CheckNothingPending(profile.name);
    if (!free.ok()) return free;
  }
  SQLite::Transaction transaction(database_);
  const bool first = database_.execAndGet("SELECT count(*) FROM profiles").getInt() == 0;
  SQLite::Statement put(database_,
                        "INSERT INTO profiles (name, address, token) VALUES (?, ?, ?) "
                        "ON CONFLICT (name) DO UPDATE SET address = excluded.address, "
                        "token = excluded.token");
  put.bind(1, profile.name);
  put.bind(2, profile.address);
  put.bind(3, profile.token);
  put.exec();
  if (first || make_default) {
    SQLite::Statement mark(database_, "UPDATE profiles SET is_default = (name = ?)");
    mark.bind(1, profile.name);
    mark.exec();
  }
  transaction.commit();
  return absl::OkStatus();
}

absl::Status Ledger::RemoveProfile(const std::string& name) {
  const absl::Status free = CheckNothingPending(name);
  if (!free.ok()) return free;
  SQLite::Statement remove(database_, "DELETE FROM profiles WHERE name = ?");
  remove.bind(1, name);
  if (remove.exec() > 0) return absl::OkStatus();
  return absl::NotFoundError(absl::StrCat("no shop is called '", name, "'"));
}

std::vector<Profile> Ledger::Profiles() {
  std::vector<Profile> profiles;
  SQLite::Statement select(database_, "SELECT name, address, token FROM profiles ORDER BY name");
  while (select.executeStep()) {
    profiles.push_back({select.getColumn(0).getString(), select.getColumn(1).getString(),
                        select.getColumn(2).getString()});
  }
  return profiles;
}

std::string Ledger::DefaultProfile() {
  SQLite::Statement select(database_, "SELECT name FROM profiles WHERE is_default");
  return select.executeStep() ? select.getColumn(0).getString() : "";
}

absl::StatusOr<Profile> Ledger::FindProfile(const std::string& name) {
  const std::string wanted = name.empty() ? DefaultProfile() : name;
  for (const Profile& profile : Profiles()) {
    if (profile.name == wanted) return profile;
  }
  return absl::NotFoundError(
      wanted.empty() ? "no shop is known yet: tally shop add NAME HOST:PORT --token TOKEN"
                     : absl::StrCat("no shop is called '", wanted,
                                    "': tally shop list shows those that are known"));
}

void Ledger::AddPending(std::vector<LedgerTrade>& trades) {
  SQLite::Transaction transaction(database_);
  SQLite::Statement insert(database_,
                           "INSERT INTO trades (profile, request_id, reference, request, "
                           "create_time, placement) VALUES (?, ?, nullif(?, ''), ?, ?, 0)");
  for (LedgerTrade& trade : trades) {
    insert.bind(1, trade.profile);
    insert.bind(2, trade.request_id.ToString());
    insert.bind(3, trade.request.reference);
    BindBlob(insert, 4, ToProto(trade.request, trade.request_id).SerializeAsString());
    insert.bind(5, absl::ToUnixMillis(trade.create_time));
    insert.exec();
    insert.reset();
    trade.key = database_.getLastInsertRowid();
  }
  transaction.commit();
}

// A refused order gives its reference free: it may be tried again. What is placed stays placed,
// whatever another run of tally heard; a trading id that another trade of this shop has already is
// not taken, and the order stays pending.
void Ledger::RecordPlacements(const std::vector<LedgerTrade>& trades) {
  SQLite::Transaction transaction(database_);
  SQLite::Statement update(database_,
                           "UPDATE OR IGNORE trades SET placement = ?1, refusal = ?2, "
                           "trading_id = nullif(?3, ''), information = ?4, place_time = ?5, "
                           "reference = CASE WHEN ?1 = 2 THEN NULL ELSE nullif(?6, '') END "
                           "WHERE key = ?7 AND placement <> 1");
  for (const LedgerTrade& trade : trades) {
    update.bind(1, static_cast<int>(trade.placement));
    update.bind(2, trade.refusal);
    update.bind(3, trade.information ? trade.information->contents.trading_id.ToString() : "");
    if (trade.information) {
      BindBlob(update, 4, ToProto(*trade.information).SerializeAsString());
    } else {
      update.bind(4);
    }
    update.bind(5, absl::ToUnixMillis(trade.place_time));
    update.bind(6, trade.request.reference);
    update.bind(7, trade.key);
    update.exec();
    update.reset();
  }
  transaction.commit();
}

LedgerTrade Ledger::ReadTrade(SQLite::Statement& row) {
  LedgerTrade trade;
  trade.key = row.getColumn(0).getInt64();
  trade.profile = row.getColumn(1).getString();
  trade.request_id = ParseUuid(row.getColumn(2).getString()).value_or(Uuid{});
  v1::PlaceOrderRequest request;
  request.ParseFromString(Blob(row.getColumn(3)));
  trade.request = FromProto(request);
  trade.create_time = FromMillis(row.getColumn(4));
  trade.placement = static_cast<Placement>(row.getColumn(5).getInt());
  trade.refusal = row.getColumn(6).getString();
  trade.place_time = FromMillis(row.getColumn(8));
  if (!row.getColumn(7).isNull()) {
    v1::TradingInformation information;
    information.ParseFromString(Blob(row.getColumn(7)));
    trade.information = FromProto(information);
  }
  return trade;
}

void Ledger::AttachLatest(LedgerTrade& trade) {
  SQLite::Statement select(database_,
                           "SELECT service, body FROM observations WHERE id IN "
                           "(SELECT max(id) FROM observations WHERE trade_key = ? "
                           "GROUP BY service)");
  select.bind(1, trade.key);
  while (select.executeStep()) {
    const std::string service = select.getColumn(0).getString();
    const std::string body = Blob(select.getColumn(1));
    if (service == "shopping") {
      v1::OrderStatus status;
      status.ParseFromString(body);
      trade.order = wire::FromProto(status);
    } else if (service == "payment") {
      v1::PaymentStatus status;
      status.ParseFromString(body);
      trade.payment = wire::FromProto(status);
    } else {
      v1::DeliveryStatus status;
      status.ParseFromString(body);
      trade.delivery = wire::FromProto(status);
    }
  }
}

std::vector<LedgerTrade> Ledger::Trades() {
  std::vector<LedgerTrade> trades;
  SQLite::Statement select(database_, absl::StrCat(kSelectTrade, "ORDER BY key"));
  while (select.executeStep()) trades.push_back(ReadTrade(select));
  for (LedgerTrade& trade : trades) AttachLatest(trade);
  return trades;
}

std::vector<LedgerTrade> Ledger::Pending(const std::string& profile) {
  std::vector<LedgerTrade> trades;
  SQLite::Statement select(
      database_, absl::StrCat(kSelectTrade, "WHERE profile = ? AND placement = 0 ORDER BY key"));
  select.bind(1, profile);
  while (select.executeStep()) trades.push_back(ReadTrade(select));
  return trades;
}

std::optional<LedgerTrade> Ledger::FindByReference(const std::string& profile,
                                                   const std::string& reference) {
  SQLite::Statement select(database_,
                           absl::StrCat(kSelectTrade, "WHERE profile = ? AND reference = ?"));
  select.bind(1, profile);
  select.bind(2, reference);
  if (!select.executeStep()) return std::nullopt;
  return ReadTrade(select);
}

absl::StatusOr<LedgerTrade> Ledger::FindByPrefix(const std::string& prefix) {
  const std::string lower = absl::AsciiStrToLower(prefix);
  if (lower.size() < kMinPrefix) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", prefix, "': give at least ", kMinPrefix, " characters of a trading id"));
  }
  SQLite::Statement select(
      database_,
      absl::StrCat(kSelectTrade, "WHERE substr(trading_id, 1, length(?1)) = ?1 LIMIT 2"));
  select.bind(1, lower);
  if (!select.executeStep()) {
    return absl::NotFoundError(
        absl::StrCat("the ledger has no trade '", prefix, "': tally list shows those it has"));
  }
  LedgerTrade trade = ReadTrade(select);
  if (select.executeStep()) {
    return absl::InvalidArgumentError(
        absl::StrCat("several trades begin with '", prefix, "': give more of the trading id"));
  }
  AttachLatest(trade);
  return trade;
}

void Ledger::AppendObservation(int64_t trade_key, const std::string& service,
                               const std::string& state, const StatusHeader& header,
                               const std::string& body, absl::Time now) {
  SQLite::Statement latest(database_,
                           "SELECT body FROM observations WHERE trade_key = ? AND service = ? "
                           "ORDER BY id DESC LIMIT 1");
  latest.bind(1, trade_key);
  latest.bind(2, service);
  if (latest.executeStep() && Blob(latest.getColumn(0)) == body) return;
  SQLite::Statement insert(database_,
                           "INSERT INTO observations (trade_key, service, observe_time, state, "
                           "revision, update_time, body) VALUES (?, ?, ?, ?, ?, ?, ?)");
  insert.bind(1, trade_key);
  insert.bind(2, service);
  insert.bind(3, absl::ToUnixMillis(now));
  insert.bind(4, state);
  insert.bind(5, header.revision);
  insert.bind(6, absl::ToUnixMillis(header.update_time));
  BindBlob(insert, 7, body);
  insert.exec();
}

void Ledger::InOneTransaction(const std::function<void()>& body) {
  SQLite::Transaction transaction(database_);
  body();
  transaction.commit();
}

void Ledger::Observe(const TradeView& view, int64_t trade_key, const std::vector<Warning>& warnings,
                     bool partial, absl::Time now) {
  const TradeView own = WithoutForeignAnswers(view);
  const auto append = [&](const std::string& service, const auto* status) {
    if (status == nullptr) return;
    AppendObservation(trade_key, service, ToString(status->state), *status,
                      wire::ToProto(*status).SerializeAsString(), now);
  };
  append("shopping", own.order.get());
  append("payment", own.payment.get());
  append("delivery", own.delivery.get());

  const int64_t millis = absl::ToUnixMillis(now);
  for (const Warning& warning : warnings) {
    const std::string evidence = nlohmann::json(warning.evidence).dump();
    SQLite::Statement again(
        database_,
        "UPDATE warnings SET last_seen = ? WHERE evidence = ? AND trade_key = ? "
        "AND rule = ? AND sentence = ? AND resolve_time IS NULL");
    again.bind(1, millis);
    again.bind(2, evidence);
    again.bind(3, trade_key);
    again.bind(4, warning.rule);
    again.bind(5, warning.sentence);
    if (again.exec() > 0) continue;
    SQLite::Statement insert(database_,
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
  }
  if (partial) return;
  SQLite::Statement resolve(database_,
                            "UPDATE warnings SET resolve_time = ?1 WHERE trade_key = ?2 "
                            "AND resolve_time IS NULL AND last_seen < ?1");
  resolve.bind(1, millis);
  resolve.bind(2, trade_key);
  resolve.exec();
}

std::vector<Observation> Ledger::Observations(int64_t trade_key) {
  std::vector<Observation> observations;
  SQLite::Statement select(database_,
                           "SELECT observe_time, service, state, revision, update_time "
                           "FROM observations WHERE trade_key = ? ORDER BY id");
  select.bind(1, trade_key);
  while (select.executeStep()) {
    observations.push_back({FromMillis(select.getColumn(0)), select.getColumn(1).getString(),
                            select.getColumn(2).getString(), select.getColumn(3).getInt64(),
                            FromMillis(select.getColumn(4))});
  }
  return observations;
}

std::vector<KeptWarning> Ledger::Warnings(int64_t trade_key) {
  std::vector<KeptWarning> warnings;
  SQLite::Statement select(database_,
                           "SELECT rule, severity, sentence, evidence, first_seen, last_seen, "
                           "resolve_time FROM warnings WHERE trade_key = ? ORDER BY id");
  select.bind(1, trade_key);
  while (select.executeStep()) {
    KeptWarning kept;
    kept.warning = {select.getColumn(0).getString(),
                    static_cast<Severity>(select.getColumn(1).getInt()),
                    select.getColumn(2).getString(),
                    nlohmann::json::parse(select.getColumn(3).getString())
                        .get<std::map<std::string, std::string>>()};
    kept.first_seen = FromMillis(select.getColumn(4));
    kept.last_seen = FromMillis(select.getColumn(5));
    if (!select.getColumn(6).isNull()) kept.resolve_time = FromMillis(select.getColumn(6));
    warnings.push_back(std::move(kept));
  }
  return warnings;
}

std::map<int64_t, int> Ledger::OpenWarningCounts() {
  std::map<int64_t, int> counts;
  SQLite::Statement select(database_,
                           "SELECT trade_key, count(*) FROM warnings WHERE resolve_time IS NULL "
                           "GROUP BY trade_key");
  while (select.executeStep()) {
    counts[select.getColumn(0).getInt64()] = select.getColumn(1).getInt();
  }
  return counts;
}

}  // namespace tallystick
