#include "client-cli/ledger/names.h"

#include <filesystem>

#include "client-cli/ledger/sql.h"
#include "client-cli/wire/record.h"

namespace tallystick {
namespace {

constexpr int kMostNames = 200;

std::vector<CalledTrade> ReadCalled(SQLite::Database& database) {
  std::vector<CalledTrade> trades;
  SQLite::Statement select(database,
                           "SELECT key, reference, coalesce(trading_id, request_id), profile, "
                           "placement, request FROM trades WHERE placement IN (0, 1) "
                           "ORDER BY key DESC LIMIT ?");
  select.bind(1, kMostNames);
  while (select.executeStep()) {
    v1::PlaceOrderRequest request;
    request.ParseFromString(Blob(select.getColumn(5)));
    trades.push_back({select.getColumn(0).getInt64(), select.getColumn(1).getString(),
                      select.getColumn(2).getString(), select.getColumn(3).getString(),
                      select.getColumn(4).getInt() == 1, FromProto(request).items});
  }
  return trades;
}

std::vector<Profile> ReadShops(SQLite::Database& database) {
  std::vector<Profile> shops;
  SQLite::Statement select(database,
                           "SELECT name, address, ca_file, token_file FROM profiles "
                           "WHERE NOT removed ORDER BY is_default DESC, name");
  while (select.executeStep()) {
    shops.push_back({select.getColumn(0).getString(), select.getColumn(1).getString(),
                     select.getColumn(2).getString(), select.getColumn(3).getString()});
  }
  return shops;
}

}  // namespace

LedgerNames ReadNames(const std::string& path) {
  LedgerNames names;
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return names;
  try {
    SQLite::Database database(path, SQLite::OPEN_READONLY, /*aBusyTimeoutMs=*/0);
    names.shops = ReadShops(database);
    names.trades = ReadCalled(database);
    SQLite::Statement select(database,
                             "SELECT id, rule FROM warnings WHERE resolve_time IS NULL "
                             "AND acknowledge_time IS NULL ORDER BY id DESC LIMIT ?");
    select.bind(1, kMostNames);
    while (select.executeStep()) {
      names.warnings.emplace_back(select.getColumn(0).getInt64(), select.getColumn(1).getString());
    }
  } catch (const SQLite::Exception&) {
    // Of an older tally, or locked: what was read until then.
  }
  return names;
}

}  // namespace tallystick
