// tally report, and the page in a real browser: Debian's chromium, if it is installed.
#include <sys/stat.h>

#include <regex>

#include "tests/support/stack.h"

namespace tallystick::testing {
namespace {

using nlohmann::json;

// A trade that is done, one under way, one that payment lies about, one that was refused.
void Trade(Stack& stack) {
  stack.LoadProducts();
  const std::string lied = stack.Order({"CHAI:3", "--reference", "PO-LIE"});
  const std::string done = stack.Order({"CHANG:2", "--reference", "PO-DONE"});
  const std::string refused =
      stack.Order({"CHAI:1", "--reference", "PO-NO"}, "SANDBOX-REFUSE; Street 1");
  REQUIRE(stack.Tally({"track", lied, done, refused, "--watch"}).code == 0);
  const std::string due =
      stack.Order({"CHAI:5", "--reference", "PO-DUE-" + std::string(50, 'W'), "--terms", "NET_30"});
  REQUIRE(stack.TrackUntil(
      due, [](const json& trade) { return !trade["payment"]["planned_captures"].empty(); }));
  // As in tally_test.cc: 9,999.99 was captured, it says now.
  stack.postgres().Execute("payment",
                           "UPDATE payments SET document = document || "
                           "'\\x0a06520410bf843d'::bytea WHERE trading_id = '" +
                               lied + "'");
  REQUIRE(stack.Tally({"track", lied}).code == 3);
}

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("a report tells the ledger without asking anybody, and spoils no other file") {
  Stack stack;
  Trade(stack);
  for (const char* server : {"shopping", "payment", "delivery"}) stack.StopServer(server);
  const std::string path = stack.File("report.html");
  const TallyResult made = stack.Tally({"report", "--html", path});
  INFO(made.err);
  REQUIRE(made.code == 3);  // a warning is open, as list has it
  REQUIRE(made.out.empty());
  const std::string page = ReadFile(path);
  for (const char* part : {"PO-LIE", "PO-DONE", "PO-NO", "PO-DUE", "MONEY-2", "9,999.99 USD"}) {
    CAPTURE(part);
    REQUIRE(Has(page, part));
  }
  // What needs the buyer stands before what is under way, and that before what is done.
  REQUIRE(page.find("PO-LIE") < page.find("PO-DUE"));
  REQUIRE(page.find("PO-DUE") < page.find("PO-DONE"));
  struct stat file {};
  REQUIRE(stat(path.c_str(), &file) == 0);
  REQUIRE((file.st_mode & 0777) == 0600);
  // Again over itself, but over nothing else.
  REQUIRE(stack.TallyJson({"report", "--html", path}).json()["trades"] == 4);
  const std::string ledger = ReadFile(stack.File("ledger.db"));
  const TallyResult refused = stack.Tally({"report", "--html", stack.File("ledger.db")});
  REQUIRE(refused.code == 1);
  REQUIRE(Has(refused.err, "is no report of tally"));
  REQUIRE(ReadFile(stack.File("ledger.db")) == ledger);
  REQUIRE(stack.Tally({"report", "--html", stack.File("no/such/folder.html")}).code == 1);
  REQUIRE(stack.Tally({"report"}).code == 2);
  REQUIRE(Has(stack.Tally({"report", "--html", "-"}).out, "PO-LIE"));
  REQUIRE(Has(stack.Tally({"__complete", "rep"}).out, "report\t"));
}

constexpr char kBrowser[] = "/usr/bin/chromium";

// What chromium prints when it is called with these arguments.
std::string Browse(Stack& stack, std::vector<std::string> arguments) {
  std::vector<std::string> command = {kBrowser,
                                      "--headless",
                                      "--no-sandbox",
                                      "--disable-gpu",
                                      "--hide-scrollbars",
                                      "--allow-file-access-from-files",
                                      "--user-data-dir=" + stack.File("browser")};
  command.insert(command.end(), arguments.begin(), arguments.end());
  std::filesystem::remove(stack.File("browser.out"));
  Process browser(command, {{"HOME", stack.File("browser")}}, stack.File("browser.out"),
                  stack.File("browser.err"));
  REQUIRE(browser.Wait() == 0);
  return ReadFile(stack.File("browser.out"));
}

// The page as a frame of such a size has it, all rows opened: a script of the test's own, outside
// the page, looks at it.
json LookAt(Stack& stack, int width, int height, std::vector<std::string> options = {}) {
  std::ofstream(stack.File("look.html"))
      << R"(<!doctype html><body><iframe src="report.html" )"
      << "style=\"border:0;width:" << width << "px;height:" << height << R"(px"></iframe><script>
const frame = document.querySelector('iframe');
frame.onload = () => {
  const page = frame.contentDocument;
  for (const row of page.querySelectorAll('details')) row.open = true;
  const wide = [...page.body.querySelectorAll('*')].filter(
      (element) => element.getBoundingClientRect().right > frame.clientWidth + 3).length;
  document.body.textContent = 'LOOK' + JSON.stringify({
    width: page.documentElement.clientWidth, content: page.documentElement.scrollWidth, wide,
    rows: page.querySelectorAll('details.row').length, scripts: page.scripts.length,
    marked: [...page.querySelectorAll('tr.differs')].map((row) => row.textContent),
    background: getComputedStyle(page.body).backgroundColor}) + 'END';
};
</script>)";
  options.insert(options.end(), {"--dump-dom", "file://" + stack.File("look.html")});
  const std::string dump = Browse(stack, std::move(options));
  const size_t begin = dump.find("LOOK{");
  const size_t end = dump.find("}END");
  INFO(dump);
  REQUIRE(begin != std::string::npos);
  REQUIRE(end != std::string::npos);
  return json::parse(dump.substr(begin + 4, end - begin - 3));
}

TEST_CASE(
    "a browser shows the report on a desktop and on a phone, in light and dark, and prints it") {
  if (!std::filesystem::exists(kBrowser)) {
    std::puts("SKIPPED: no browser; install Debian's chromium");
    return;
  }
  Stack stack;
  Trade(stack);
  REQUIRE(stack.Tally({"report", "--html", stack.File("report.html")}).code == 3);
  for (const auto& [width, height] : {std::pair(1280, 900), std::pair(390, 844)}) {
    const json look = LookAt(stack, width, height);
    CAPTURE(look.dump());
    REQUIRE(look["width"] == width);
    REQUIRE(look["content"] == width);
    REQUIRE(look["wide"] == 0);
    REQUIRE(look["rows"] == 3);
    REQUIRE(look["scripts"] == 0);
    REQUIRE(look["marked"].size() >= 4);
  }
  const json light = LookAt(stack, 1280, 900, {"--blink-settings=preferredColorScheme=1"});
  const json dark = LookAt(stack, 1280, 900, {"--blink-settings=preferredColorScheme=0"});
  REQUIRE(light["background"] == "rgb(250, 247, 241)");
  REQUIRE(dark["background"] == "rgb(25, 23, 21)");

  const std::string url = "file://" + stack.File("report.html");
  Browse(stack, {"--window-size=1280,900", "--screenshot=" + stack.File("desk.png"), url});
  REQUIRE(ReadFile(stack.File("desk.png")).substr(1, 3) == "PNG");
  Browse(stack, {"--no-pdf-header-footer", "--print-to-pdf=" + stack.File("report.pdf"), url});
  const std::string paper = ReadFile(stack.File("report.pdf"));
  std::smatch box;
  REQUIRE(std::regex_search(paper, box, std::regex(R"(/MediaBox \[0 0 ([0-9.]+) ([0-9.]+)\])")));
  REQUIRE(std::abs(std::stod(box[1]) - 595) < 1);  // A4 in points
  REQUIRE(std::abs(std::stod(box[2]) - 842) < 1);
}

}  // namespace
}  // namespace tallystick::testing
