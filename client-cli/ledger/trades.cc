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
    "place_time, check_time "
    "FROM trades ";

// The same for orders of the same goods to the same address at the same terms.
std::string LikenessOf(const OrderContents& contents) {
  CanonicalWriter writer;
  writer.Text(contents.currency).Number(static_cast<int64_t>(contents.terms));
  for (const std::string& line : contents.ship_to.lines) writer.Text(line);
  for (const ContentsLine& line : contents.lines) writer.Text(line.sku).Number(line.quantity);
  return Sha256(writer.bytes());
}

}  // namespace

void Ledger::AddPending(std::vector<LedgerTrade>& trades) {
  Writing transaction(database_);
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
  Writing transaction(database_);
  SQLite::Statement update(database_,
                           "UPDATE OR IGNORE trades SET placement = ?1, refusal = ?2, "
                           "trading_id = nullif(?3, ''), information = ?4, place_time = ?5, "
                           "reference = CASE WHEN ?1 = 2 THEN NULL ELSE nullif(?6, '') END, "
                           "likeness = ?8, order_time = ?9 "
                           "WHERE key = ?7 AND placement <> 1");
  for (const LedgerTrade& trade : trades) {
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
  const Uuid request_id = NewUuidV7(now);
  SQLite::Statement insert(
      database_,
      "INSERT INTO trades (profile, request_id, reference, request, "
      "create_time, placement, place_time, trading_id, information, likeness, order_time) "
      "SELECT ?1, ?9, CASE WHEN EXISTS (SELECT 1 FROM trades WHERE "
      "profile = ?1 AND reference = ?3) THEN NULL ELSE nullif(?3, '') END, "
      "?4, ?5, 1, ?6, ?2, ?7, ?8, ?6 WHERE NOT EXISTS "
      "(SELECT 1 FROM trades WHERE profile = ?1 AND trading_id = ?2)");
  insert.bind(1, profile);
  insert.bind(2, contents.trading_id.ToString());
  insert.bind(3, contents.buyer_reference);
  BindBlob(insert, 4, ToProto(trade.request, request_id).SerializeAsString());
  insert.bind(5, absl::ToUnixMillis(now));
  insert.bind(6, absl::ToUnixMillis(contents.order_time));
  BindBlob(insert, 7, ToProto(information).SerializeAsString());
  BindBlob(insert, 8, LikenessOf(contents));
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
