// docs/runbook.md against the alerts of deploy/observability.
#include <algorithm>
#include <fstream>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "services/delivery/store/delivery_store.h"
#include "services/payment/store/payment_store.h"
#include "services/shopping/store/order_store.h"
#include "tests/support/catch.h"

namespace tallystick {
namespace {

std::vector<std::string> LinesOf(const std::string& file) {
  std::ifstream stream(std::string(TALLYSTICK_SOURCE_DIR "/") + file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  REQUIRE_FALSE(lines.empty());
  return lines;
}

// The alerts, each with the entry that its annotation names.
std::map<std::string, std::string> Alerts() {
  std::map<std::string, std::string> alerts;
  std::string alert;
  for (const std::string& line : LinesOf("deploy/observability/alerts.yml")) {
    absl::string_view words = absl::StripAsciiWhitespace(line);
    if (absl::ConsumePrefix(&words, "- alert: ")) alerts[alert = std::string(words)];
    if (absl::ConsumePrefix(&words, "runbook: ")) alerts[alert] = std::string(words);
  }
  return alerts;
}

// The entries of the runbook, by their headings, each with its lines.
std::map<std::string, std::string> Entries() {
  std::map<std::string, std::string> entries;
  std::string* entry = nullptr;
  for (const std::string& line : LinesOf("docs/runbook.md")) {
    absl::string_view heading = line;
    if (absl::ConsumePrefix(&heading, "## ")) {
      entry = &entries[std::string(heading)];
      REQUIRE(entry->empty());
    } else if (entry != nullptr) {
      absl::StrAppend(entry, line, "\n");
    }
  }
  return entries;
}

TEST_CASE("runbook: each alert has its entry and no entry is without an alert") {
  const auto alerts = Alerts();
  const auto entries = Entries();
  REQUIRE(alerts.size() >= 10);
  for (const auto& [alert, anchor] : alerts) {
    CAPTURE(alert);
    REQUIRE(entries.contains(alert));
    REQUIRE(anchor == absl::StrCat("\"docs/runbook.md#", absl::AsciiStrToLower(alert), "\""));
  }
  for (const auto& [entry, lines] : entries) {
    CAPTURE(entry);
    REQUIRE(alerts.contains(entry));
    size_t at = 0;
    for (const char* part : {"\n**Means** that ", "\n**Look at** ", "\n**Do** "}) {
      CAPTURE(part);
      at = lines.find(part, at);
      REQUIRE(at != std::string::npos);
    }
  }
}

// What Prometheus would call the services, by a file's configuration.
std::vector<std::string> Jobs(const std::string& file) {
  std::vector<std::string> jobs;
  for (const std::string& line : LinesOf(file)) {
    absl::string_view words = absl::StripAsciiWhitespace(line);
    if (absl::ConsumePrefix(&words, "- job_name: ")) jobs.emplace_back(words);
  }
  return jobs;
}

TEST_CASE("operations: what Prometheus is told there has a job a service as the alerts need it") {
  const std::vector<std::string> services{"shopping", "payment", "delivery"};
  REQUIRE(Jobs("deploy/observability/prometheus.yml") == services);
  REQUIRE(Jobs("docs/operations.md") == services);
}

TEST_CASE("operations: the numbers of the queues have the names that the code has for them") {
  const std::span<const Queue> services[] = {shopping::kQueues, payment::kQueues,
                                             delivery::kQueues};
  size_t names = 0;
  size_t at = 0;
  for (const std::string& line : LinesOf("docs/operations.md")) {
    std::vector<std::string> cells = absl::StrSplit(line, '|');
    for (std::string& cell : cells) absl::StripAsciiWhitespace(&cell);
    if (cells.size() != 6 || (at == 0 && cells[1] != "`queue`")) {
      at = 0;
      continue;
    }
    if (++at <= 2) continue;  // the head of the table
    int number = 0;
    REQUIRE(absl::SimpleAtoi(cells[1], &number));
    for (size_t service = 0; service < 3; ++service) {
      CAPTURE(number, service);
      const std::string& name = cells[service + 2];
      const auto known = std::ranges::find(services[service], number, &Queue::number);
      REQUIRE((known == services[service].end() ? "" : known->name) == name);
      if (!name.empty()) ++names;
    }
  }
  REQUIRE(names == services[0].size() + services[1].size() + services[2].size());
}

}  // namespace
}  // namespace tallystick
