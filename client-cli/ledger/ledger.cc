#include "client-cli/ledger/ledger.h"

#include <sqlite3.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client-cli/ledger/migrations.h"
#include "client-cli/ledger/sql.h"
#include "platform/process/guarded_file.h"
#include "platform/time/backoff.h"

namespace tallystick {
namespace {

constexpr int kBusyTimeoutMs = 10'000;
constexpr BackoffPolicy kLockBackoff = {absl::Milliseconds(2), absl::Milliseconds(100)};

// As much of the file is kept in memory; a sync of many trades reads most of it.
constexpr int kCacheKib = 64 << 10;

constexpr char kPendingRequestsAt[] =
    "SELECT count(*) FROM requests JOIN trades ON trades.key = requests.trade_key "
    "WHERE trades.profile = ? AND requests.state = 0";

// A new file is never readable by others, not even for a moment; one that is there is made so.
absl::Status MakePrivate(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (!folder.empty() && !std::filesystem::exists(folder)) {
    std::filesystem::create_directories(folder);
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all);
  }
  const absl::StatusOr<int> file = OpenGuarded(path, FileGuard::kForOwner, true);
  if (file.ok()) close(*file);
  return file.status();
}

// Here SQLite does not wait for the lock itself: of two processes that make a ledger at once, one
// would fail.
void UseWal(SQLite::Database& database) {
  const absl::Time end = absl::Now() + absl::Milliseconds(kBusyTimeoutMs);
  for (int attempt = 1;; ++attempt) {
    try {
      database.exec("PRAGMA journal_mode = WAL");
      return;
    } catch (const SQLite::Exception& error) {
      if (error.getErrorCode() != SQLITE_BUSY || absl::Now() > end) throw;
    }
    absl::SleepFor(BackoffDelay(kLockBackoff, attempt));
  }
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
  UseWal(database_);
  database_.exec("PRAGMA synchronous = FULL");
  database_.exec("PRAGMA foreign_keys = ON");
  database_.exec(absl::StrCat("PRAGMA cache_size = -", kCacheKib));
}

absl::StatusOr<std::unique_ptr<Ledger>> Ledger::Open(const std::string& path) {
  try {
    const absl::Status own = MakePrivate(path);
    if (!own.ok()) return own;
    auto ledger = std::unique_ptr<Ledger>(new Ledger(path));
    const absl::Status migrated = MigrateLedger(ledger->database_);
    if (!migrated.ok()) {
      return absl::Status(migrated.code(),
                          absl::StrCat("the ledger ", path, ": ", migrated.message()));
    }
    return ledger;
  } catch (const std::exception& error) {
    return absl::UnavailableError(absl::StrCat("cannot open the ledger ", path, ": ", error.what(),
                                               "; set TALLY_LEDGER to a file that you may write"));
  }
}

// How many rows `sql` counts for `profile`.
int64_t Ledger::CountAt(const std::string& profile, const std::string& sql) {
  SQLite::Statement count(database_, sql);
  count.bind(1, profile);
  return count.executeStep() ? count.getColumn(0).getInt64() : 0;
}

absl::Status Ledger::CheckMayChange(const Profile& from, const Profile& to, bool moved) {
  // Profiles of early versions had neither file.
  const bool early = from.token_file.empty();
  const bool elsewhere = (from.address != to.address && !moved) ||
                         (from.ca_file.empty() != to.ca_file.empty() && !early);
  const bool somebody_else = from.token_file != to.token_file && !early;
  const int64_t orders =
      CountAt(from.name,
              "SELECT count(*) FROM trades WHERE profile = ? AND placement = 0 AND sendings > 0");
  if ((elsewhere || somebody_else) && orders > 0) {
    return absl::FailedPreconditionError(absl::StrCat(
        orders, " orders may have reached '", from.name, "' at ", from.address,
        " and must be sent again there and by the same buyer: tally sync finds out what became of "
        "them, tally list shows them, tally drop gives one up. A new token can be written into ",
        from.token_file, " at any time"));
  }
  const int64_t requests = CountAt(from.name, kPendingRequestsAt);
  if (somebody_else && requests > 0) {
    return absl::FailedPreconditionError(absl::StrCat(
        requests, " requests at '", from.name,
        "' are still without an answer and must be sent again by the same buyer: write the new "
        "token into ",
        from.token_file, ", or tally sync first"));
  }
  const int64_t trades =
      CountAt(from.name, "SELECT count(*) FROM trades WHERE profile = ? AND placement = 1");
  if (from.address != to.address && !moved && trades > 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("'", from.name, "' is the shop at ", from.address, ", which has ", trades,
                     " of the ledger's trades: give the one at ", to.address,
                     " a name of its own. If it is the same shop, which has moved, say --moved"));
  }
  return absl::OkStatus();
}

absl::Status Ledger::PutProfile(const Profile& profile, bool make_default, bool moved) {
  Writing transaction(database_);
  for (const bool removed : {false, true}) {
    for (const Profile& known : ReadProfiles(removed)) {
      if (known.name != profile.name) continue;
      const absl::Status may = CheckMayChange(known, profile, moved);
      if (!may.ok()) return may;
    }
  }
  const bool first = Profiles().empty();
  SQLite::Statement put(database_,
                        "INSERT INTO profiles (name, address, ca_file, token_file) "
                        "VALUES (?, ?, ?, ?) "
                        "ON CONFLICT (name) DO UPDATE SET address = excluded.address, "
                        "ca_file = excluded.ca_file, token_file = excluded.token_file, "
                        "removed = 0");
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
  Writing transaction(database_);
  const int64_t orders =
      CountAt(name, "SELECT count(*) FROM trades WHERE profile = ? AND placement = 0");
  const int64_t requests = CountAt(name, kPendingRequestsAt);
  if (orders + requests > 0) {
    return absl::FailedPreconditionError(absl::StrCat(
        orders, " orders and ", requests, " requests at '", name,
        "' are still without an answer: tally sync sends them again under this name, tally drop "
        "gives an order up, or what was asked of a trade, tally shop add ",
        name, " HOST:PORT … corrects an address that was never reached"));
  }
  SQLite::Statement remove(database_,
                           "UPDATE profiles SET removed = 1, is_default = 0 "
                           "WHERE name = ? AND NOT removed");
  remove.bind(1, name);
  if (remove.exec() == 0) {
    return absl::NotFoundError(absl::StrCat("no shop is called '", name, "'"));
  }
  transaction.commit();
  return absl::OkStatus();
}

std::vector<Profile> Ledger::Profiles() { return ReadProfiles(false); }

std::vector<std::string> Ledger::ShopNames() {
  std::vector<std::string> names;
  for (const bool removed : {false, true}) {
    for (Profile& profile : ReadProfiles(removed)) names.push_back(std::move(profile.name));
  }
  return names;
}

std::vector<Profile> Ledger::ReadProfiles(bool removed) {
  std::vector<Profile> profiles;
  SQLite::Statement select(database_,
                           "SELECT name, address, ca_file, token_file FROM profiles "
                           "WHERE removed = ? ORDER BY name");
  select.bind(1, removed ? 1 : 0);
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
