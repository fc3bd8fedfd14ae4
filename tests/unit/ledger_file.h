// A ledger for tests of it, and what may stand in one.
#pragma once

#include <memory>
#include <string>

#include "client-cli/ledger/ledger.h"
#include "tests/support/catch.h"
#include "tests/support/ledger_trades.h"
#include "tests/support/temp_folder.h"

namespace tallystick::testing {

inline const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

// A file that several runs of tally have open.
class LedgerFile {
 public:
  std::unique_ptr<Ledger> Open() const {
    absl::StatusOr<std::unique_ptr<Ledger>> ledger = Ledger::Open(path());
    INFO(ledger.status().ToString());
    REQUIRE(ledger.ok());
    return *std::move(ledger);
  }
  void Execute(const std::string& sql) const {
    SQLite::Database(path(), SQLite::OPEN_READWRITE, 10'000).exec(sql);
  }
  int64_t Count(const std::string& from) const {
    SQLite::Database database(path(), SQLite::OPEN_READONLY, 10'000);
    return database.execAndGet("SELECT count(*) FROM " + from).getInt64();
  }
  std::string path() const { return folder_ / "ledger.db"; }

 private:
  TempFolder folder_;
};

inline Profile Shop(const std::string& name, const std::string& address = "127.0.0.1:1") {
  return {name, address, "", "/alice.token"};
}

inline LedgerTrade Order(const std::string& profile, const std::string& reference) {
  LedgerTrade trade;
  trade.profile = profile;
  trade.create_time = kNow;
  trade.request_id = NewUuidV7(kNow);
  trade.request.items = {{"CHAI", 1}};
  trade.request.reference = reference;
  return trade;
}

inline TradingInformation Information(const std::string& reference, int64_t quantity = 1) {
  TradingInformation information;
  OrderContents& contents = information.contents;
  contents.trading_id = NewUuidV7(kNow);
  contents.buyer_reference = reference;
  contents.currency = "USD";
  contents.lines = {{"CHAI", "Chai", quantity, 100}};
  contents.order_time = kNow;
  information.trading_id = contents.trading_id.ToString();
  return information;
}

// What the services answered when they were asked at `time`.
inline TradeView Answers(const TradingInformation& information, int64_t revision, absl::Time time) {
  TradeView view;
  view.contents = information.contents;
  view.order.kind = Answer<OrderStatus>::kStatus;
  view.order.status.trading_id = information.contents.trading_id;
  view.order.status.revision = revision;
  view.payment.kind = Answer<PaymentStatus>::kStatus;
  view.payment.status.trading_id = information.contents.trading_id;
  view.payment.status.revision = revision;
  view.payment.status.transactions = {
      {1, TransactionType::kAuthorize, TransactionState::kSucceeded, 100, "auth-1"}};
  for (absl::Time* asked : {&view.order.ask_time, &view.shops_word.ask_time, &view.payment.ask_time,
                            &view.delivery.ask_time}) {
    *asked = time;
  }
  return view;
}

}  // namespace tallystick::testing
