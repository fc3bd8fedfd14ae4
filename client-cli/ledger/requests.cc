// What was asked of trades, written down before it was sent.
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "client-cli/ledger/ledger.h"
#include "client-cli/ledger/sql.h"

namespace tallystick {
namespace {

constexpr char kSelect[] =
    "SELECT request_id, trade_key, kind, lines, reason, create_time, state FROM requests ";

// "CHAI:2 CHANG:1"; no SKU has a blank or a colon.
std::string LinesText(const std::vector<GoodsQuantity>& lines) {
  return absl::StrJoin(lines, " ", [](std::string* out, const GoodsQuantity& goods) {
    absl::StrAppend(out, goods.sku, ":", goods.quantity);
  });
}

std::vector<GoodsQuantity> ReadLines(const std::string& text) {
  std::vector<GoodsQuantity> lines;
  for (const auto& word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(word, ':');
    GoodsQuantity goods{parts.first, 0};
    (void)absl::SimpleAtoi(parts.second, &goods.quantity);
    lines.push_back(std::move(goods));
  }
  return lines;
}

TradeRequest ReadRequest(SQLite::Statement& row) {
  TradeRequest request;
  request.request_id = ParseUuid(row.getColumn(0).getString()).value_or(Uuid{});
  request.trade_key = row.getColumn(1).getInt64();
  request.kind = static_cast<TradeRequest::Kind>(row.getColumn(2).getInt());
  request.lines = ReadLines(row.getColumn(3).getString());
  request.reason = row.getColumn(4).getString();
  request.create_time = FromMillis(row.getColumn(5));
  request.state = static_cast<TradeRequest::State>(row.getColumn(6).getInt());
  return request;
}

}  // namespace

TradeRequest Ledger::AddRequest(TradeRequest request) {
  Writing transaction(database_);
  SQLite::Statement select(database_, absl::StrCat(kSelect,
                                                   "WHERE trade_key = ? AND kind = ? AND lines = ? "
                                                   "AND reason = ? AND (state = 0 OR (state = 1 "
                                                   "AND NOT reported AND done_time >= ?)) "
                                                   "ORDER BY state, create_time LIMIT 1"));
  select.bind(1, request.trade_key);
  select.bind(2, static_cast<int>(request.kind));
  select.bind(3, LinesText(request.lines));
  select.bind(4, request.reason);
  select.bind(5, absl::ToUnixMillis(request.create_time - kUnreported));
  if (select.executeStep()) return ReadRequest(select);
  SQLite::Statement insert(database_,
                           "INSERT INTO requests (request_id, trade_key, kind, lines, reason, "
                           "create_time, state, reported) VALUES (?, ?, ?, ?, ?, ?, 0, 0)");
  insert.bind(1, request.request_id.ToString());
  insert.bind(2, request.trade_key);
  insert.bind(3, static_cast<int>(request.kind));
  insert.bind(4, LinesText(request.lines));
  insert.bind(5, request.reason);
  insert.bind(6, absl::ToUnixMillis(request.create_time));
  insert.exec();
  transaction.commit();
  return request;
}

void Ledger::MarkReported(const TradeRequest& request) {
  SQLite::Statement update(database_, "UPDATE requests SET reported = 1 WHERE request_id = ?");
  update.bind(1, request.request_id.ToString());
  update.exec();
}

// The first answer counts: another run of tally may have sent the same.
void Ledger::RecordRequest(const Uuid& request_id, TradeRequest::State state, absl::Time now) {
  SQLite::Statement update(
      database_,
      "UPDATE requests SET state = ?1, done_time = CASE WHEN ?1 = 1 THEN ?2 END "
      "WHERE request_id = ?3 AND state = 0");
  update.bind(1, static_cast<int>(state));
  update.bind(2, absl::ToUnixMillis(now));
  update.bind(3, request_id.ToString());
  update.exec();
}

// What the shop had agreed to before it was asked about the order.
void Ledger::RecallAsked(const LedgerTrade& trade, TradeView& view) {
  view.asked.clear();
  Prepared select(statements_, absl::StrCat(kSelect,
                                            "WHERE trade_key = ? AND state = 1 AND done_time < ? "
                                            "ORDER BY create_time"));
  select.bind(1, trade.key);
  select.bind(2, absl::ToUnixMillis(view.order.ask_time));
  while (select.executeStep()) {
    TradeRequest request = ReadRequest(select);
    view.asked.push_back({request.kind == TradeRequest::kCancel ? Asked::kCancel : Asked::kReturn,
                          std::move(request.lines), std::move(request.reason),
                          request.create_time});
  }
}

std::vector<TradeRequest> Ledger::PendingRequests() {
  std::vector<TradeRequest> requests;
  SQLite::Statement select(database_,
                           absl::StrCat(kSelect, "WHERE state = 0 ORDER BY create_time"));
  while (select.executeStep()) requests.push_back(ReadRequest(select));
  return requests;
}

int Ledger::DropRequests(int64_t trade_key) {
  SQLite::Statement drop(database_, "DELETE FROM requests WHERE trade_key = ? AND state = 0");
  drop.bind(1, trade_key);
  return drop.exec();
}

void Ledger::AddSnapshotRequest(int64_t trade_key, const SnapshotRequest& request) {
  SQLite::Statement put(database_,
                        "INSERT OR REPLACE INTO snapshot_requests (trade_key, text, receive_time) "
                        "VALUES (?, ?, ?)");
  put.bind(1, trade_key);
  put.bind(2, request.text);
  put.bind(3, absl::ToUnixMillis(request.receive_time));
  put.exec();
}

std::optional<SnapshotRequest> Ledger::FindSnapshotRequest(int64_t trade_key,
                                                           const std::string& text) {
  SQLite::Statement select(database_,
                           "SELECT receive_time FROM snapshot_requests WHERE trade_key = ? "
                           "AND text = ?");
  select.bind(1, trade_key);
  select.bind(2, text);
  if (!select.executeStep()) return std::nullopt;
  return SnapshotRequest{text, FromMillis(select.getColumn(0))};
}

void Ledger::RemoveSnapshotRequest(int64_t trade_key, const std::string& text) {
  SQLite::Statement remove(database_,
                           "DELETE FROM snapshot_requests WHERE trade_key = ? AND text = ?");
  remove.bind(1, trade_key);
  remove.bind(2, text);
  remove.exec();
}

}  // namespace tallystick
