// What track and list show of a trade, at the widths that terminals have.
#include "client-cli/output/picture.h"

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "client-cli/commands/usage.h"
#include "client-cli/input/arguments.h"
#include "client-cli/output/state_words.h"
#include "tests/support/catch.h"

namespace tallystick {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

// Twelve and three pieces for 303.43 USD, delivered and paid.
LedgerTrade DoneTrade() {
  LedgerTrade trade;
  trade.key = 12;
  trade.profile = "demo";
  trade.placement = Placement::kPlaced;
  OrderContents contents;
  contents.buyer_reference = "PO-1";
  contents.currency = "USD";
  contents.total = 30343;
  contents.order_time = kNow - absl::Minutes(6);
  for (const auto& [sku, quantity] : {std::pair{"CHAI", 12}, {"QUESO", 3}}) {
    ContentsLine line;
    line.sku = sku;
    line.quantity = quantity;
    contents.lines.push_back(line);
  }
  trade.information = TradingInformation{contents};
  trade.order.emplace().state = OrderState::kCompleted;
  trade.order->due = 30343;
  for (const ContentsLine& line : contents.lines) {
    trade.order->lines.push_back({line.sku, line.quantity, line.quantity, line.quantity});
  }
  PaymentStatus& payment = trade.payment.emplace();
  payment.state = PaymentState::kCaptured;
  payment.currency = "USD";
  payment.due = payment.captured = payment.authorized = 30343;
  DeliveryStatus& delivery = trade.delivery.emplace();
  delivery.state = DeliveryState::kDelivered;
  delivery.lines = {{"CHAI", 12, 12, 12}, {"QUESO", 3, 3, 3}};
  delivery.schedule.completed = kNow - absl::Minutes(4);
  return trade;
}

std::string Picture(const LedgerTrade& trade, const RowNotes& notes = {}) {
  return PictureText(Screen("table", true), trade, notes, kNow);
}

void RequireFits(const std::string& text, int width) {
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    CAPTURE(std::string(line));
    REQUIRE(DisplayWidth(line) <= width);
  }
}

TEST_CASE("picture: a trade that is done, at a glance") {
  const std::string text = Picture(DoneTrade());
  RequireFits(text, 80);
  REQUIRE(absl::StartsWith(text, "PO-1 · #12 · demo · 303.43 USD"));
  REQUIRE(absl::StrContains(text, "ordered 6 min ago\n"));
  REQUIRE_FALSE(absl::StrContains(text, "✗"));
  REQUIRE_FALSE(absl::StrContains(text, "○"));
  REQUIRE(absl::StrContains(text, "12 CHAI, 3 QUESO"));
  REQUIRE(absl::StrContains(text, "you owe 0.00 USD · next: nothing\n"));
}

TEST_CASE("picture: a payment that took too much is marked, by how much, and what comes back") {
  LedgerTrade trade = DoneTrade();
  trade.payment->captured = 999999;
  const std::string text = Picture(trade);
  RequireFits(text, 80);
  REQUIRE(absl::StrContains(text, "paid: too much"));
  REQUIRE(absl::StrContains(text, "took 9,999.99 USD, 303.43 was due"));
  REQUIRE(absl::StrContains(text, "9,696.56 too much"));
  REQUIRE(absl::StrContains(text, "you owe 0.00 USD · you get back 9,696.56 USD"));
}

TEST_CASE(
    "picture: what is on its way, lost, refused or not known looks otherwise, without colour") {
  LedgerTrade trade = DoneTrade();
  trade.order->state = OrderState::kConfirmed;
  for (OrderLineStatus& line : trade.order->lines) line.delivered = 0;
  trade.payment->state = PaymentState::kAuthorized;
  trade.payment->captured = 0;
  trade.delivery->state = DeliveryState::kInTransit;
  trade.delivery->schedule = {kNow + absl::Hours(24), std::nullopt};
  trade.delivery->lines = {{"CHAI", 12, 12}, {"QUESO", 3}};
  std::string text = Picture(trade);
  REQUIRE(absl::StrContains(text, "◐"));  // sent in part
  REQUIRE(absl::StrContains(text, "next: the goods leave, planned tomorrow"));
  REQUIRE(StateWords(trade, kNow) == "on the way, tomorrow");

  RowNotes notes;
  notes.payment = "no answer; as of 2026-11-22 18:00";
  text = Picture(trade, notes);
  REQUIRE(absl::StrContains(text, "payment   ?  AUTHORIZED"));
  REQUIRE(absl::StrContains(text, "next: see below"));

  trade.delivery->state = DeliveryState::kFailed;
  trade.delivery->lines = {{"CHAI", 12, 12, 0, 12}, {"QUESO", 3, 3, 0, 3}};
  REQUIRE(absl::StrContains(Picture(trade), "lost"));
  trade.order->state = OrderState::kRejected;
  trade.payment->state = PaymentState::kDeclined;
  text = Picture(trade);
  REQUIRE(absl::StrContains(text, "rejected"));
  REQUIRE(absl::StrContains(text, "declined"));
  REQUIRE(StateWords(trade, kNow) == "bank refused");
  // Nothing is heard yet.
  trade.order.reset();
  trade.payment.reset();
  trade.delivery.reset();
  REQUIRE(absl::StrContains(Picture(trade), "not heard of yet"));
  REQUIRE(StateWords(trade, kNow) == "placed");
}

