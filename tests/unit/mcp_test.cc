// The protocol that programs speak with tally: a line in, an answer out; and the limits on what
// they may spend.
#include <unistd.h>

#include <array>
#include <string>

#include "client-cli/mcp/lines.h"
#include "client-cli/mcp/protocol.h"
#include "client-cli/mcp/schema.h"
#include "client-cli/mcp/spending.h"
#include "tests/support/catch.h"
#include "tests/unit/ledger_file.h"

namespace tallystick::testing {
namespace {

using mcp::LineReader;

// With one tool, which gives back what it got, and one that is withheld.
mcp::Server EchoServer() {
  mcp::Tool echo;
  echo.name = "echo";
  echo.description = "Says it again";
  echo.input_schema =
      ObjectSchema({{"text", TextSchema("What to say")}},
                   {{"times", WholeSchema("How often", 1, 3)},
                    {"parts", ListSchema("", ObjectSchema({{"loud", FlagSchema()}}), 1)}});
  echo.output_schema = AnswerSchema({{"said", TextSchema()}});
  echo.call = [](const Json& arguments) {
    return mcp::ToolResult{Json{{"said", arguments.at("text")}}, "there you are", false};
  };
  return {"be kind", {echo}, {{"order", "this server is read-only"}}};
}

Json Ask(const std::string& line) {
  const std::optional<Json> answer = AnswerTo(EchoServer(), line);
  INFO(line);
  REQUIRE(answer);
  REQUIRE(answer->at("jsonrpc") == "2.0");
  return *answer;
}

std::string CallOf(const std::string& name, const std::string& arguments) {
  return R"({"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":")" + name +
         R"(","arguments":)" + arguments + "}}";
}

// The words of a call that is refused.
std::string RefusalOf(const std::string& arguments) {
  const Json result = Ask(CallOf("echo", arguments)).at("result");
  REQUIRE(result.at("isError") == true);
  REQUIRE_FALSE(result.contains("structuredContent"));
  return result.at("content").at(0).at("text");
}

TEST_CASE("mcp: a client and the server agree on a version that both know") {
  const auto version_for = [](const std::string& asked) -> std::string {
    const Json result = Ask(R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{)"
                            R"("protocolVersion":")" +
                            asked + R"(","capabilities":{}}})")
                            .at("result");
    REQUIRE(result.at("capabilities").contains("tools"));
    REQUIRE(result.at("serverInfo").at("name") == "tally");
    REQUIRE(result.at("instructions") == "be kind");
    return result.at("protocolVersion");
  };
  REQUIRE(version_for("2025-11-25") == "2025-11-25");
  REQUIRE(version_for("2025-06-18") == "2025-06-18");
  REQUIRE(version_for("2024-11-05") == "2024-11-05");
  // Whose batches are not taken; its clients know the one before, too.
  REQUIRE(version_for("2025-03-26") == "2024-11-05");
  REQUIRE(version_for("2099-01-01") == "2025-11-25");
  REQUIRE(version_for("1999-01-01") == "2025-11-25");
  REQUIRE(Ask(R"({"jsonrpc":"2.0","id":1,"method":"initialize"})").at("error").at("code") ==
          -32602);
}

