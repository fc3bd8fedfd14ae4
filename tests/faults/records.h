// All that the parties hold when a run is over, as values.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "client-cli/remote/back_office.h"
#include "client-cli/trade/trade.h"
#include "platform/trade/status.h"
#include "tests/faults/gateway_book.h"

namespace tallystick::faults {

struct OrderDocument {
  std::string buyer;
  OrderContents contents;
  TradingStatus status;
};
// `taken_back`: some of it was lost there, and the shop remembered it.
struct PaymentDocument {
  std::string buyer;
  PaymentStatus status;
  bool taken_back = false;
};
struct DeliveryDocument {
  std::string buyer;
  DeliveryStatus status;
  bool taken_back = false;
};

struct WorkRow {
  std::string database;
  Uuid trading_id;
  int queue = 0;
  int64_t number = 0;
  bool parked = false;   // waits for a person
  bool planned = false;  // waits for a date that is still far
};

// Of one trade in one database's table `history`.
struct HistoryRange {
  int64_t count = 0;
  int64_t first = 0;
  int64_t last = 0;
};

struct LedgerRecord {
  std::string buyer;
  std::vector<LedgerTrade> trades;
  size_t pending_requests = 0;
  // Of `tally sync --all` at the end.
  int sync_code = 0;
  std::string sync_words;
};

struct Records {
  std::string trading_id_key;
  std::map<Uuid, OrderDocument> orders;
  std::map<Uuid, PaymentDocument> payments;
  std::map<Uuid, DeliveryDocument> deliveries;
  std::map<std::string, int64_t> stock;      // by product
  std::map<std::string, int64_t> adjusted;   // what the table of adjustments adds up to
  std::map<std::string, int64_t> confirmed;  // what the back office was told
  std::vector<WorkRow> work;
  std::vector<WaitingWork> listed;  // what `tally ops work` shows
  std::map<std::string, std::map<Uuid, HistoryRange>> histories;
  std::vector<BookEntry> book;
  std::vector<LedgerRecord> ledgers;
};

// Reads the three databases; `url` gives each one's connection string. Throws what pqxx throws, and
// std::runtime_error for a document that is none.
void ReadDatabases(const std::function<std::string(const std::string&)>& url, Records& records);

}  // namespace tallystick::faults
