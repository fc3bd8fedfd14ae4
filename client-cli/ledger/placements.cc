// How trades come into the ledger: written down before they are sent, answered, or listed by a
// shop.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client-cli/ledger/ledger.h"
#include "client-cli/ledger/sql.h"
#include "client-cli/ledger/trade_rows.h"
#include "client-cli/wire/record.h"

namespace tallystick {

std::string LikenessOf(const OrderContents& contents) {
  CanonicalWriter writer;
  writer.Text(contents.currency).Number(static_cast<int64_t>(contents.terms));
  for (const std::string& line : contents.ship_to.lines) writer.Text(line);
  for (const ContentsLine& line : contents.lines) writer.Text(line.sku).Number(line.quantity);
  return Sha256(writer.bytes());
}

absl::StatusOr<std::vector<LedgerTrade>> Ledger::BeginSending(const Profile& profile,
                                                              std::vector<LedgerTrade>& trades,
                                                              KnownOrders* known,
                                                              const MayWrite& may_write) {
  Writing transaction(database_);
  const absl::StatusOr<Profile> now = FindProfile(profile.name);
  if (!now.ok() || *now != profile) {
    return absl::AbortedError(absl::StrCat("shop '", profile.name,
                                           "' was changed meanwhile, and no more is sent: run "
                                           "the command again"));
  }
  SQLite::Statement insert(database_,
                           "INSERT INTO trades (profile, request_id, reference, request, "
                           "create_time, placement, sendings, reported) "
                           "VALUES (?, ?, nullif(?, ''), ?, ?, 0, 1, 0)");
  SQLite::Statement again(database_,
                          absl::StrCat("UPDATE trades SET sendings = sendings + 1, reported = 0 "
                                       "WHERE key = ?2 AND placement = 0 AND ",
                                       kAtTheSameShop));
  std::vector<LedgerTrade> others;
  std::vector<LedgerTrade> begun;
  for (LedgerTrade& trade : trades) {
    std::optional<LedgerTrade> other;
    if (trade.key == 0) {
      // Another run may have written an order of the same name meanwhile, or the same without one.
      const bool named = !trade.request.reference.empty();
      if (named) other = FindByReference(profile.name, trade.request.reference);
      if (!named && known != nullptr) other = FindUnknown(profile.name, trade.request, *known);
      if (!other) {
        const absl::Status allowed = may_write ? may_write(trade) : absl::OkStatus();
        if (!allowed.ok()) return allowed;
        insert.bind(1, trade.profile);
        insert.bind(2, trade.request_id.ToString());
        insert.bind(3, trade.request.reference);
        BindBlob(insert, 4, ToProto(trade.request, trade.request_id).SerializeAsString());
        insert.bind(5, absl::ToUnixMillis(trade.create_time));
        insert.exec();
        insert.reset();
        trade.key = database_.getLastInsertRowid();
        if (known != nullptr) known->request_ids.insert(trade.request_id);
      }
    } else {
      again.bind(1, profile.name);
      again.bind(2, trade.key);
      if (again.exec() == 0) other = FindByRequestId(trade.request_id).value_or(trade);
      again.reset();
    }
    ++trade.sendings;
    (other ? others : begun).push_back(other ? *std::move(other) : std::move(trade));
  }
  transaction.commit();
  trades = std::move(begun);
  return others;
}

void Ledger::NoteUndelivered(std::span<const LedgerTrade> trades) {
  Writing transaction(database_);
  SQLite::Statement update(database_, "UPDATE trades SET sendings = sendings - 1 WHERE key = ?");
  for (const LedgerTrade& trade : trades) {
    update.bind(1, trade.key);
    update.exec();
    update.reset();
  }
  transaction.commit();
}

absl::Status Ledger::Drop(const LedgerTrade& trade, bool even_if_placed) {
  SQLite::Statement drop(database_,
                         "UPDATE trades SET placement = 3, reference = NULL "
                         "WHERE key = ? AND placement = 0 AND (sendings = 0 OR ?)");
  drop.bind(1, trade.key);
  drop.bind(2, even_if_placed ? 1 : 0);
  if (drop.exec() > 0) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "the shop may have accepted this order, and delivers it then: tally sync finds out. "
      "--even-if-placed drops it all the same; if the shop has it, you will have to cancel or pay "
      "it there, and tally sync --rebuild takes it into the ledger again");
}

