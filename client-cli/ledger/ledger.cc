#include "client-cli/ledger/ledger.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "client-cli/ledger/sql.h"

namespace tallystick {
namespace {

constexpr int kBusyTimeoutMs = 10'000;

// One entry for each version of the file; a file of version n has had the first n.
constexpr const char* kMigrations[] = {
    R"sql(
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
)sql",
    R"sql(
ALTER TABLE observations ADD COLUMN filled_in INTEGER NOT NULL DEFAULT 0;  -- not the latest
ALTER TABLE warnings ADD COLUMN acknowledge_time INTEGER;
ALTER TABLE trades ADD COLUMN likeness BLOB;  -- of what was ordered and where to, for TWICE-1
ALTER TABLE trades ADD COLUMN order_time INTEGER;
CREATE INDEX trades_by_likeness ON trades (likeness, order_time);
CREATE TABLE payment_references (
  reference TEXT NOT NULL, trade_key INTEGER NOT NULL REFERENCES trades (key),
  PRIMARY KEY (reference, trade_key)) WITHOUT ROWID;
CREATE TABLE limits (currency TEXT PRIMARY KEY, minor_units INTEGER NOT NULL);
CREATE TABLE requests (
  request_id TEXT PRIMARY KEY,
  trade_key INTEGER NOT NULL REFERENCES trades (key),
  kind INTEGER NOT NULL,               -- 0 cancel, 1 return
  lines TEXT NOT NULL, reason TEXT NOT NULL,
  create_time INTEGER NOT NULL, state INTEGER NOT NULL);  -- 0 pending, 1 done, 2 refused
CREATE TABLE snapshot_requests (
  trade_key INTEGER NOT NULL REFERENCES trades (key), text TEXT NOT NULL,
  receive_time INTEGER NOT NULL, PRIMARY KEY (trade_key, text));
)sql",
    // Tokens stand in files of their own, where they can be renewed.
    R"sql(
ALTER TABLE profiles DROP COLUMN token;
ALTER TABLE profiles ADD COLUMN ca_file TEXT NOT NULL DEFAULT '';
ALTER TABLE profiles ADD COLUMN token_file TEXT NOT NULL DEFAULT '';
)sql",
    // Grace is given from the ledger's own first sight, and nothing is forgotten for a lower
    // revision.
    R"sql(
CREATE TABLE sightings (
  trade_key INTEGER NOT NULL REFERENCES trades (key),
  what INTEGER NOT NULL,               -- Sight
  number INTEGER NOT NULL, first_seen INTEGER NOT NULL,
  PRIMARY KEY (trade_key, what, number)) WITHOUT ROWID;
INSERT INTO sightings SELECT trade_key,
  CASE service WHEN 'shopping' THEN 0 WHEN 'payment' THEN 1 ELSE 2 END, revision, min(observe_time)
  FROM observations GROUP BY trade_key, service, revision;
DROP INDEX observations_by_trade;
CREATE INDEX observations_by_revision ON observations (trade_key, service, revision);
ALTER TABLE observations DROP COLUMN filled_in;
ALTER TABLE requests ADD COLUMN done_time INTEGER;  -- when the shop agreed
UPDATE requests SET done_time = create_time WHERE state = 1;
ALTER TABLE trades ADD COLUMN check_time INTEGER NOT NULL DEFAULT 0;  -- when all three answered
)sql"};
constexpr int kSchemaVersion = sizeof(kMigrations) / sizeof(kMigrations[0]);

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
    for (int next = version; next < kSchemaVersion; ++next) {
      database.exec(kMigrations[next]);
      database.exec(absl::StrCat("PRAGMA user_version = ", next + 1));
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
  size_t pending = Pending(profile).size();
  SQLite::Statement requests(database_,
                             "SELECT count(*) FROM requests JOIN trades "
                             "ON trades.key = requests.trade_key "
                             "WHERE requests.state = 0 AND trades.profile = ?");
  requests.bind(1, profile);
  if (requests.executeStep()) pending += static_cast<size_t>(requests.getColumn(0).getInt64());
  if (pending == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(pending, " orders or requests at '", profile,
                   "' are still without an answer; tally sync first, so that they go to the shop "
                   "and under the name that they were sent with"));
}

absl::Status Ledger::PutProfile(const Profile& profile, bool make_default) {
  const absl::StatusOr<Profile> known = FindProfile(profile.name);
  if (known.ok() && !known->token_file.empty() &&
      (known->address != profile.address || known->token_file != profile.token_file ||
       known->ca_file.empty() != profile.ca_file.empty())) {
    const absl::Status free = CheckNothingPending(profile.name);
    if (!free.ok()) return free;
  }
  Writing transaction(database_);
  const bool first = database_.execAndGet("SELECT count(*) FROM profiles").getInt() == 0;
  SQLite::Statement put(database_,
                        "INSERT INTO profiles (name, address, ca_file, token_file) "
                        "VALUES (?, ?, ?, ?) "
                        "ON CONFLICT (name) DO UPDATE SET address = excluded.address, "
                        "ca_file = excluded.ca_file, token_file = excluded.token_file");
  put.bind(1, profile.name);
  put.bind(2, profile.address);
  put.bind(3, profile.ca_file);
  put.bind(4, profile.token_file);
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
  SQLite::Statement select(database_,
                           "SELECT name, address, ca_file, token_file FROM profiles "
                           "ORDER BY name");
  while (select.executeStep()) {
    profiles.push_back({select.getColumn(0).getString(), select.getColumn(1).getString(),
                        select.getColumn(2).getString(), select.getColumn(3).getString()});
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
      wanted.empty()
          ? "no shop is known yet: tally shop add NAME HOST:PORT --ca FILE --token-file FILE"
          : absl::StrCat("no shop is called '", wanted,
                         "': tally shop list shows those that are known"));
}

void Ledger::InOneTransaction(const std::function<void()>& body) {
  Writing transaction(database_);
  body();
  transaction.commit();
}

std::map<std::string, int64_t> Ledger::Limits() {
  std::map<std::string, int64_t> limits;
  SQLite::Statement select(database_, "SELECT currency, minor_units FROM limits");
  while (select.executeStep()) {
    limits[select.getColumn(0).getString()] = select.getColumn(1).getInt64();
  }
  return limits;
}

void Ledger::SetLimit(const Money& limit) {
  SQLite::Statement put(database_,
                        "INSERT INTO limits (currency, minor_units) VALUES (?, ?) "
                        "ON CONFLICT (currency) DO UPDATE SET minor_units = excluded.minor_units");
  put.bind(1, limit.currency);
  put.bind(2, limit.minor);
  put.exec();
}

void Ledger::ClearLimit(const std::string& currency) {
  SQLite::Statement clear(database_, "DELETE FROM limits WHERE ?1 = '' OR currency = ?1");
  clear.bind(1, currency);
  clear.exec();
}

}  // namespace tallystick