TEST_CASE("mcp: what is no message, no request or no method gets the error that it should") {
  const auto code_of = [](const std::string& line) -> int {
    return Ask(line).at("error").at("code");
  };
  REQUIRE(code_of("") == -32700);
  REQUIRE(code_of("{") == -32700);
  REQUIRE(code_of(R"({"jsonrpc":"2.0","id":1,"method":"ping"}})") == -32700);
  REQUIRE(code_of("{\"jsonrpc\":\"2.0\",\"id\":\"\xff\",\"method\":\"ping\"}") == -32700);
  REQUIRE(code_of(R"({"jsonrpc":"2.0","id":1e400,"method":"ping"})") == -32700);
  REQUIRE(code_of("7") == -32600);
  REQUIRE(code_of(R"([{"jsonrpc":"2.0","id":1,"method":"ping"}])") == -32600);
  REQUIRE(code_of(R"({"id":1,"method":"ping"})") == -32600);
  REQUIRE(code_of(R"({"jsonrpc":"1.0","id":1,"method":"ping"})") == -32600);
  REQUIRE(code_of(R"({"jsonrpc":"2.0","id":1})") == -32600);
  REQUIRE(code_of(R"({"jsonrpc":"2.0","id":1,"method":7})") == -32600);
  REQUIRE(code_of(R"({"jsonrpc":"2.0","id":null,"method":"ping"})") == -32600);
  REQUIRE(code_of(R"({"jsonrpc":"2.0","id":[1],"method":"ping"})") == -32600);
  REQUIRE(code_of(R"({"jsonrpc":"2.0","id":1,"method":"resources/list"})") == -32601);
  REQUIRE(code_of(R"({"jsonrpc":"2.0","id":1,"method":"ping","params":[1]})") == -32602);
  REQUIRE(code_of(R"({"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":"x"}})") ==
          -32602);
  REQUIRE(code_of(R"({"jsonrpc":"2.0","id":1,"method":"tools/call"})") == -32602);
  REQUIRE(code_of(CallOf("nonesuch", "{}")) == -32602);
  // The id comes back as it was, where there was one.
  REQUIRE(Ask(R"({"jsonrpc":"2.0","id":"a-1","method":"nonesuch"})").at("id") == "a-1");
  REQUIRE(Ask(R"({"jsonrpc":"2.0","id":9007199254740993,"method":"ping"})").at("id") ==
          9007199254740993);
  REQUIRE(Ask("{").at("id").is_null());
}

TEST_CASE("mcp: notifications and answers are never answered") {
  for (const char* line :
       {R"({"jsonrpc":"2.0","method":"notifications/initialized"})",
        R"({"jsonrpc":"2.0","method":"nonesuch"})", R"({"jsonrpc":"2.0","id":1,"result":{}})",
        R"({"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"no"}})"}) {
    INFO(line);
    REQUIRE_FALSE(AnswerTo(EchoServer(), line));
  }
  // Nor does one call a tool.
  mcp::Server server = EchoServer();
  bool called = false;
  server.tools[0].call = [&](const Json&) {
    called = true;
    return mcp::ToolResult{};
  };
  REQUIRE_FALSE(AnswerTo(server, R"({"jsonrpc":"2.0","method":"tools/call","params":)"
                                 R"({"name":"echo","arguments":{"text":"a"}}})"));
  REQUIRE_FALSE(called);
}

TEST_CASE("mcp: a message that is nested as deep as it can be is answered") {
  const std::string deep = std::string(400'000, '[') + std::string(400'000, ']');
  REQUIRE(Ask(deep).at("error").at("code") == -32600);
  REQUIRE(Ask(R"({"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":)" + deep + "}}")
              .contains("result"));
  REQUIRE(RefusalOf(R"({"text":)" + deep + "}") == "arguments.text must be a text");
}

TEST_CASE("mcp: a tool is listed with its schemas, and its answer is structure and text") {
  const Json tools = Ask(R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})")["result"]["tools"];
  REQUIRE(tools.size() == 1);
  REQUIRE(tools[0]["name"] == "echo");
  REQUIRE(tools[0]["inputSchema"]["additionalProperties"] == false);
  REQUIRE(tools[0]["inputSchema"]["required"] == Json::array({"text"}));
  REQUIRE(tools[0]["outputSchema"]["properties"].contains("said"));
  REQUIRE(tools[0]["annotations"]["readOnlyHint"] == true);
  const Json result = Ask(CallOf("echo", R"({"text":"h\u00e9"})")).at("result");
  REQUIRE(result["isError"] == false);
  REQUIRE(result["structuredContent"] == Json{{"said", "hé"}});
  REQUIRE(Json::parse(result["content"][0]["text"].get<std::string>()) ==
          result["structuredContent"]);
  REQUIRE(result["content"][1]["text"] == "there you are");
}

