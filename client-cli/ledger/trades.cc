// The ledger's trades, found and read; how they come in is in placements.cc.
#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "client-cli/ledger/ledger.h"
#include "client-cli/ledger/sql.h"
#include "client-cli/ledger/trade_rows.h"
#include "client-cli/wire/record.h"
#include "platform/trade/rollup.h"

namespace tallystick {
namespace {

constexpr size_t kMinPrefix = 4;
constexpr int kMostTwins = 20;

}  // namespace

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
  trade.ended = row.getColumn(11).getInt() != 0;
  if (!row.getColumn(7).isNull()) {
    v1::TradingInformation information;
    information.ParseFromString(Blob(row.getColumn(7)));
    trade.information = FromProto(information);
  }
  return trade;
}

// What each service is held to: the highest revision, and under it what was said first. The rows
// come so that of each service the last one counts. (When the buyer has taken note that a service
// went back and it has not been asked since, there is only what it said before.)
void Ledger::AttachLatest(LedgerTrade& trade) {
  Prepared select(statements_, absl::StrCat("SELECT service, body, observe_time FROM observations "
                                            "WHERE trade_key = ? ORDER BY service, ",
                                            kIsHeldTo, ", revision, id DESC"));
  select.bind(1, trade.key);
  PerSide<std::string> bodies;
  while (select.executeStep()) {
    const std::optional<Side> side = SideOfService(select.getColumn(0).getString());
    if (!side) continue;
    bodies[*side] = Blob(select.getColumn(1));
    trade.seen[*side] = FromMillis(select.getColumn(2));
  }
  const auto read = [&](Side side, auto& latest) {
    if (!bodies[side].empty()) ReadStatus(bodies[side], latest.emplace());
  };
  ForEachSide(read, trade);
}

void Ledger::ForEach(const std::string& condition, absl::FunctionRef<void(LedgerTrade)> visit) {
  SQLite::Statement select(database_, absl::StrCat(kSelectTrade, condition, "ORDER BY key"));
  while (select.executeStep()) {
    LedgerTrade trade = ReadTrade(select);
    AttachLatest(trade);
    visit(std::move(trade));
  }
}

void Ledger::ForEachOpen(absl::FunctionRef<void(LedgerTrade)> visit) {
  ForEach("WHERE NOT ended ", visit);
}

void Ledger::ForEachTrade(absl::FunctionRef<void(LedgerTrade)> visit) { ForEach("", visit); }

std::map<std::string, int64_t> Ledger::OrderedSince(absl::Time since) {
  std::map<std::string, int64_t> totals;
  SQLite::Statement select(
      database_,
      absl::StrCat(kSelectTrade, "WHERE placement = 0 OR (placement = 1 AND order_time >= ?)"));
  select.bind(1, absl::ToUnixMillis(since));
  while (select.executeStep()) {
    const LedgerTrade trade = ReadTrade(select);
    std::optional<Money> total = trade.request.expected_total;
    if (trade.information) {
      total = {trade.information->contents.currency, trade.information->contents.total};
    }
    if (!total) continue;
    int64_t& sum = totals[total->currency];
    sum = SaturatedAdd(sum, total->minor);
  }
  return totals;
}

std::vector<PlacedTrade> Ledger::Placed() {
  std::vector<PlacedTrade> trades;
  SQLite::Statement select(database_,
                           "SELECT key, profile, check_time, ended FROM trades "
                           "WHERE placement = 1 ORDER BY key");
  while (select.executeStep()) {
    trades.push_back({select.getColumn(0).getInt64(), select.getColumn(1).getString(),
                      FromMillis(select.getColumn(2)), select.getColumn(3).getInt() != 0});
  }
  return trades;
}

std::vector<LedgerTrade> Ledger::LatestPlaced(int most) {
  std::vector<LedgerTrade> trades;
  SQLite::Statement select(
      database_, absl::StrCat(kSelectTrade, "WHERE placement = 1 ORDER BY key DESC LIMIT ?"));
  select.bind(1, most);
  while (select.executeStep()) trades.push_back(ReadTrade(select));
  return trades;
}

