#include "client-cli/output/picture.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "client-cli/output/times.h"
#include "platform/trade/rollup.h"

namespace tallystick {
namespace {

constexpr int kWidest = 80;  // beyond that, what belongs together would stand far apart
constexpr int kStep = 14;    // of a name on the way, with what is between it and the next

struct Station {
  const char* mark;
  std::string name;
};

// The pieces of an order, as delivery counts them.
struct Pieces {
  int64_t ordered = 0;
  int64_t sent = 0;
  int64_t arrived = 0;
  int64_t failed = 0;
  int64_t returned = 0;
};

Pieces PiecesOf(const LedgerTrade& trade) {
  Pieces pieces;
  if (!trade.delivery) return pieces;
  for (const DeliveryLine& line : trade.delivery->lines) {
    pieces.ordered = SaturatedAdd(pieces.ordered, line.ordered);
    pieces.sent = SaturatedAdd(pieces.sent, line.dispatched);
    pieces.arrived = SaturatedAdd(pieces.arrived, line.delivered);
    pieces.failed = SaturatedAdd(pieces.failed, line.failed);
    pieces.returned = SaturatedAdd(pieces.returned, line.returned);
  }
  return pieces;
}

const char* Share(int64_t part, int64_t whole) {
  if (part <= 0) return "○";
  return part < whole ? "◐" : "●";
}

int64_t Kept(const PaymentStatus& payment) {
  return SaturatedSubtract(payment.captured, payment.refunded);
}

Station Confirmed(const LedgerTrade& trade) {
  if (!trade.order) return {"○", "confirmed"};
  switch (trade.order->state) {
    case OrderState::kConfirmed:
    case OrderState::kCompleted: return {"●", "confirmed"};
    case OrderState::kRejected: return {"✗", "rejected"};
    case OrderState::kCanceled: return {"✗", "canceled"};
    case OrderState::kCancelPending: return {"◐", "being canceled"};
    default: return {"○", "confirmed"};
  }
}

Station Delivered(const Pieces& pieces) {
  if (pieces.failed > 0 && pieces.failed == pieces.ordered) return {"✗", "lost"};
  const bool partly = pieces.failed > 0 && pieces.arrived > 0;
  return {partly ? "◐" : Share(pieces.arrived, pieces.ordered), "delivered"};
}

Station Paid(const LedgerTrade& trade) {
  if (!trade.payment) return {"○", "paid"};
  const PaymentStatus& payment = *trade.payment;
  if (payment.state == PaymentState::kDeclined) return {"✗", "declined"};
  if (Kept(payment) > payment.due) return {"✗", "paid: too much"};
  if (payment.due == 0 && IsSettled(payment)) return {"●", "nothing to pay"};
  return {IsSettled(payment) ? "●" : Share(Kept(payment), payment.due), "paid"};
}

using Stations = std::array<Station, 5>;

Color ColorOf(const Station& station) {
  const absl::string_view mark = station.mark;
  return mark == "✗" ? Color::kBad : mark == "●" ? Color::kGood : Color::kNone;
}

// One below the other.
std::string NarrowWayText(const Screen& screen, const Stations& stations) {
  std::string text;
  for (const Station& station : stations) {
    absl::StrAppend(&text, "  ", screen.Paint(station.mark, ColorOf(station)), " ", station.name,
                    "\n");
  }
  return text;
}

// Marks on a line, their names below them; or one below the other.
std::string WayText(const Screen& screen, const LedgerTrade& trade, int width) {
  const Pieces pieces = PiecesOf(trade);
  const Stations stations = {Station{"●", "ordered"}, Confirmed(trade),
                             Station{Share(pieces.sent, pieces.ordered), "sent"}, Delivered(pieces),
                             Paid(trade)};
  const int step = (width - 4) / static_cast<int>(stations.size());
  if (step < kStep) return NarrowWayText(screen, stations);
  std::string line = "  ";
  std::string names = "  ";
  for (size_t i = 0; i < stations.size(); ++i) {
    const Station& station = stations[i];
    absl::StrAppend(&line, screen.Paint(station.mark, ColorOf(station)));
    absl::StrAppend(&names, station.name);
    if (i + 1 == stations.size()) break;
    // The way to the next is gone when something of that has happened.
    const bool gone = absl::string_view(stations[i + 1].mark) != "○";
    for (int column = 1; column < step; ++column) absl::StrAppend(&line, gone ? "─" : "┄");
    const int pad = step - DisplayWidth(station.name);
    absl::StrAppend(&names, std::string(static_cast<size_t>(std::max(1, pad)), ' '));
  }
  return absl::StrCat(line, "\n", names, "\n");
}

std::string GoodsWords(const OrderContents& contents) {
  std::string words;
  for (const ContentsLine& line : contents.lines) {
    absl::StrAppend(&words, words.empty() ? "" : ", ", line.quantity, " ", line.sku);
  }
  return words;
}

// What one service says: its mark, how far it is, and when or how that differs from what it should
// be.
struct Row {
  const char* mark = "·";
  std::string state;
  std::string how_far;
  std::string when;
};

Row RowOf(const LedgerTrade& trade, const OrderStatus& order, absl::Time now) {
  const OrderContents& contents = trade.information->contents;
  const bool failed = order.state == OrderState::kRejected;
  const bool done = order.state == OrderState::kCompleted || order.state == OrderState::kCanceled;
  return {failed ? "✗"
          : done ? "✓"
                 : "·",
          ToString(order.state), order.reason.empty() ? GoodsWords(contents) : order.reason,
          AgoWords(order.update_time, now)};
}

Row RowOf(const LedgerTrade&, const PaymentStatus& payment, absl::Time now) {
  const auto money = [&](int64_t minor) { return FormatMoney({payment.currency, minor}); };
  Row row{IsSettled(payment) ? "✓" : "·", ToString(payment.state)};
  const int64_t kept = Kept(payment);
  row.how_far = absl::StrCat(money(kept), " of ", money(payment.due));
  row.when = AgoWords(payment.update_time, now);
  if (payment.state == PaymentState::kDeclined) {
    row.mark = "✗";
    row.how_far = "the bank refused";
  } else if (kept > payment.due) {
    row.mark = "✗";
    const auto amount = [&](int64_t minor) {
      return std::string(absl::StripSuffix(money(minor), absl::StrCat(" ", payment.currency)));
    };
    row.how_far = absl::StrCat("took ", money(kept), ", ", amount(payment.due), " was due");
    row.when = absl::StrCat(amount(SaturatedSubtract(kept, payment.due)), " too much");
  } else if (!IsSettled(payment) && payment.schedule.scheduled) {
    row.when = absl::StrCat("planned ", DayWords(*payment.schedule.scheduled, now));
  }
  return row;
}

Row RowOf(const LedgerTrade& trade, const DeliveryStatus& delivery, absl::Time now) {
  const Pieces pieces = PiecesOf(trade);
  const bool failed = delivery.state == DeliveryState::kFailed || pieces.failed > 0;
  const bool done = pieces.ordered > 0 && pieces.arrived == pieces.ordered;
  Row row{failed ? "✗" : done ? "✓" : "·", ToString(delivery.state)};
  row.how_far =
      absl::StrCat(pieces.arrived, " of ", pieces.ordered, " pieces arrived",
                   pieces.failed > 0 ? absl::StrCat(", ", pieces.failed, " lost") : "",
                   pieces.returned > 0 ? absl::StrCat(", ", pieces.returned, " returned") : "");
  if (delivery.schedule.completed) {
    row.when = absl::StrCat("delivered ", AgoWords(*delivery.schedule.completed, now));
  } else if (delivery.schedule.scheduled) {
    row.when = absl::StrCat("planned ", DayWords(*delivery.schedule.scheduled, now));
  }
  return row;
}

std::string RowsText(const Screen& screen, const LedgerTrade& trade, const RowNotes& notes,
                     absl::Time now) {
  Table table({{""}, {""}, {""}, {"", false, true}, {"", false, true}});
  const auto add = [&](Side side, const auto& status) {
    const std::string& note = notes[side];
    Row row{"?", "-", note.empty() ? "not heard of yet" : note};
    if (status) row = RowOf(trade, *status, now);
    if (status && !note.empty()) {
      row.mark = "?";
      row.when = note;
    }
    table.Add({absl::StrCat("  ", ServiceOf(side)), row.mark, row.state, row.how_far, row.when});
  };
  ForEachSide(add, trade);
  return table.Render(screen.width());
}

// What happens next, and by whom.
std::string NextWords(const LedgerTrade& trade, absl::Time now) {
  if (!trade.order || !trade.payment || !trade.delivery) return "the shop tells the others";
  const int64_t owed = OwedOn(trade);
  if (owed < 0) return "payment gives it back";
  if (HasEnded(trade)) return "nothing";
  const Pieces pieces = PiecesOf(trade);
  const auto& promised = trade.delivery->schedule.scheduled;
  const auto by = [&](const char* what) {
    return promised ? absl::StrCat(what, ", planned ", DayWords(*promised, now)) : what;
  };
  if (trade.order->state == OrderState::kAccepted) return "bank and carrier are asked";
  if (trade.order->state == OrderState::kCancelPending) return "delivery says whether it can";
  if (pieces.sent < pieces.ordered - pieces.failed) return by("the goods leave");
  if (pieces.arrived < pieces.ordered - pieces.failed) return by("the goods arrive");
  if (owed > 0 && trade.payment->schedule.scheduled) {
    return absl::StrCat("payment takes it, planned ",
                        DayWords(*trade.payment->schedule.scheduled, now));
  }
  return owed > 0 ? "payment takes it" : "nothing from you";
}

std::string OwedText(const Screen& screen, const LedgerTrade& trade, const RowNotes& notes,
                     int width, absl::Time now) {
  const std::string& currency = trade.information->contents.currency;
  const int64_t owed = OwedOn(trade);
  const int64_t back = std::max<int64_t>(0, SaturatedSubtract(0, owed));
  const bool known = std::ranges::all_of(kSides, [&](Side side) { return notes[side].empty(); });
  std::vector<std::pair<std::string, std::string>> parts;  // words, and what of them is strong
  parts.emplace_back("you owe ", FormatMoney({currency, std::max<int64_t>(0, owed)}));
  if (back > 0) parts.emplace_back("you get back ", FormatMoney({currency, back}));
  parts.emplace_back(absl::StrCat("next: ", known ? NextWords(trade, now) : "see below"), "");
  int needed = 0;
  for (const auto& [words, strong] : parts)
    needed += 3 + DisplayWidth(words) + DisplayWidth(strong);
  const bool fits = needed <= width + 1;
  std::string text;
  for (const auto& [words, strong] : parts) {
    absl::StrAppend(&text,
                    text.empty() ? "  "
                    : fits       ? " · "
                                 : "\n  ",
                    words, strong.empty() ? "" : screen.Paint(strong, Color::kStrong));
  }
  return text + "\n";
}

std::string TitleText(const Screen& screen, const LedgerTrade& trade, int width, absl::Time now) {
  const OrderContents& contents = trade.information->contents;
  const std::string number = absl::StrCat("#", trade.key);
  const std::string name = contents.buyer_reference.empty()
                               ? number
                               : absl::StrCat(Printable(contents.buyer_reference), " · ", number);
  const std::string title = absl::StrCat(name, " · ", Printable(trade.profile), " · ",
                                         FormatMoney({contents.currency, contents.total}));
  const std::string when = absl::StrCat("ordered ", AgoWords(contents.order_time, now));
  const int gap = width - DisplayWidth(title) - DisplayWidth(when);
  return absl::StrCat(screen.Paint(title, Color::kStrong),
                      gap < 2 ? "\n" : std::string(static_cast<size_t>(gap), ' '), when, "\n",
                      screen.Paint(contents.trading_id.ToString(), Color::kFaint), "\n");
}

}  // namespace

std::string PictureText(const Screen& screen, const LedgerTrade& trade, const RowNotes& notes,
                        absl::Time now) {
  const int width = screen.width() == 0 ? kWidest : std::min(screen.width(), kWidest);
  return absl::StrCat(TitleText(screen, trade, width, now), WayText(screen, trade, width), "\n",
                      RowsText(screen, trade, notes, now), "\n",
                      OwedText(screen, trade, notes, width, now));
}

}  // namespace tallystick