TEST_CASE("mcp: arguments that are unknown, missing or of another type are refused in words") {
  REQUIRE(RefusalOf("{}") == R"(arguments needs "text")");
  REQUIRE(RefusalOf("[]") == "arguments must be an object");
  REQUIRE(RefusalOf(R"({"text":"a","tixt":1})") ==
          "arguments has no 'tixt'; there are: text, times, parts");
  REQUIRE(RefusalOf(R"({"text":7})") == "arguments.text must be a text");
  REQUIRE(RefusalOf(R"({"text":null})") == "arguments.text must be a text");
  REQUIRE(RefusalOf(R"({"text":"a\u001b[2J"})") ==
          "arguments.text must not have control characters");
  REQUIRE(RefusalOf(R"({"text":"a\u0000"})") == "arguments.text must not have control characters");
  REQUIRE(RefusalOf(R"({"text":")" + std::string(1'001, 'a') + R"("})") ==
          "arguments.text has more than 1000 bytes");
  for (const char* times : {"0", "4", "-1", "1.5", "1.0", "\"1\"", "true", "18446744073709551615",
                            "99999999999999999999", "null"}) {
    INFO(times);
    const std::string words = RefusalOf(std::string(R"({"text":"a","times":)") + times + "}");
    REQUIRE(words == "arguments.times must be a whole number from 1 to 3");
  }
  REQUIRE(RefusalOf(R"({"text":"a","parts":{}})") == "arguments.parts must be a list");
  REQUIRE(RefusalOf(R"({"text":"a","parts":[]})") == "arguments.parts must have at least 1");
  REQUIRE(RefusalOf(R"({"text":"a","parts":[{"loud":true},{"loud":1}]})") ==
          "arguments.parts[1].loud must be true or false");
  // A name that would steer a terminal is shown as text.
  REQUIRE(RefusalOf(R"({"text":"a","\u001b[2J":1})").find('\x1b') == std::string::npos);
}

TEST_CASE("mcp: a tool that is withheld says why when it is called all the same") {
  const Json result = Ask(CallOf("order", "{}")).at("result");
  REQUIRE(result["isError"] == true);
  REQUIRE(result["content"][0]["text"] == "this server is read-only");
}

// Both ends of a pipe.
struct Pipe {
  Pipe() { REQUIRE(pipe(ends.data()) == 0); }
  ~Pipe() {
    close(ends[0]);
    Close();
  }
  void Write(const std::string& text) const {
    REQUIRE(write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  void Close() {
    if (ends[1] >= 0) close(ends[1]);
    ends[1] = -1;
  }
  std::array<int, 2> ends{};
};

TEST_CASE("mcp: lines are read up to a bound, and a longer one is passed over whole") {
  Pipe input;
  Pipe stop;
  LineReader lines(input.ends[0], stop.ends[0], 10);
  input.Write("one\n\n0123456789\n0123456789a\ntwo\n" + std::string(20'000, 'x') + "\nthree");
  input.Close();
  const auto is_line = [&](const std::string& text) {
    const LineReader::Line line = lines.Next();
    return line.kind == LineReader::kLine && line.text == text;
  };
  REQUIRE(is_line("one"));
  REQUIRE(is_line(""));
  REQUIRE(is_line("0123456789"));
  REQUIRE(lines.Next().kind == LineReader::kTooLong);
  REQUIRE(is_line("two"));
  REQUIRE(lines.Next().kind == LineReader::kTooLong);
  REQUIRE(is_line("three"));
  REQUIRE(lines.Next().kind == LineReader::kEnd);
  REQUIRE(lines.Next().kind == LineReader::kEnd);
}

TEST_CASE("mcp: a signal to stop ends the reading, whatever else there is") {
  Pipe input;
  Pipe stop;
  LineReader lines(input.ends[0], stop.ends[0], 10);
  input.Write("one\ntwo\nthr");
  REQUIRE(lines.Next().text == "one");
  stop.Write("!");
  REQUIRE(lines.Next().kind == LineReader::kEnd);
}

// The words for which an order of so much is refused; empty when it is not.
std::string Objection(const mcp::SpendingLimits& limits, const Money& total, Ledger& ledger,
                      absl::Time now = absl::Now()) {
  return std::string(CheckSpending(limits, total, ledger, now).message());
}

TEST_CASE("mcp: limits are positive, one a currency, of a trade and of a day") {
  const auto limits = mcp::ParseLimits({"50.00 USD", "9 EUR"}, {"20 EUR", "200.00 USD"});
  REQUIRE(limits.ok());
  REQUIRE(limits->trade.at("USD") == 5'000);
  REQUIRE(limits->day.at("EUR") == 2'000);
  const auto words_of = [](const std::vector<std::string>& trade,
                           const std::vector<std::string>& day) {
    return std::string(mcp::ParseLimits(trade, day).status().message());
  };
  REQUIRE(words_of({"50.00 USD"}, {}) ==
          "a limit in USD is missing: give --max-day \"50.00 USD\", too");
  REQUIRE(words_of({}, {"50.00 USD"}).find("give --max-trade") != std::string::npos);
  REQUIRE(words_of({"50.00 USD"}, {"50.00 EUR"}).find("missing") != std::string::npos);
  REQUIRE(words_of({"0.00 USD"}, {"1.00 USD"}).find("--max-trade: a limit must be") == 0);
  REQUIRE(words_of({"-1.00 USD"}, {"1.00 USD"}).find("--max-trade: ") == 0);
  REQUIRE(words_of({"1.00 USD", "2.00 USD"}, {"1.00 USD"}).find("two limits in USD") !=
          std::string::npos);
  REQUIRE(words_of({"fifty"}, {"1.00 USD"}).find("--max-trade: 'fifty' is no amount") == 0);
}

TEST_CASE("mcp: an order beyond a trade or a day is refused with the amounts") {
  const LedgerFile file;
  const auto ledger = file.Open();
  REQUIRE(ledger->PutProfile(Shop("demo"), true).ok());
  const mcp::SpendingLimits limits = *mcp::ParseLimits({"50.00 USD"}, {"80.00 USD"});
  REQUIRE(Objection(limits, {"USD", 5'000}, *ledger, kNow).empty());
  REQUIRE(Objection(limits, {"USD", 5'001}, *ledger, kNow)
              .find("the order costs 50.01 USD, and a trade may cost at most 50.00 USD. ") == 0);
  REQUIRE(Objection(limits, {"EUR", 1}, *ledger, kNow).find("no limit is set") !=
          std::string::npos);
  // One without an answer may have been placed, so it counts.
  std::vector<LedgerTrade> orders = {Order("demo", "PO-1")};
  orders[0].request.expected_total = Money{"USD", 4'000};
  REQUIRE(ledger->BeginSending(Shop("demo"), orders).ok());
  REQUIRE(Objection(limits, {"USD", 4'000}, *ledger, kNow).empty());
  REQUIRE(Objection(limits, {"USD", 4'001}, *ledger, kNow)
              .find("the order costs 40.01 USD, and 40.00 USD were ordered in the last 24 hours, "
                    "in which at most 80.00 USD may be. ") == 0);
  REQUIRE_FALSE(Objection(limits, {"USD", 4'001}, *ledger, kNow + absl::Hours(48)).empty());
  // One that was placed counts for a day from its time, and not the other currencies' day.
  orders[0].placement = Placement::kPlaced;
  orders[0].information = Information("PO-1");
  orders[0].information->contents.total = 4'000;
  REQUIRE(ledger->RecordPlacements(orders).ok());
  REQUIRE_FALSE(Objection(limits, {"USD", 4'001}, *ledger, kNow + absl::Hours(24)).empty());
  const absl::Time next_day = kNow + absl::Hours(24) + absl::Milliseconds(1);
  REQUIRE(Objection(limits, {"USD", 4'001}, *ledger, next_day).empty());
  REQUIRE(ledger->OrderedSince(kNow) == std::map<std::string, int64_t>{{"USD", 4'000}});
}

TEST_CASE("mcp: of two that order at the same moment only one is within the limit of the day") {
  const LedgerFile file;
  const auto one = file.Open();
  const auto other = file.Open();
  REQUIRE(one->PutProfile(Shop("demo"), true).ok());
  const mcp::SpendingLimits limits = *mcp::ParseLimits({"50.00 USD"}, {"80.00 USD"});
  const auto write = [&](Ledger& ledger, const std::string& reference) {
    std::vector<LedgerTrade> orders = {Order("demo", reference)};
    orders[0].request.expected_total = Money{"USD", 5'000};
    const MayWrite within = [&](const LedgerTrade& trade) {
      return CheckSpending(limits, *trade.request.expected_total, ledger, kNow);
    };
    return ledger.BeginSending(Shop("demo"), orders, nullptr, within).status();
  };
  REQUIRE(write(*one, "PO-1").ok());
  REQUIRE(absl::IsFailedPrecondition(write(*other, "PO-2")));
  REQUIRE(file.Count("trades") == 1);
}

}  // namespace
}  // namespace tallystick::testing
