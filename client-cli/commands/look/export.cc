// tally export: the ledger for other programs, one row or object a trade.
#include "absl/strings/str_cat.h"
#include "client-cli/commands/command.h"
#include "client-cli/output/csv.h"
#include "client-cli/output/private_file.h"
#include "client-cli/output/trade_text.h"
#include "platform/trade/rollup.h"

namespace tallystick {
namespace {

struct ExportOptions {
  std::string format = "csv";
  std::string path;
};

// The columns' names and what stands in them.
using Row = std::vector<std::pair<std::string, CsvCell>>;

Row RowOf(const LedgerTrade& trade, int warnings) {
  const OrderContents& contents = trade.information->contents;
  const auto amount = [&](int64_t minor) {
    return CsvCell{FormatAmount({contents.currency, minor}), true};
  };
  const auto count = [](int64_t number) { return CsvCell{absl::StrCat(number), true}; };
  const auto text = [](std::string words) { return CsvCell{std::move(words)}; };
  int64_t ordered = 0;
  for (const ContentsLine& line : contents.lines) {
    ordered = SaturatedAdd(ordered, line.quantity);
  }
  int64_t delivered = 0;
  int64_t returned = 0;
  if (trade.delivery) {
    for (const DeliveryLine& line : trade.delivery->lines) {
      delivered = SaturatedAdd(delivered, line.delivered);
      returned = SaturatedAdd(returned, line.returned);
    }
  }
  const PaymentStatus payment = trade.payment.value_or(PaymentStatus{});
  return {{"trading_id", text(contents.trading_id.ToString())},
          {"shop", text(trade.profile)},
          {"reference", text(contents.buyer_reference)},
          {"order_time", text(TimeText(contents.order_time))},
          {"terms", text(ToString(contents.terms))},
          {"order_state", text(trade.order ? ToString(trade.order->state) : "")},
          {"payment_state", text(trade.payment ? ToString(payment.state) : "")},
          {"delivery_state", text(trade.delivery ? ToString(trade.delivery->state) : "")},
          {"currency", text(contents.currency)},
          {"goods_total", amount(contents.goods_total)},
          {"delivery_fee", amount(contents.delivery_fee)},
          {"tax_total", amount(contents.tax_total)},
          {"total", amount(contents.total)},
          {"due", trade.order ? amount(trade.order->due) : text("")},
          {"captured", trade.payment ? amount(payment.captured) : text("")},
          {"refunded", trade.payment ? amount(payment.refunded) : text("")},
          {"owed", amount(OwedOn(trade))},
          {"settled", text(IsPaid(trade) ? "yes" : "no")},
          {"delivered", text(IsDelivered(trade) ? "yes" : "no")},
          {"pieces_ordered", count(ordered)},
          {"pieces_delivered", count(delivered)},
          {"pieces_returned", count(returned)},
          {"open_warnings", count(warnings)}};
}

// Adds a row to `text`, which has a header before the first one. `clean`: for a terminal, which no
// text may steer.
void AppendCsv(const Row& row, bool clean, std::string& text) {
  std::vector<CsvCell> header;
  std::vector<CsvCell> cells;
  for (const auto& [name, cell] : row) {
    header.push_back({name});
    cells.push_back({clean ? Printable(cell.text) : cell.text, cell.number});
  }
  absl::StrAppend(&text, text.empty() ? CsvRecordText(header) : "", CsvRecordText(cells));
}

// What an export without trades has.
std::string HeaderText() {
  LedgerTrade none;
  none.information.emplace();
  std::vector<CsvCell> header;
  for (const auto& [name, cell] : RowOf(none, 0)) header.push_back({name});
  return CsvRecordText(header);
}

Json TradeJson(const LedgerTrade& trade, int warnings) {
  Json json{{"shop", trade.profile}, {"contents", ToJson(trade.information->contents)}};
  PutStatuses(trade, json);
  json["owed"] = ToJson(Money{trade.information->contents.currency, OwedOn(trade)});
  json["open_warnings"] = warnings;
  return json;
}

int Export(Context& context, const ExportOptions& options) {
  const std::map<int64_t, int> warnings = context.ledger.OpenWarningCounts();
  const bool json = options.format == "json" || context.screen.json();
  const bool to_output = options.path.empty() || options.path == "-";
  const bool clean = to_output && context.screen.width() > 0;
  std::string text;
  int count = 0;
  // (As text, it takes a tenth of the memory.)
  context.ledger.ForEachTrade([&](const LedgerTrade& trade) {
    if (trade.placement != Placement::kPlaced) return;
    const auto found = warnings.find(trade.key);
    const int open = found == warnings.end() ? 0 : found->second;
    if (json) {
      absl::StrAppend(&text, count == 0 ? "[" : ",", Dump(TradeJson(trade, open)));
    } else {
      AppendCsv(RowOf(trade, open), clean, text);
    }
    ++count;
  });
  if (json) absl::StrAppend(&text, count == 0 ? "[" : "", "]\n");
  if (!json && count == 0) text = HeaderText();
  if (to_output) {
    context.screen.Print(text);
    return kAllWell;
  }
  const absl::Status written = WriteNewFile(options.path, text);
  if (!written.ok()) return Report(context, written);
  context.screen.Say(absl::StrCat(count, " trades are in ", Printable(options.path)));
  return kAllWell;
}

}  // namespace

void AddExportCommand(CLI::App& app, Action& chosen) {
  auto options = std::make_shared<ExportOptions>();
  CLI::App* command = app.add_subcommand("export", "The ledger for other programs");
  command->add_option("--format", options->format, "csv or json")
      ->check(CLI::IsMember({"csv", "json"}))
      ->capture_default_str();
  command->add_option("--to", options->path, "A new file; standard output if not given, or -");
  command->callback(
      [=, &chosen] { chosen = [=](Context& context) { return Export(context, *options); }; });
}

}  // namespace tallystick