TEST_CASE("picture: what somebody else has written steers no terminal, and wide words fit") {
  LedgerTrade trade = DoneTrade();
  trade.information->contents.buyer_reference = "\x1b[31mPO\u202e";
  trade.order->reason = "\x1b]0;title\x07";
  const std::string text = Picture(trade);
  REQUIRE(text.find('\x1b') == std::string::npos);
  REQUIRE(text.find('\x07') == std::string::npos);
}

TEST_CASE("words: times are said as people say them, and can be typed as they are shown") {
  REQUIRE(AgoWords(kNow, kNow) == "just now");
  REQUIRE(AgoWords(kNow - absl::Minutes(59), kNow) == "59 min ago");
  REQUIRE(AgoWords(kNow - absl::Hours(23), kNow) == "23 h ago");
  REQUIRE(AgoWords(kNow - absl::Hours(25), kNow) == "1 day ago");
  REQUIRE(DayWords(kNow + absl::Hours(24), kNow) == "tomorrow");
  REQUIRE(absl::StartsWith(DayWords(kNow, kNow), "today "));
  const absl::Time time = kNow + absl::Milliseconds(125);
  REQUIRE(*ParseTime(PreciseTime(time), kNow) == time);
  REQUIRE(LocalTime(*ParseTime(LocalTime(time), kNow)) == LocalTime(time));
  REQUIRE(*ParsePast("3d", kNow) == kNow - absl::Hours(72));
  REQUIRE(*ParsePast("12h", kNow) == kNow - absl::Hours(12));
  REQUIRE_FALSE(ParsePast("soon", kNow).ok());
  REQUIRE(*ParseMoney("5 usd") == Money{"USD", 500});
}

TEST_CASE("words: rows of a terminal are counted as they wrap, colours take no room") {
  REQUIRE(RowsOn("one\ntwo\n", 80) == 2);
  REQUIRE(RowsOn(std::string(81, 'x') + "\n", 80) == 2);
  REQUIRE(RowsOn(std::string(80, 'x') + "\n", 80) == 1);
  REQUIRE(RowsOn("\x1b[1m" + std::string(80, 'x') + "\x1b[0m\n", 80) == 1);
  REQUIRE(RowsOn(std::string(500, 'x') + "\n", 0) == 1);
}

TEST_CASE("words: a table leaves out what is empty, and has its header only if it has a title") {
  Table table({{"A"}, {"B"}, {"C"}});
  table.Add({"1", "", "3"});
  table.Add({"4", "", "6"});
  REQUIRE(table.Render(0) == "A  C\n1  3\n4  6\n");
  table.Reverse();
  REQUIRE(table.KeepFirst(1) == 1);
  REQUIRE(table.Render(0) == "A  C\n4  6\n");
  Table bare({{""}, {""}});
  bare.Add({"x", "y"});
  REQUIRE(bare.Render(0) == "x  y\n");
}

TEST_CASE("words: what may have been meant is near, and nothing is guessed that is not") {
  const std::vector<std::string> known = {"track", "list", "order", "show"};
  REQUIRE(Nearest("trak", known) == "track");
  REQUIRE(Nearest("tarck", known) == "track");
  REQUIRE(Nearest("ordre", known) == "order");
  REQUIRE(Nearest("delete", known).empty());
  REQUIRE(Nearest("xy", known).empty());
}

}  // namespace
}  // namespace tallystick
