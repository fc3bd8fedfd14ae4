// The buyer's ledger: a SQLite file, mode 0600. An order is written here before it is sent.
// Observations are appended, never changed.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "client-cli/ledger/sql.h"
#include "client-cli/trade/profile.h"
#include "client-cli/trade/trade.h"
#include "client-cli/trade/view.h"
#include "client-cli/trade/warning.h"

namespace tallystick {

// The orders without a reference that a run of tally has to do with: those that it found, and its
// own.
struct KnownOrders {
  int64_t last_key;  // when it began to look
  std::set<Uuid> request_ids;
};

// Whether a new order may be written down and sent.
using MayWrite = std::function<absl::Status(const LedgerTrade&)>;

struct PlacedTrade {
  int64_t key = 0;
  std::string profile;
  absl::Time check_time;  // see LedgerTrade
  bool ended = false;
};

// Not thread-safe; several processes may use one file. Methods without a status abort the command
// with the exception that SQLite gave (main reports it): a ledger that cannot be written is no
// ledger.
class Ledger {
 public:
  // Creates the file and its folder if needed. FAILED_PRECONDITION when a newer tally wrote it.
  static absl::StatusOr<std::unique_ptr<Ledger>> Open(const std::string& path);

  // $TALLY_LEDGER, else $XDG_DATA_HOME/tallystick/ledger.db, else below ~/.local/share.
  static std::string DefaultPath();

  // FAILED_PRECONDITION while orders are pending that may have reached the shop, if its address or
  // token file would change: they must be sent again as they were sent. And a name stays with its
  // shop: FAILED_PRECONDITION if the address would change of one that has trades, also one that was
  // removed. `moved`: it is the same shop at the new address.
  absl::Status PutProfile(const Profile& profile, bool make_default, bool moved = false);
  // FAILED_PRECONDITION while anything is pending there. Which shop it was stays known.
  absl::Status RemoveProfile(const std::string& name);
  std::vector<Profile> Profiles();
  // What shops are called, and what those were that are forgotten: trades stay under their names.
  std::vector<std::string> ShopNames();
  // The default one when `name` is empty. NOT_FOUND with what to do.
  absl::StatusOr<Profile> FindProfile(const std::string& name);
  std::string DefaultProfile();

  // Orders are about to be sent to the shop as `profile` has it: new ones (without a key) are
  // written down, and of each is noted that it may have reached the shop. Those that another run
  // has had an answer to, or dropped, and new ones of a reference that an order at that shop has,
  // are taken out of `trades`; what stands in the ledger instead is given. So are, with `known`,
  // new ones without a reference that another run has written since that is not known. ABORTED when
  // the shop was changed meanwhile. One transaction; `may_write` is asked within it before each new
  // order is written, and its error is given, nothing being written then.
  absl::StatusOr<std::vector<LedgerTrade>> BeginSending(const Profile& profile,
                                                        std::vector<LedgerTrade>& trades,
                                                        KnownOrders* known = nullptr,
                                                        const MayWrite& may_write = nullptr);
  // Sendings that were begun have certainly not reached the shop.
  void NoteUndelivered(std::span<const LedgerTrade> trades);
  // One transaction for all of them. INTERNAL, and pending again in `trades` as in the ledger, for
  // an answer that has the trading id of another order; if that is the same trade, which a shop has
  // listed, the two become one.
  absl::Status RecordPlacements(std::span<LedgerTrade> trades);
  // A command has said what became of these; of the pending ones, it has not.
  void MarkReported(std::span<const LedgerTrade> trades);
  // How long the same order without a reference, or the same request, is held to be the same one
  // again, while no command has told what became of it.
  static constexpr absl::Duration kUnreported = absl::Hours(24);
  // The orders without a reference at the shop of `profile` of which no command has said what
  // became of them: pending, or placed since then. (What sync finds out may go by unseen.)
  std::vector<LedgerTrade> Unreported(const std::string& profile, absl::Time since);
  // The key of the trade that was written last.
  int64_t LastKey();
  // The same order that another run has written; from then on it is known.
  std::optional<LedgerTrade> FindUnknown(const std::string& profile, const OrderRequest& request,
                                         KnownOrders& known);
  // Gives a pending order up. FAILED_PRECONDITION when it may have reached the shop, unless
  // `even_if_placed`; or when it is not pending any more.
  absl::Status Drop(const LedgerTrade& trade, bool even_if_placed);

  // In the order in which they were written, one after the other: together they may be more than
  // fits into memory. The first: without those that have ended.
  void ForEachOpen(absl::FunctionRef<void(LedgerTrade)> visit);
  void ForEachTrade(absl::FunctionRef<void(LedgerTrade)> visit);
  // Those that are placed, in that order, without what they are about.
  std::vector<PlacedTrade> Placed();
  // The `most` that were placed last, that of now first; without what the services said.
  std::vector<LedgerTrade> LatestPlaced(int most);
  // The orders without an answer, of all shops.
  std::vector<LedgerTrade> Pending();
  // Those that can be sent to the shop of `profile` by the buyer that it names, whatever the name
  // that the shop had when they were written.
  std::vector<LedgerTrade> Pending(const std::string& profile);
  // Likewise.
  std::optional<LedgerTrade> FindByReference(const std::string& profile,
                                             const std::string& reference);
  std::optional<LedgerTrade> FindByRequestId(const Uuid& request_id);
  // What was ordered since then, by currency, and what may have been: orders without an answer
  // count, whenever they were written, with the total that was expected of them.
  std::map<std::string, int64_t> OrderedSince(absl::Time since);
  // A placed trade by its reference, its number (its key, "#12" or "12"), its trading id, or a
  // unique prefix of that of at least four characters. Of several, that at the shop of `profile`,
  // if one is given. INVALID_ARGUMENT with the candidates when they are several.
  absl::StatusOr<LedgerTrade> Find(const std::string& name, const std::string& profile = "");
  // An order without an answer by its reference or a prefix of its request id, likewise.
  absl::StatusOr<LedgerTrade> FindPending(const std::string& name, const std::string& profile = "");

