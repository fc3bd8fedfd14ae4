// Meters and what is written of them; that the table for people is the declared one.
#include "platform/metrics/metrics.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "platform/batch/batcher.h"
#include "platform/calls/call_meters.h"
#include "platform/error/error.h"
#include "platform/wire/state_names.h"
#include "tallystick/v1/shopping.pb.h"
#include "tests/support/catch.h"

namespace tallystick {
namespace {

TEST_CASE("metrics: the same labels are the same meter") {
  metrics::Metrics metrics(true);
  metrics.MakeCounter(metrics::kCallsRefused, {"RATE_LIMITED"}).Add(2);
  metrics.MakeCounter(metrics::kCallsRefused, {"RATE_LIMITED"}).Add();
  metrics.MakeCounter(metrics::kCallsRefused, {"QUEUE_FULL"}).Add();
  metrics.MakeGauge(metrics::kWork, {"buyers' \"lists\""}).Set(7);
  metrics.MakeHistogram(metrics::kBatchSize, {"orders"}).Observe(3);
  const std::string text = metrics.Text();
  for (const char* line : {"# TYPE tallystick_calls_refused_total counter\n",
                           "\ntallystick_calls_refused_total{reason=\"RATE_LIMITED\"} 3\n",
                           "\ntallystick_calls_refused_total{reason=\"QUEUE_FULL\"} 1\n",
                           "\ntallystick_work{queue=\"buyers' \\\"lists\\\"\"} 7\n",
                           "\ntallystick_batch_size_bucket{batch=\"orders\",le=\"2\"} 0\n",
                           "\ntallystick_batch_size_bucket{batch=\"orders\",le=\"4\"} 1\n",
                           "\ntallystick_batch_size_sum{batch=\"orders\"} 3\n"}) {
    CAPTURE(line);
    REQUIRE(absl::StrContains(text, line));
  }
}

TEST_CASE("metrics: those that are off count nothing and a meter of nothing neither") {
  metrics::Metrics off(false);
  off.MakeCounter(metrics::kCallsRefused, {"QUEUE_FULL"}).Add();
  off.MakeGauge(metrics::kReady).Set(1);
  off.MakeHistogram(metrics::kDatabaseSeconds).ObserveSince(SteadyNow());
  metrics::Counter().Add();
  REQUIRE(off.Text().empty());
}

TEST_CASE("metrics: a call is counted by its code and a refusal by its reason") {
  metrics::Metrics metrics(true);
  const rpc::RefusalMeters refusals(metrics);
  const rpc::MethodMeters unknown = rpc::UnknownMethodMeters(metrics);
  rpc::CallMeter(unknown, refusals, "", "")
      .End(MakeError(absl::StatusCode::kUnimplemented, "METHOD_UNKNOWN", "no"), "");
  rpc::CallMeter(unknown, refusals, "", "")
      .End(MakeError(absl::StatusCode::kNotFound, "OTHER", "no"), "");
  const rpc::CallMeter under_way(unknown, refusals, "", "");
  const std::string text = metrics.Text();
  const std::string labels =
      "grpc_method=\"unknown\",grpc_service=\"unknown\",grpc_type=\"unary\"} ";
  for (const std::string& line :
       {"grpc_server_started_total{" + labels + "3\n",
        "grpc_server_handled_total{grpc_code=\"Unimplemented\"," + labels + "1\n",
        "grpc_server_handled_total{grpc_code=\"NotFound\"," + labels + "1\n",
        "grpc_server_handled_total{grpc_code=\"OK\"," + labels + "0\n",
        "grpc_server_handling_seconds_count{" + labels + "2\n",
        std::string("refused_total{reason=\"METHOD_UNKNOWN\"} 1\n")}) {
    CAPTURE(line);
    REQUIRE(absl::StrContains(text, line));
  }
  REQUIRE_FALSE(absl::StrContains(text, "OTHER"));
}

TEST_CASE("metrics: what a batch call carries is counted by its own codes") {
  metrics::Metrics metrics(true);
  const rpc::RefusalMeters refusals(metrics);
  rpc::Method method;
  method.name = "BatchPlaceOrders";
  method.has_items = true;
  const rpc::MethodMeters meters = rpc::MethodMetersOf(metrics, "Shop", method);
  rpc::ItemOutcomes items;
  REQUIRE(items.worst() == absl::StatusCode::kOk);
  items.Count(absl::OkStatus());
  items.Count(absl::NotFoundError(""));
  items.Count(absl::AbortedError(""));
  items.Count(absl::AbortedError(""));
  REQUIRE(items.all() == 4);
  REQUIRE(items.failed() == 3);
  REQUIRE(items.worst() == absl::StatusCode::kAborted);
  rpc::CallMeter(meters, refusals, "", "").End(absl::OkStatus(), "", items);
  const std::string text = metrics.Text();
  const std::string labels = "grpc_method=\"BatchPlaceOrders\",grpc_service=\"Shop\"";
  for (const std::string& line :
       {"grpc_server_handled_total{grpc_code=\"OK\"," + labels + ",grpc_type=\"unary\"} 1\n",
        "tallystick_items_total{grpc_code=\"OK\"," + labels + "} 1\n",
        "tallystick_items_total{grpc_code=\"Aborted\"," + labels + "} 2\n",
        "tallystick_items_total{grpc_code=\"NotFound\"," + labels + "} 1\n",
        "tallystick_items_total{grpc_code=\"Internal\"," + labels + "} 0\n"}) {
    CAPTURE(line);
    REQUIRE(absl::StrContains(text, line));
  }
}

TEST_CASE("metrics: states have the names that buyers see") {
  const std::vector<std::string> names = wire::StateNames(*v1::OrderState_descriptor());
  REQUIRE(names.size() == 7);
  REQUIRE(names[v1::ORDER_STATE_CANCEL_PENDING] == "CANCEL_PENDING");
}

TEST_CASE("metrics: names follow Prometheus' rules") {
  std::set<std::string> names;
  for (const metrics::Declaration& declared : metrics::kDeclared) {
    const std::string name = declared.name;
    CAPTURE(name);
    REQUIRE(names.insert(name).second);
    REQUIRE(absl::EndsWith(name, "_total") == (declared.kind == metrics::Declaration::kCounter));
    if (declared.kind == metrics::Declaration::kSeconds) REQUIRE(absl::EndsWith(name, "_seconds"));
  }
}

TEST_CASE("metrics: docs/operations.md has each of them and no others") {
  std::ifstream file(TALLYSTICK_SOURCE_DIR "/docs/operations.md");
  std::vector<std::string> rows;
  for (std::string line; std::getline(file, line);) {
    if (absl::StartsWith(line, "| `grpc_") || absl::StartsWith(line, "| `tallystick_")) {
      rows.push_back(line);
    }
  }
  std::vector<std::string> expected;
  for (const metrics::Declaration& declared : metrics::kDeclared) {
    std::vector<std::string> labels;
    for (const absl::string_view label : absl::StrSplit(declared.labels, ' ', absl::SkipEmpty())) {
      labels.push_back(absl::StrCat("`", label, "`"));
    }
    expected.push_back(absl::StrCat("| `", declared.name, "` | ", absl::StrJoin(labels, ", "),
                                    labels.empty() ? "" : " ", "| ", declared.help, " |"));
  }
  REQUIRE(rows == expected);
}

// The name of a metric without what a histogram's series have after it.
std::string FamilyOf(const std::string& series) {
  for (const char* suffix : {"_bucket", "_sum", "_count"}) {
    if (absl::EndsWith(series, suffix)) return series.substr(0, series.rfind('_'));
  }
  return series;
}

TEST_CASE("metrics: alerts and dashboard ask for none that there is not") {
  std::set<std::string> declared;
  for (const metrics::Declaration& one : metrics::kDeclared) declared.insert(one.name);
  const std::regex name("(grpc_server|tallystick)_[a-z_]+");
  size_t asked = 0;
  for (const char* file : {"/alerts.yml", "/dashboards/tallystick.json"}) {
    std::ifstream stream(std::string(TALLYSTICK_SOURCE_DIR "/deploy/observability") + file);
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    for (std::sregex_iterator found(text.begin(), text.end(), name), end; found != end; ++found) {
      CAPTURE(file, found->str());
      REQUIRE(declared.contains(FamilyOf(found->str())));
      ++asked;
    }
  }
  REQUIRE(asked > 20);
}

}  // namespace
}  // namespace tallystick
