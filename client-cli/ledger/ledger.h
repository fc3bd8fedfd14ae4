// The buyer's ledger: a SQLite file, mode 0600. An order is written here before it is sent.
// Observations are appended, never changed.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client-cli/ledger/trade.h"

namespace tallystick {

// Not thread-safe; several processes may use one file. Methods without a status abort the command
// with the exception that SQLite gave (main reports it): a ledger that cannot be written is no
// ledger.
class Ledger {
 public:
  // Creates the file and its folder if needed. FAILED_PRECONDITION when a newer tally wrote it.
  static absl::StatusOr<std::unique_ptr<Ledger>> Open(const std::string& path);

  // $TALLY_LEDGER, else $XDG_DATA_HOME/tallystick/ledger.db, else below ~/.local/share.
  static std::string DefaultPath();

  // FAILED_PRECONDITION while orders are pending at a shop whose address or token would change or
  // go: they must be sent again as they were sent.
  absl::Status PutProfile(const Profile& profile, bool make_default);
  absl::Status RemoveProfile(const std::string& name);
  std::vector<Profile> Profiles();
  // The default one when `name` is empty. NOT_FOUND with what to do.
  absl::StatusOr<Profile> FindProfile(const std::string& name);
  std::string DefaultProfile();

  // Writes orders that are about to be sent; one transaction.
  void AddPending(std::vector<LedgerTrade>& trades);
  // One transaction for all of them.
  void RecordPlacements(const std::vector<LedgerTrade>& trades);

  // In the order in which they were written.
  std::vector<LedgerTrade> Trades();
  std::vector<LedgerTrade> Pending(const std::string& profile);
  std::optional<LedgerTrade> FindByReference(const std::string& profile,
                                             const std::string& reference);
  // By trading id or a unique prefix of it, of at least four characters.
  absl::StatusOr<LedgerTrade> FindByPrefix(const std::string& prefix);

  // Adds what the services answered about a trade and the warnings that the match gave. An answer
  // that says nothing new is not added again. Warnings that no longer hold are resolved, unless the
  // check was `partial`: then nothing can be said of what did not come up.
  void Observe(const TradeView& view, int64_t trade_key, const std::vector<Warning>& warnings,
               bool partial, absl::Time now);
  // Runs `body` in one transaction.
  void InOneTransaction(const std::function<void()>& body);

  std::vector<Observation> Observations(int64_t trade_key);
  std::vector<KeptWarning> Warnings(int64_t trade_key);
  // Of all trades, those not resolved: how many by trade.
  std::map<int64_t, int> OpenWarningCounts();

 private:
  explicit Ledger(const std::string& path);
  absl::Status CheckNothingPending(const std::string& profile);
  LedgerTrade ReadTrade(SQLite::Statement& row);
  void AttachLatest(LedgerTrade& trade);
  void AppendObservation(int64_t trade_key, const std::string& service, const std::string& state,
                         const StatusHeader& header, const std::string& body, absl::Time now);

  SQLite::Database database_;
};

}  // namespace tallystick