  // Takes in a trade that the shop of `profile` listed. One trade is one, whatever the names of its
  // shop: it is known by its contents, which have its id. If the name under which the ledger has it
  // is forgotten, it goes over to `profile`.
  Listed AddKnown(const std::string& profile, const TradingInformation& information,
                  absl::Time now);

  // Fills in what the match needs besides the answers: what was seen before and when first, what
  // was asked for, twins, references of payments that belong to other trades.
  void Recall(const LedgerTrade& trade, absl::Duration twice_window, TradeView& view);

  // Adds what the services answered about a trade (`view` has no foreign answers) and the warnings
  // that the match gave. An answer that says nothing new is not added again. Warnings that no
  // longer hold, and that were not found since the services were asked, are resolved, unless the
  // check was `partial`: then nothing can be said of what did not come up. Those of HISTORY stay
  // until they are acknowledged, too. Gives for each warning whether it is acknowledged.
  std::vector<bool> Observe(const TradeView& view, int64_t trade_key,
                            const std::vector<Warning>& warnings, bool partial, absl::Time now);
  // Adds changes between two answers; they are not the latest.
  template <typename Status>
  void FillIn(int64_t trade_key, const std::vector<Status>& statuses, absl::Time now);
  // Whether nothing will change any more, by what its services are held to; and when all three had
  // answered last, which only grows.
  void NoteEnded(int64_t trade_key, bool ended, absl::Time check_time);
  // The revisions of one side up to the latest that were not observed, as (after, until) in
  // between; nullopt when none is missing.
  std::optional<std::pair<int64_t, int64_t>> MissingRevisions(int64_t trade_key, Side side);
  // Runs `body` in one transaction.
  void InOneTransaction(const std::function<void()>& body);

  // By the time of the change.
  std::vector<Observation> Observations(int64_t trade_key);

  // Of one trade, or of all when 0. In the order in which they were first seen.
  std::vector<KeptWarning> Warnings(int64_t trade_key);
  // Of one trade, those that are not resolved.
  std::vector<KeptWarning> UnresolvedWarnings(int64_t trade_key);
  // Of all trades, those neither resolved nor acknowledged: how many by trade.
  std::map<int64_t, int> OpenWarningCounts();
  // False when there is no such warning, or it is resolved. Of a warning that a service went back
  // on its word: from when it was found first, what that service said before is no longer held
  // against it.
  bool Acknowledge(int64_t warning_id, absl::Time now);

  // The limits on what is unsettled, by currency.
  std::map<std::string, int64_t> Limits();
  void SetLimit(const Money& limit);
  void ClearLimit(const std::string& currency);  // of all currencies, when empty

  // `request`, written down; or the one of the same contents that is pending, or that was agreed to
  // within the last day while no command has said so.
  TradeRequest AddRequest(TradeRequest request);
  void MarkReported(const TradeRequest& request);
  void RecordRequest(const Uuid& request_id, TradeRequest::State state, absl::Time now);
  std::vector<TradeRequest> PendingRequests();
  // Gives up what was asked of a trade and has had no answer. How many requests that were.
  int DropRequests(int64_t trade_key);
  absl::StatusOr<LedgerTrade> FindByKey(int64_t key);

  // Statuses at a time that were asked for.
  void AddSnapshotRequest(int64_t trade_key, const SnapshotRequest& request);
  std::optional<SnapshotRequest> FindSnapshotRequest(int64_t trade_key, const std::string& text);
  void RemoveSnapshotRequest(int64_t trade_key, const std::string& text);

 private:
  explicit Ledger(const std::string& path);
  absl::Status CheckMayChange(const Profile& from, const Profile& to, bool moved);
  std::vector<Profile> ReadProfiles(bool removed);
  int64_t CountAt(const std::string& profile, const std::string& sql);
  absl::StatusOr<LedgerTrade> FindNamed(const std::string& name, const std::string& id_column,
                                        const std::string& condition, const std::string& what,
                                        const std::string& profile);
  // Another trade than `trade` has the trading id of its answer: true when they have become one.
  std::optional<bool> FoldIntoListed(LedgerTrade& trade);
  void MoveServices(int64_t trade_key, const ServiceAddresses& services);
  void AddAlias(const std::string& profile, const std::string& reference, int64_t trade_key);
  LedgerTrade ReadTrade(SQLite::Statement& row);
  void ForEach(const std::string& condition, absl::FunctionRef<void(LedgerTrade)> visit);
  void AttachLatest(LedgerTrade& trade);
  template <typename Status>
  void AppendObservation(int64_t trade_key, const Status& status, absl::Time now);
  void RecallPast(const LedgerTrade& trade, TradeView& view);
  void RecallSightings(const LedgerTrade& trade, TradeView& view);
  void RecallAsked(const LedgerTrade& trade, TradeView& view);
  void RecallTwin(const LedgerTrade& trade, absl::Duration twice_window, TradeView& view);
  void RecallReferences(const LedgerTrade& trade, TradeView& view);
  void TakeAnew(int64_t trade_key, Side side, int64_t since);
  bool KeepWarning(int64_t trade_key, const Warning& warning, int64_t millis);

  SQLite::Database database_;
  Statements statements_{database_};
};

}  // namespace tallystick
