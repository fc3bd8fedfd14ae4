// The ledger's trades; profiles and the file itself are in ledger.cc.
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client-cli/ledger/ledger.h"
#include "client-cli/ledger/record.h"
#include "client-cli/ledger/sql.h"
#include "platform/wire/convert.h"

namespace tallystick {
namespace {

constexpr size_t kMinPrefix = 4;
constexpr int kMostTwins = 20;

constexpr char kSelectTrade[] =
    "SELECT key, profile, request_id, request, create_time, placement, refusal, information, "
    "place_time, check_time, sendings "
    "FROM trades ";

// The names under which the buyer of profile ?1 knows the shop of profile ?1.
constexpr char kAtTheSameShop[] =
    "(profile = ?1 OR profile IN (SELECT other.name FROM profiles AS other JOIN profiles AS mine "
    "ON mine.address = other.address AND mine.token_file = other.token_file "
    "WHERE mine.name = ?1)) ";

// The same for orders of the same goods to the same address at the same terms.
std::string LikenessOf(const OrderContents& contents) {
  CanonicalWriter writer;
  writer.Text(contents.currency).Number(static_cast<int64_t>(contents.terms));
  for (const std::string& line : contents.ship_to.lines) writer.Text(line);
  for (const ContentsLine& line : contents.lines) writer.Text(line.sku).Number(line.quantity);
  return Sha256(writer.bytes());
}

}  // namespace

absl::Status Ledger::BeginSending(const Profile& profile, std::vector<LedgerTrade>& trades) {
  Writing transaction(database_);
  const absl::StatusOr<Profile> now = FindProfile(profile.name);
  if (!now.ok() || *now != profile) {
    return absl::AbortedError(absl::StrCat("shop '", profile.name,
                                           "' was changed meanwhile, and no more is sent: run "
                                           "the command again"));
  }
  // Another run may have written an order of the same name meanwhile.
  SQLite::Statement insert(database_,
                           "INSERT OR IGNORE INTO trades (profile, request_id, reference, request, "
                           "create_time, placement, sendings) "
                           "VALUES (?, ?, nullif(?, ''), ?, ?, 0, 1)");
  SQLite::Statement again(
      database_, absl::StrCat("UPDATE trades SET sendings = sendings + 1 WHERE key = ?2 AND "
                              "placement = 0 AND ",
                              kAtTheSameShop));
  std::erase_if(trades, [&](LedgerTrade& trade) {
    bool sends;
    if (trade.key == 0) {
      insert.bind(1, trade.profile);
      insert.bind(2, trade.request_id.ToString());
      insert.bind(3, trade.request.reference);
      BindBlob(insert, 4, ToProto(trade.request, trade.request_id).SerializeAsString());
      insert.bind(5, absl::ToUnixMillis(trade.create_time));
      sends = insert.exec() > 0;
      insert.reset();
      if (sends) trade.key = database_.getLastInsertRowid();
    } else {
      again.bind(1, profile.name);
      again.bind(2, trade.key);
      sends = again.exec() > 0;
      again.reset();
    }
    ++trade.sendings;
    return !sends;
  });
  transaction.commit();
  return absl::OkStatus();
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

// A refused order gives its reference free: it may be tried again. What is placed stays placed,
// whatever another run of tally heard, and no answer takes nothing back; a trading id that another
// trade of this shop has already is not taken, and the order stays pending.
void Ledger::RecordPlacements(const std::vector<LedgerTrade>& trades) {
  Writing transaction(database_);
  SQLite::Statement update(database_,
                           "UPDATE OR IGNORE trades SET placement = ?1, refusal = ?2, "
                           "trading_id = nullif(?3, ''), information = ?4, place_time = ?5, "
                           "reference = CASE WHEN ?1 = 2 OR EXISTS (SELECT 1 FROM trades AS other "
                           "WHERE other.profile = trades.profile AND other.reference = ?6 "
                           "AND other.key <> ?7) THEN NULL ELSE nullif(?6, '') END, "
                           "likeness = ?8, order_time = ?9 "
                           "WHERE key = ?7 AND placement <> 1");
  for (const LedgerTrade& trade : trades) {
    if (trade.placement == Placement::kPending) continue;
    update.bind(1, static_cast<int>(trade.placement));
    update.bind(2, trade.refusal);
    update.bind(3, trade.information ? trade.information->contents.trading_id.ToString() : "");
    if (trade.information) {
      BindBlob(update, 4, ToProto(*trade.information).SerializeAsString());
      BindBlob(update, 8, LikenessOf(trade.information->contents));
      update.bind(9, absl::ToUnixMillis(trade.information->contents.order_time));
    } else {
      update.bind(4);
      update.bind(8);
      update.bind(9);
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
  trade.check_time = FromMillis(row.getColumn(9));
  trade.sendings = row.getColumn(10).getInt();
  if (!row.getColumn(7).isNull()) {
    v1::TradingInformation information;
    information.ParseFromString(Blob(row.getColumn(7)));
    trade.information = FromProto(information);
  }
  return trade;
}

// The rows come by revision, and those of one revision as they were seen: of each service the last
// one counts.
void Ledger::AttachLatest(LedgerTrade& trade) {
  Prepared select(statements_,
                  "SELECT service, body, observe_time FROM observations WHERE trade_key = ? "
                  "ORDER BY service, revision, id");
  select.bind(1, trade.key);
  std::string order;
  std::string payment;
  std::string delivery;
  while (select.executeStep()) {
    const std::string service = select.getColumn(0).getString();
    const bool shopping = service == "shopping";
    std::string& body = shopping ? order : service == "payment" ? payment : delivery;
    body = Blob(select.getColumn(1));
    (shopping               ? trade.order_seen
     : service == "payment" ? trade.payment_seen
                            : trade.delivery_seen) = FromMillis(select.getColumn(2));
  }
  if (!order.empty()) ReadStatus(order, trade.order.emplace());
  if (!payment.empty()) ReadStatus(payment, trade.payment.emplace());
  if (!delivery.empty()) ReadStatus(delivery, trade.delivery.emplace());
}

std::vector<LedgerTrade> Ledger::Trades() {
  std::vector<LedgerTrade> trades;
  SQLite::Statement select(database_, absl::StrCat(kSelectTrade, "ORDER BY key"));
  while (select.executeStep()) trades.push_back(ReadTrade(select));
  for (LedgerTrade& trade : trades) AttachLatest(trade);
  return trades;
}

std::vector<LedgerTrade> Ledger::Pending() {
  std::vector<LedgerTrade> trades;
  SQLite::Statement select(database_, absl::StrCat(kSelectTrade,
                                                   "WHERE placement = 0 "
                                                   "ORDER BY key"));
  while (select.executeStep()) trades.push_back(ReadTrade(select));
  return trades;
}

std::vector<LedgerTrade> Ledger::Pending(const std::string& profile) {
  std::vector<LedgerTrade> trades;
  SQLite::Statement select(database_, absl::StrCat(kSelectTrade, "WHERE placement = 0 AND ",
                                                   kAtTheSameShop, "ORDER BY key"));
  select.bind(1, profile);
  while (select.executeStep()) trades.push_back(ReadTrade(select));
  return trades;
}

std::optional<LedgerTrade> Ledger::FindByReference(const std::string& profile,
                                                   const std::string& reference) {
  SQLite::Statement select(database_,
                           absl::StrCat(kSelectTrade, "WHERE reference = ?2 AND ", kAtTheSameShop));
  select.bind(1, profile);
  select.bind(2, reference);
  if (!select.executeStep()) return std::nullopt;
  return ReadTrade(select);
}

// `id_column` has the ids that `name` may begin; only rows that fulfil `condition` count.
absl::StatusOr<LedgerTrade> Ledger::FindNamed(const std::string& name, const std::string& id_column,
                                              const std::string& condition,
                                              const std::string& what) {
  SQLite::Statement select(
      database_, absl::StrCat(kSelectTrade, "WHERE ", condition, " AND (reference = ?1 OR (",
                              "length(?2) >= ", kMinPrefix, " AND substr(", id_column,
                              ", 1, length(?2)) = ?2)) LIMIT 2"));
  select.bind(1, name);
  select.bind(2, absl::AsciiStrToLower(name));
  if (!select.executeStep()) {
    if (name.size() < kMinPrefix) {
      return absl::InvalidArgumentError(absl::StrCat("'", name, "': give at least ", kMinPrefix,
                                                     " characters of an id, or a reference"));
    }
    return absl::NotFoundError(
        absl::StrCat("the ledger has no ", what, " '", name, "': tally list shows those it has"));
  }
  LedgerTrade trade = ReadTrade(select);
  if (select.executeStep()) {
    return absl::InvalidArgumentError(absl::StrCat("several of the ledger are called '", name,
                                                   "' or begin with it: give more of the id"));
  }
  AttachLatest(trade);
  return trade;
}

absl::StatusOr<LedgerTrade> Ledger::Find(const std::string& name) {
  return FindNamed(name, "trading_id", "placement = 1", "trade");
}

absl::StatusOr<LedgerTrade> Ledger::FindPending(const std::string& name) {
  return FindNamed(name, "request_id", "placement = 0", "order without an answer");
}

absl::StatusOr<LedgerTrade> Ledger::FindByKey(int64_t key) {
  SQLite::Statement select(database_, absl::StrCat(kSelectTrade, "WHERE key = ?"));
  select.bind(1, key);
  if (!select.executeStep()) return absl::NotFoundError("the ledger has no such trade");
  LedgerTrade trade = ReadTrade(select);
  AttachLatest(trade);
  return trade;
}

// Its request is made up from the contents: it was placed, and is never sent again.
bool Ledger::AddKnown(const std::string& profile, const TradingInformation& information,
                      absl::Time now) {
  const OrderContents& contents = information.contents;
  LedgerTrade trade;
  trade.request.ship_to = contents.ship_to;
  trade.request.delivery_option = contents.delivery_option;
  trade.request.terms = contents.terms;
  trade.request.reference = contents.buyer_reference;
  for (const ContentsLine& line : contents.lines) {
    trade.request.items.push_back({line.sku, line.quantity});
  }
  const std::string trading_id = contents.trading_id.ToString();
  const std::string likeness = LikenessOf(contents);
  SQLite::Statement adopt(database_,
                          "UPDATE OR IGNORE trades SET profile = ? WHERE trading_id = ? "
                          "AND likeness = ? AND profile NOT IN (SELECT name FROM profiles)");
  adopt.bind(1, profile);
  adopt.bind(2, trading_id);
  BindBlob(adopt, 3, likeness);
  adopt.exec();
  const Uuid request_id = NewUuidV7(now);
  // (Ledgers of the first version do not have the likeness.)
  SQLite::Statement insert(
      database_,
      "INSERT INTO trades (profile, request_id, reference, request, "
      "create_time, placement, place_time, trading_id, information, likeness, order_time) "
      "SELECT ?1, ?9, CASE WHEN EXISTS (SELECT 1 FROM trades WHERE "
      "profile = ?1 AND reference = ?3) THEN NULL ELSE nullif(?3, '') END, "
      "?4, ?5, 1, ?6, ?2, ?7, ?8, ?6 WHERE NOT EXISTS "
      "(SELECT 1 FROM trades WHERE trading_id = ?2 "
      "AND (profile = ?1 OR likeness = ?8 OR likeness IS NULL))");
  insert.bind(1, profile);
  insert.bind(2, trading_id);
  insert.bind(3, contents.buyer_reference);
  BindBlob(insert, 4, ToProto(trade.request, request_id).SerializeAsString());
  insert.bind(5, absl::ToUnixMillis(now));
  insert.bind(6, absl::ToUnixMillis(contents.order_time));
  BindBlob(insert, 7, ToProto(information).SerializeAsString());
  BindBlob(insert, 8, likeness);
  insert.bind(9, request_id.ToString());
  return insert.exec() > 0;
}

void Ledger::RecallTwin(const LedgerTrade& trade, absl::Duration twice_window, TradeView& view) {
  const OrderContents& contents = trade.information->contents;
  Prepared select(statements_, absl::StrCat(kSelectTrade,
                                            "WHERE likeness = ? AND order_time BETWEEN ? AND ? "
                                            "AND key <> ? AND placement = 1 LIMIT ?"));
  BindBlob(select, 1, LikenessOf(contents));
  select.bind(2, absl::ToUnixMillis(contents.order_time - twice_window));
  select.bind(3, absl::ToUnixMillis(contents.order_time));
  select.bind(4, trade.key);
  select.bind(5, kMostTwins);
  while (select.executeStep()) {
    LedgerTrade other = ReadTrade(select);
    const OrderContents& theirs = other.information->contents;
    const absl::Duration before = contents.order_time - theirs.order_time;
    const bool shortly_before =
        before >= absl::ZeroDuration() && before <= twice_window &&
        (before > absl::ZeroDuration() || theirs.trading_id < contents.trading_id);
    // Two names of the buyer's own are two orders that were meant.
    const bool meant = !contents.buyer_reference.empty() && !theirs.buyer_reference.empty() &&
                       contents.buyer_reference != theirs.buyer_reference;
    if (!shortly_before || meant || other.profile != trade.profile) continue;
    AttachLatest(other);
    const bool open = !other.order || other.order->state == OrderState::kAccepted ||
                      other.order->state == OrderState::kConfirmed;
    if (open) view.twin = Twin{theirs.trading_id, theirs.order_time};
  }
}

}  // namespace tallystick