// What came from a shop's list was placed by a run whose ledger was lost, or under another name of
// the shop: its request was made up, without the payment method.
std::optional<bool> Ledger::FoldIntoListed(LedgerTrade& trade) {
  const OrderContents& contents = trade.information->contents;
  SQLite::Statement select(
      // (By an index each: this runs for every order of an import.)
      database_,
      absl::StrCat(kSelectTrade,
                   "WHERE key <> ?1 AND key IN "
                   "(SELECT key FROM trades WHERE placement = 1 AND digest = ?2 UNION ALL "
                   "SELECT key FROM trades WHERE placement = 1 AND trading_id = ?3 "
                   "AND profile = ?4) ORDER BY digest = ?2 DESC"));
  select.bind(1, trade.key);
  BindBlob(select, 2, ContentsDigest(contents));
  select.bind(3, contents.trading_id.ToString());
  select.bind(4, trade.profile);
  if (!select.executeStep()) return std::nullopt;
  const LedgerTrade other = ReadTrade(select);
  select.reset();
  const bool same = ContentsDigest(other.information->contents) == ContentsDigest(contents);
  if (!same || !other.request.payment_method.empty()) return false;
  SQLite::Statement remove(database_, "DELETE FROM trades WHERE key = ?");
  remove.bind(1, trade.key);
  remove.exec();
  SQLite::Statement update(database_,
                           "UPDATE trades SET request_id = ?, request = ?, create_time = ?, "
                           "reported = 0 WHERE key = ?");
  update.bind(1, trade.request_id.ToString());
  BindBlob(update, 2, ToProto(trade.request, trade.request_id).SerializeAsString());
  update.bind(3, absl::ToUnixMillis(trade.create_time));
  update.bind(4, other.key);
  update.exec();
  AddAlias(trade.profile, trade.request.reference, other.key);
  trade.key = other.key;
  return true;
}

void Ledger::AddAlias(const std::string& profile, const std::string& reference, int64_t trade_key) {
  if (reference.empty()) return;
  SQLite::Statement insert(database_,
                           "INSERT OR IGNORE INTO aliases (profile, reference, trade_key) "
                           "SELECT ?1, ?2, ?3 WHERE NOT EXISTS "
                           "(SELECT 1 FROM trades WHERE profile = ?1 AND reference = ?2)");
  insert.bind(1, profile);
  insert.bind(2, reference);
  insert.bind(3, trade_key);
  insert.exec();
}

// A refused order gives its reference free: it may be tried again. What is placed stays placed,
// whatever another run of tally heard, and no answer takes nothing back.
absl::Status Ledger::RecordPlacements(std::span<LedgerTrade> trades) {
  Writing transaction(database_);
  SQLite::Statement update(database_,
                           "UPDATE trades SET placement = ?1, refusal = ?2, "
                           "trading_id = nullif(?3, ''), information = ?4, place_time = ?5, "
                           "reference = CASE WHEN ?1 = 2 OR EXISTS (SELECT 1 FROM trades AS other "
                           "WHERE other.profile = trades.profile AND other.reference = ?6 "
                           "AND other.key <> ?7) THEN NULL ELSE nullif(?6, '') END, "
                           "likeness = ?8, order_time = ?9, digest = ?10 "
                           "WHERE key = ?7 AND placement <> 1");
  absl::Status untaken;
  for (LedgerTrade& trade : trades) {
    if (trade.placement == Placement::kPending) continue;
    const std::optional<LedgerTrade> now = FindByRequestId(trade.request_id);
    if (!now || now->placement == Placement::kPlaced) continue;
    if (trade.information) {
      const std::optional<bool> folded = FoldIntoListed(trade);
      if (folded && !*folded) {
        untaken = absl::InternalError(absl::StrCat("the shop's answer is not taken: trading id ",
                                                   trade.information->trading_id,
                                                   " is that of another order"));
        trade.placement = now->placement;
        trade.information.reset();
      }
      if (folded) continue;
    }
    update.bind(1, static_cast<int>(trade.placement));
    update.bind(2, trade.refusal);
    update.bind(3, trade.information ? trade.information->contents.trading_id.ToString() : "");
    if (trade.information) {
      BindBlob(update, 4, ToProto(*trade.information).SerializeAsString());
      BindBlob(update, 8, LikenessOf(trade.information->contents));
      update.bind(9, absl::ToUnixMillis(trade.information->contents.order_time));
      BindBlob(update, 10, ContentsDigest(trade.information->contents));
    } else {
      update.bind(4);
      update.bind(8);
      update.bind(9);
      update.bind(10);
    }
    update.bind(5, absl::ToUnixMillis(trade.place_time));
    update.bind(6, trade.request.reference);
    update.bind(7, trade.key);
    update.exec();
    update.reset();
  }
  transaction.commit();
  return untaken;
}

