#include "client-cli/ledger/migrations.h"

#include <sqlite3.h>

#include "absl/strings/str_cat.h"
#include "client-cli/ledger/sql.h"
#include "client-cli/wire/record.h"

namespace tallystick {
namespace {

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
)sql",
    // What is known of whether an order that has had no answer reached the shop.
    R"sql(
ALTER TABLE trades ADD COLUMN sendings INTEGER NOT NULL DEFAULT 1;  -- that may have arrived
)sql",
    // A trade is one trade, whatever the names of the shop under which it came to be known: rows of
    // the same contents, which have the trading id, become one. That was told of the reference
    // under each name, and which shop a removed name was, stays known: nothing is ordered twice.
    // Nor is what only sync has found out.
    R"sql(
ALTER TABLE profiles ADD COLUMN removed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE trades ADD COLUMN reported INTEGER NOT NULL DEFAULT 1;  -- a command has told its outcome
UPDATE trades SET reported = 0 WHERE placement = 0;
ALTER TABLE requests ADD COLUMN reported INTEGER NOT NULL DEFAULT 1;
UPDATE requests SET reported = 0 WHERE state = 0;
CREATE TABLE aliases (                 -- further names of the buyer's for placed trades
  profile TEXT NOT NULL, reference TEXT NOT NULL,
  trade_key INTEGER NOT NULL REFERENCES trades (key),
  PRIMARY KEY (profile, reference)) WITHOUT ROWID;
ALTER TABLE trades ADD COLUMN digest BLOB;  -- of the contents
UPDATE trades SET digest = contents_digest(information) WHERE placement = 1;
CREATE INDEX trades_by_digest ON trades (digest);
CREATE TEMP TABLE same AS
  SELECT trades.key AS from_key,
    (SELECT other.key FROM trades AS other WHERE other.digest = trades.digest
     ORDER BY other.profile IN (SELECT name FROM profiles) DESC, other.key LIMIT 1) AS into_key
  FROM trades WHERE trades.digest IS NOT NULL;
DELETE FROM same WHERE from_key = into_key;
INSERT OR IGNORE INTO aliases SELECT profile, reference, into_key
  FROM trades JOIN same ON from_key = key WHERE reference IS NOT NULL;
UPDATE observations SET trade_key = (SELECT into_key FROM same WHERE from_key = trade_key)
  WHERE trade_key IN (SELECT from_key FROM same);
DELETE FROM observations AS again WHERE trade_key IN (SELECT into_key FROM same)
  AND EXISTS (SELECT 1 FROM observations AS first WHERE first.trade_key = again.trade_key
    AND first.service = again.service AND first.revision = again.revision
    AND first.body = again.body AND first.id < again.id);
INSERT INTO sightings SELECT into_key, what, number, first_seen FROM sightings
  JOIN same ON from_key = trade_key WHERE true
  ON CONFLICT DO UPDATE SET first_seen = min(first_seen, excluded.first_seen);
DELETE FROM sightings WHERE trade_key IN (SELECT from_key FROM same);
UPDATE warnings SET trade_key = (SELECT into_key FROM same WHERE from_key = trade_key)
  WHERE trade_key IN (SELECT from_key FROM same);
DELETE FROM warnings WHERE resolve_time IS NULL AND trade_key IN (SELECT into_key FROM same)
  AND id <> (SELECT kept.id FROM warnings AS kept WHERE kept.trade_key = warnings.trade_key
    AND kept.rule = warnings.rule AND kept.sentence = warnings.sentence
    AND kept.evidence = warnings.evidence AND kept.resolve_time IS NULL
    ORDER BY kept.acknowledge_time IS NULL, kept.id LIMIT 1);
UPDATE OR IGNORE payment_references
  SET trade_key = (SELECT into_key FROM same WHERE from_key = trade_key)
  WHERE trade_key IN (SELECT from_key FROM same);
DELETE FROM payment_references WHERE trade_key IN (SELECT from_key FROM same);
UPDATE requests SET trade_key = (SELECT into_key FROM same WHERE from_key = trade_key)
  WHERE trade_key IN (SELECT from_key FROM same);
UPDATE OR IGNORE snapshot_requests
  SET trade_key = (SELECT into_key FROM same WHERE from_key = trade_key)
  WHERE trade_key IN (SELECT from_key FROM same);
DELETE FROM snapshot_requests WHERE trade_key IN (SELECT from_key FROM same);
DELETE FROM trades WHERE key IN (SELECT from_key FROM same);
DROP TABLE same;
DROP INDEX trades_by_digest;
DROP INDEX IF EXISTS trades_by_trading_id;
DROP INDEX IF EXISTS trades_once;
CREATE UNIQUE INDEX trades_once ON trades (digest) WHERE placement = 1;
)sql",
    // What a service is held to again after it went back on its word and the buyer took note.
    R"sql(
CREATE TABLE taken_anew (
  trade_key INTEGER NOT NULL REFERENCES trades (key),
  service TEXT NOT NULL,
  since INTEGER NOT NULL,              -- it is held to what was observed from then on
  PRIMARY KEY (trade_key, service)) WITHOUT ROWID;
)sql",
    // So that whoever looks for open trades, or for those without an answer, need not read all.
    R"sql(
ALTER TABLE trades ADD COLUMN ended INTEGER NOT NULL DEFAULT 0;  -- nothing will change
CREATE INDEX trades_pending ON trades (profile) WHERE placement = 0;
)sql"};
constexpr int kSchemaVersion = sizeof(kMigrations) / sizeof(kMigrations[0]);

// contents_digest(information): computed here, not taken from the shop.
void ContentsDigestOf(sqlite3_context* context, int, sqlite3_value** arguments) {
  v1::TradingInformation information;
  if (!information.ParseFromArray(sqlite3_value_blob(arguments[0]),
                                  sqlite3_value_bytes(arguments[0]))) {
    return sqlite3_result_null(context);
  }
  const std::string digest = ContentsDigest(FromProto(information).contents);
  sqlite3_result_blob(context, digest.data(), static_cast<int>(digest.size()), SQLITE_TRANSIENT);
}

int VersionOf(SQLite::Database& database) {
  return database.execAndGet("PRAGMA user_version").getInt();
}

}  // namespace

absl::Status MigrateLedger(SQLite::Database& database) {
  // Mostly there is nothing to do: then nobody waits for those who write.
  if (VersionOf(database) == kSchemaVersion) return absl::OkStatus();
  database.createFunction("contents_digest", 1, true, nullptr, ContentsDigestOf);
  Writing transaction(database);
  const int version = VersionOf(database);
  if (version > kSchemaVersion) {
    return absl::FailedPreconditionError("it was written by a newer tally; use that one");
  }
  for (int next = version; next < kSchemaVersion; ++next) {
    database.exec(kMigrations[next]);
    database.exec(absl::StrCat("PRAGMA user_version = ", next + 1));
  }
  transaction.commit();
  return absl::OkStatus();
}

}  // namespace tallystick