void Ledger::NoteEnded(int64_t trade_key, bool ended, absl::Time check_time) {
  Prepared update(statements_,
                  "UPDATE trades SET ended = ?, check_time = max(check_time, ?) WHERE key = ?");
  update.bind(1, ended ? 1 : 0);
  update.bind(2, absl::ToUnixMillis(check_time));
  update.bind(3, trade_key);
  update.exec();
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
  SQLite::Statement select(
      database_,
      absl::StrCat(kSelectTrade, "WHERE key IN (SELECT key FROM trades WHERE ", kAtTheSameShop,
                   "AND reference = ?2 UNION ALL ", "SELECT trade_key FROM aliases WHERE ",
                   kAtTheSameShop, "AND reference = ?2) ORDER BY profile = ?1 DESC, key LIMIT 1"));
  select.bind(1, profile);
  select.bind(2, reference);
  if (!select.executeStep()) return std::nullopt;
  return ReadTrade(select);
}

namespace {

constexpr size_t kMostCandidates = 5;  // named, where several are called so

// The number that `name` is, "#12" or "12"; 0 if it is none.
int64_t NumberOf(absl::string_view name) {
  absl::ConsumePrefix(&name, "#");
  int64_t number = 0;
  const bool digits = std::ranges::all_of(name, absl::ascii_isdigit);
  return digits && absl::SimpleAtoi(name, &number) ? number : 0;
}

// A reference is what the buyer calls a trade; a number comes before the beginning of an id.
void KeepClosest(const std::string& name, std::vector<LedgerTrade>& trades) {
  const auto keep = [&trades](auto is_meant) {
    if (std::ranges::none_of(trades, is_meant)) return false;
    std::erase_if(trades, [&](const LedgerTrade& trade) { return !is_meant(trade); });
    return true;
  };
  if (keep([&](const LedgerTrade& trade) { return trade.request.reference == name; })) return;
  const int64_t number = NumberOf(name);
  keep([&](const LedgerTrade& trade) { return trade.key == number; });
}

absl::Status SeveralCalled(const std::string& name, const std::vector<LedgerTrade>& trades) {
  std::string candidates;
  for (size_t i = 0; i < trades.size() && i < kMostCandidates; ++i) {
    const LedgerTrade& trade = trades[i];
    absl::StrAppend(&candidates, candidates.empty() ? "" : ", ", "#", trade.key,
                    trade.request.reference.empty() ? "" : " ", trade.request.reference, " at ",
                    trade.profile);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("several of the ledger are called '", name, "' or begin with it: ", candidates,
                   trades.size() > kMostCandidates ? " and more" : "",
                   "; give its number, more of the id, or the shop with --profile"));
}

}  // namespace

// `id_column` has the ids that `name` may begin; only rows that fulfil `condition` count. Where
// they are several, only those at the shop of `profile`.
absl::StatusOr<LedgerTrade> Ledger::FindNamed(const std::string& name, const std::string& id_column,
                                              const std::string& condition, const std::string& what,
                                              const std::string& profile) {
  SQLite::Statement select(
      database_,
      absl::StrCat(kSelectTrade, "WHERE ", condition, " AND (reference = ?2 OR key = ?4 OR (",
                   "length(?3) >= ", kMinPrefix, " AND substr(", id_column,
                   ", 1, length(?3)) = ?3)) AND (?1 = '' OR ", kAtTheSameShop,
                   ") ORDER BY reference = ?2 DESC, key = ?4 DESC, key LIMIT ",
                   kMostCandidates + 1));
  const auto found = [&](const std::string& at) {
    std::vector<LedgerTrade> trades;
    select.reset();
    select.bind(1, at);
    select.bind(2, name);
    select.bind(3, absl::AsciiStrToLower(name));
    select.bind(4, NumberOf(name));
    while (select.executeStep()) trades.push_back(ReadTrade(select));
    return trades;
  };
  std::vector<LedgerTrade> trades = found("");
  KeepClosest(name, trades);
  if (trades.size() > 1 && !profile.empty()) {
    if (std::vector<LedgerTrade> there = found(profile); !there.empty()) {
      KeepClosest(name, there);
      trades = std::move(there);
    }
  }
  if (trades.empty()) {
    if (name.size() < kMinPrefix && NumberOf(name) == 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", name, "': give a reference, a number such as #12, or at least ",
                       kMinPrefix, " characters of an id"));
    }
    return absl::NotFoundError(
        absl::StrCat("the ledger has no ", what, " '", name, "': tally list shows those it has"));
  }
  if (trades.size() > 1) return SeveralCalled(name, trades);
  AttachLatest(trades.front());
  return trades.front();
}

absl::StatusOr<LedgerTrade> Ledger::Find(const std::string& name, const std::string& profile) {
  return FindNamed(name, "trading_id", "placement = 1", "trade", profile);
}