void Ledger::MarkReported(std::span<const LedgerTrade> trades) {
  Writing transaction(database_);
  SQLite::Statement update(
      database_, "UPDATE trades SET reported = 1 WHERE request_id = ? AND placement <> 0");
  for (const LedgerTrade& trade : trades) {
    // (Another run may have had the answer since: that was not told.)
    if (trade.placement == Placement::kPending) continue;
    update.bind(1, trade.request_id.ToString());
    update.exec();
    update.reset();
  }
  transaction.commit();
}

// Where a shop's services answer is its latest word; the rest stays as it was first told.
void Ledger::MoveServices(int64_t trade_key, const ServiceAddresses& services) {
  absl::StatusOr<LedgerTrade> trade = FindByKey(trade_key);
  if (!trade.ok() || trade->information->services == services) return;
  trade->information->services = services;
  SQLite::Statement update(database_, "UPDATE trades SET information = ? WHERE key = ?");
  BindBlob(update, 1, ToProto(*trade->information).SerializeAsString());
  update.bind(2, trade_key);
  update.exec();
}

// Its request is made up from the contents: it was placed, and is never sent again.
Listed Ledger::AddKnown(const std::string& profile, const TradingInformation& information,
                        absl::Time now) {
  const OrderContents& contents = information.contents;
  const std::string& reference = contents.buyer_reference;
  const std::string digest = ContentsDigest(contents);
  SQLite::Statement known(
      database_, absl::StrCat("SELECT key, profile, ifnull(reference, ''), ", kAtTheSameShop,
                              ", profile IN (SELECT name FROM profiles WHERE NOT removed) "
                              "FROM trades WHERE placement = 1 AND digest = ?2"));
  known.bind(1, profile);
  BindBlob(known, 2, digest);
  if (known.executeStep()) {
    const int64_t key = known.getColumn(0).getInt64();
    const std::string name = known.getColumn(1).getString();
    const std::string named = known.getColumn(2).getString();
    const bool here = known.getColumn(3).getInt() != 0;
    const bool forgotten = known.getColumn(4).getInt() == 0;
    known.reset();
    if (name == profile) {
      MoveServices(key, information.services);
      return Listed::kKnown;
    }
    if (!forgotten) {
      AddAlias(profile, reference, key);
      return here ? Listed::kKnown : Listed::kElsewhere;
    }
    SQLite::Statement adopt(
        database_,
        "UPDATE OR IGNORE trades SET profile = ?1, reference = CASE WHEN EXISTS (SELECT 1 FROM "
        "trades AS other WHERE other.profile = ?1 AND other.reference = trades.reference) "
        "THEN NULL ELSE reference END WHERE key = ?2");
    adopt.bind(1, profile);
    adopt.bind(2, key);
    if (adopt.exec() > 0) {
      AddAlias(name, named, key);
      // Whatever its former name was told: its token goes where this shop says.
      MoveServices(key, information.services);
    }
    return Listed::kKnown;
  }
  LedgerTrade trade;
  trade.request.ship_to = contents.ship_to;
  trade.request.delivery_option = contents.delivery_option;
  trade.request.terms = contents.terms;
  trade.request.reference = reference;
  for (const ContentsLine& line : contents.lines) {
    trade.request.items.push_back({line.sku, line.quantity});
  }
  const Uuid request_id = NewUuidV7(now);
  SQLite::Statement insert(
      database_,
      "INSERT INTO trades (profile, request_id, reference, request, create_time, placement, "
      "place_time, trading_id, information, likeness, order_time, digest) "
      "SELECT ?1, ?9, nullif(?3, ''), ?4, ?5, 1, ?6, ?2, ?7, ?8, ?6, ?10 WHERE NOT EXISTS "
      "(SELECT 1 FROM trades WHERE trading_id = ?2 AND profile = ?1)");
  insert.bind(1, profile);
  insert.bind(2, contents.trading_id.ToString());
  insert.bind(3, FindByReference(profile, reference) ? "" : reference);
  BindBlob(insert, 4, ToProto(trade.request, request_id).SerializeAsString());
  insert.bind(5, absl::ToUnixMillis(now));
  insert.bind(6, absl::ToUnixMillis(contents.order_time));
  BindBlob(insert, 7, ToProto(information).SerializeAsString());
  BindBlob(insert, 8, LikenessOf(contents));
  insert.bind(9, request_id.ToString());
  BindBlob(insert, 10, digest);
  return insert.exec() > 0 ? Listed::kAdded : Listed::kOther;
}

}  // namespace tallystick