absl::StatusOr<LedgerTrade> Ledger::FindPending(const std::string& name,
                                                const std::string& profile) {
  return FindNamed(name, "request_id", "placement = 0", "order without an answer", profile);
}

std::optional<LedgerTrade> Ledger::FindByRequestId(const Uuid& request_id) {
  SQLite::Statement select(database_, absl::StrCat(kSelectTrade, "WHERE request_id = ?"));
  select.bind(1, request_id.ToString());
  if (!select.executeStep()) return std::nullopt;
  return ReadTrade(select);
}

std::vector<LedgerTrade> Ledger::Unreported(const std::string& profile, absl::Time since) {
  std::vector<LedgerTrade> trades;
  SQLite::Statement select(
      database_, absl::StrCat(kSelectTrade, "WHERE reference IS NULL AND (placement = 0 OR ",
                              "(placement = 1 AND NOT reported AND place_time >= ?2)) AND ",
                              kAtTheSameShop, "ORDER BY key"));
  select.bind(1, profile);
  select.bind(2, absl::ToUnixMillis(since));
  while (select.executeStep()) trades.push_back(ReadTrade(select));
  std::erase_if(trades, [](const LedgerTrade& trade) { return !trade.request.reference.empty(); });
  return trades;
}

int64_t Ledger::LastKey() {
  return database_.execAndGet("SELECT ifnull(max(key), 0) FROM trades").getInt64();
}

std::optional<LedgerTrade> Ledger::FindUnknown(const std::string& profile,
                                               const OrderRequest& request, KnownOrders& known) {
  SQLite::Statement select(
      database_, absl::StrCat(kSelectTrade, "WHERE reference IS NULL AND placement IN (0, 1) ",
                              "AND key > ?2 AND ", kAtTheSameShop, "ORDER BY key"));
  select.bind(1, profile);
  select.bind(2, known.last_key);
  while (select.executeStep()) {
    LedgerTrade trade = ReadTrade(select);
    if (!IsSameOrder(trade.request, request)) continue;
    if (known.request_ids.insert(trade.request_id).second) return trade;
  }
  return std::nullopt;
}

absl::StatusOr<LedgerTrade> Ledger::FindByKey(int64_t key) {
  Prepared select(statements_, absl::StrCat(kSelectTrade, "WHERE key = ?"));
  select.bind(1, key);
  if (!select.executeStep()) return absl::NotFoundError("the ledger has no such trade");
  LedgerTrade trade = ReadTrade(select);
  AttachLatest(trade);
  return trade;
}

void Ledger::RecallTwin(const LedgerTrade& trade, absl::Duration twice_window, TradeView& view) {
  const OrderContents& contents = trade.information->contents;
  // (Two names of the buyer's own are two orders that were meant.)
  Prepared select(statements_,
                  absl::StrCat(kSelectTrade,
                               "WHERE likeness = ?1 AND order_time BETWEEN ?2 AND ?3 "
                               "AND key <> ?4 AND placement = 1 "
                               "AND (?5 = '' OR ifnull(reference, ?5) = ?5) LIMIT ?6"));
  BindBlob(select, 1, LikenessOf(contents));
  select.bind(2, absl::ToUnixMillis(contents.order_time - twice_window));
  select.bind(3, absl::ToUnixMillis(contents.order_time));
  select.bind(4, trade.key);
  select.bind(5, contents.buyer_reference);
  select.bind(6, kMostTwins);
  while (select.executeStep()) {
    LedgerTrade other = ReadTrade(select);
    const OrderContents& theirs = other.information->contents;
    const absl::Duration before = contents.order_time - theirs.order_time;
    const bool shortly_before =
        before >= absl::ZeroDuration() && before <= twice_window &&
        (before > absl::ZeroDuration() || theirs.trading_id < contents.trading_id);
    // (What the shop listed may have its name in the contents alone.)
    const bool meant = !contents.buyer_reference.empty() && !theirs.buyer_reference.empty() &&
                       contents.buyer_reference != theirs.buyer_reference;
    if (!shortly_before || meant || other.profile != trade.profile) continue;
    AttachLatest(other);
    // Whoever has it canceled knows of it.
    const bool open = !other.order ||
                      (!HasEnded(*other.order) && other.order->state != OrderState::kCancelPending);
    if (open) view.twin = Twin{theirs.trading_id, theirs.order_time};
  }
}

}  // namespace tallystick
