// Every field of every answer, falsified one at a time, in trades of all states: each lie is
// noticed but those that client-cli/match/fields.txt tolerates. The fields come from the
// descriptors. Prints the table of coverage (./dev test -R falsified -V).
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "client-cli/match/placement.h"
#include "client-cli/wire/record.h"
#include "platform/trade/fields.h"
#include "platform/wire/convert.h"
#include "tests/support/catch.h"
#include "tests/support/falsify.h"
#include "tests/support/liars.h"

namespace tallystick::testing {
namespace {

constexpr int kScenes = 120;

struct Row {
  std::set<std::string> rules;
  std::set<std::string> tolerated;  // lies, by name
};

// "Message.field" → its row. A field below "Message.sub.*" has that row.
using Rows = std::map<std::string, Row>;

Rows ReadRows() {
  std::ifstream file(std::string(TALLYSTICK_SOURCE_DIR) + "/client-cli/match/fields.txt");
  REQUIRE(file.good());
  Rows rows;
  std::string line;
  while (std::getline(file, line)) {
    if (line.empty() || line[0] == '#') continue;
    CAPTURE(line);
    std::vector<std::string> columns;
    for (const auto& column : absl::StrSplit(line, '|')) {
      columns.emplace_back(absl::StripAsciiWhitespace(column));
    }
    REQUIRE((columns.size() == 3 || columns.size() == 4));
    REQUIRE_FALSE(columns[2].empty());
    Row row;
    for (const auto& rule : absl::StrSplit(columns[1], ' ', absl::SkipEmpty())) {
      row.rules.insert(std::string(rule));
    }
    if (columns.size() == 4) {
      const std::pair<std::string, std::string> parts =
          absl::StrSplit(columns[3], absl::MaxSplits(": ", 1));
      REQUIRE_FALSE(parts.second.empty());  // why
      for (const auto& lie : absl::StrSplit(parts.first, ' '))
        row.tolerated.insert(std::string(lie));
    }
    REQUIRE((!row.rules.empty() || !row.tolerated.empty()));
    REQUIRE(rows.emplace(columns[0], std::move(row)).second);
  }
  return rows;
}

const Row* FindRow(const Rows& rows, const std::string& name) {
  const auto found = rows.find(name);
  if (found != rows.end()) return &found->second;
  for (const auto& [prefix, row] : rows) {
    if (absl::EndsWith(prefix, ".*") &&
        absl::StartsWith(name, absl::string_view(prefix).substr(0, prefix.size() - 1))) {
      return &row;
    }
  }
  return nullptr;
}

const std::vector<const google::protobuf::Descriptor*>& Messages() {
  static const std::vector<const google::protobuf::Descriptor*> messages = {
      v1::OrderStatus::descriptor(), v1::PaymentStatus::descriptor(),
      v1::DeliveryStatus::descriptor(), v1::TradingStatus::descriptor(),
      v1::TradingInformation::descriptor()};
  return messages;
}

TEST_CASE("every field of the answers has a row, and every row a field") {
  const Rows rows = ReadRows();
  std::set<std::string> used;
  for (const auto* message : Messages()) {
    for (const FieldPath& path : FieldPathsOf(*message)) {
      const std::string name = message->name() + "." + path.name;
      CAPTURE(name);
      REQUIRE(FindRow(rows, name) != nullptr);
      used.insert(name);
    }
  }
  for (const auto& [name, row] : rows) {
    if (absl::EndsWith(name, ".*")) continue;
    CAPTURE(name);
    REQUIRE(used.contains(name));
  }
}

v1::TradingStatus ToProto(const TradingStatus& status) {
  v1::TradingStatus proto;
  proto.set_trading_id(status.trading_id.ToString());
  *proto.mutable_order() = wire::ToProto(status.order);
  if (status.payment) *proto.mutable_payment() = wire::ToProto(*status.payment);
  if (status.delivery) *proto.mutable_delivery() = wire::ToProto(*status.delivery);
  return proto;
}

// How a lie is told: under the revision that all know, or one ahead and dated now; to a ledger that
// sees the trade for the first time, or has seen the truth.
struct Mode {
  const char* name;
  bool ahead;
  bool seen;
};
constexpr Mode kModes[] = {{"same revision, fresh ledger", false, false},
                           {"same revision, truth seen", false, true},
                           {"one ahead, fresh ledger", true, false},
                           {"one ahead, truth seen", true, true}};

// The truth of one service, falsified in one field; nullopt when that is no lie.
template <typename Proto>
std::optional<Proto> FalsifyOne(Proto proto, const FieldPath& path, Lie lie, const Mode& mode,
                                absl::Time now, const std::function<int(int)>& pick) {
  if constexpr (requires { proto.mutable_update_time(); }) {
    if (mode.ahead) {
      proto.set_revision(proto.revision() + 1);
      wire::Put(now, proto.mutable_update_time());
    }
  }
  if (!Falsify(proto, path, lie, pick)) return std::nullopt;
  return proto;
}

std::optional<Lies> LiesOf(const Moment& truth, const google::protobuf::Descriptor& message,
                           const FieldPath& path, Lie lie, const Mode& mode, absl::Time now,
                           const std::function<int(int)>& pick) {
  Lies lies;
  const auto put = [&](auto proto, auto& to) {
    const auto falsified = FalsifyOne(std::move(proto), path, lie, mode, now, pick);
    if (falsified) to = wire::FromProto(*falsified);
    return falsified.has_value();
  };
  bool lied = false;
  if (&message == v1::OrderStatus::descriptor()) {
    lied = put(wire::ToProto(truth.order.order), lies.order);
  } else if (&message == v1::PaymentStatus::descriptor()) {
    lied = put(wire::ToProto(*truth.payment), lies.payment);
  } else if (&message == v1::DeliveryStatus::descriptor()) {
    lied = put(wire::ToProto(*truth.delivery), lies.delivery);
  } else {
    lied = put(ToProto(truth.order), lies.word);
  }
  return lied ? std::optional<Lies>(std::move(lies)) : std::nullopt;
}

struct Counts {
  int made = 0;
  int at_once = 0;
  int later = 0;
  int tolerated = 0;
};

struct Coverage {
  std::map<std::string, Counts> by_message_and_mode;
  std::map<std::string, std::set<std::string>> fired;  // rules by field
  std::set<std::string> lied_about;
};

// Lies about a state are tolerated in one situation only.
bool MayBeTolerated(const std::string& name, const OrderStatus& truth) {
  if (name != "OrderStatus.state") return true;
  return truth.state == OrderState::kConfirmed &&
         std::any_of(truth.returns.begin(), truth.returns.end(), [](const Return& goods_return) {
           return goods_return.state == ReturnState::kReceived;
         });
}

void FalsifyAll(History& history, absl::Time now, const MatchSettings& settings, const Rows& rows,
                Coverage& coverage) {
  const Moment truth = history.moments().back();
  const auto pick = [&](int n) { return history.Pick(0, n - 1); };
  const Buyers buyers = BuyersOf(history, now);
  for (const auto* message : Messages()) {
    if (message == v1::TradingInformation::descriptor()) continue;
    for (const FieldPath& path : FieldPathsOf(*message)) {
      const std::string name = message->name() + "." + path.name;
      const Row& row = *FindRow(rows, name);
      for (const Lie lie : kLies) {
        for (const Mode& mode : kModes) {
          if (mode.ahead && message == v1::TradingStatus::descriptor()) continue;
          auto lies = LiesOf(truth, *message, path, lie, mode, now, pick);
          if (!lies) continue;
          Liars liars(history, *std::move(lies));
          Counts& counts = coverage.by_message_and_mode[message->name() + ", " + mode.name];
          ++counts.made;
          coverage.lied_about.insert(name);
          switch (
              Look(history, mode.seen ? buyers.informed : buyers.fresh, liars, settings, now,
                   [&](const Warning& warning) { coverage.fired[name].insert(warning.rule); })) {
            case Noticed::kAtOnce: ++counts.at_once; break;
            case Noticed::kLater: ++counts.later; break;
            case Noticed::kNever:
              ++counts.tolerated;
              if (row.tolerated.contains(NameOf(lie)) && MayBeTolerated(name, truth.order.order)) {
                break;
              }
              CAPTURE(history.options().seed, name, NameOf(lie), mode.name);
              FAIL("a lie that nobody notices");
          }
        }
      }
    }
  }
}

TEST_CASE("falsified fields are noticed, in trades of all states") {
  const MatchSettings settings;
  const Rows rows = ReadRows();
  Coverage coverage;
  std::set<OrderState> orders;
  std::set<PaymentState> payments;
  std::set<DeliveryState> deliveries;
  int returns = 0;
  VisitQuietMoments(kScenes, settings, [&](History& history, absl::Time now) {
    orders.insert(history.order().status.order.state);
    payments.insert(history.payment()->status.state);
    deliveries.insert(history.delivery()->status.state);
    returns += history.order().status.order.returns.empty() ? 0 : 1;
    FalsifyAll(history, now, settings, rows, coverage);
  });
  std::printf("%-55s %8s %8s %8s %10s\n", "falsified one field at a time", "made", "at once",
              "later", "tolerated");
  for (const auto& [name, counts] : coverage.by_message_and_mode) {
    std::printf("%-55s %8d %8d %8d %10d\n", name.c_str(), counts.made, counts.at_once, counts.later,
                counts.tolerated);
  }
  // The scenes are worth their number, and every row was tried and says what is so.
  REQUIRE(orders.size() >= 5);
  REQUIRE(payments.size() >= 6);
  REQUIRE(deliveries.size() >= 5);
  REQUIRE(returns >= 3);
  for (const auto& [name, row] : rows) {
    if (absl::EndsWith(name, ".*") || absl::StartsWith(name, "TradingInformation.")) continue;
    CAPTURE(name);
    REQUIRE(coverage.lied_about.contains(name));
    for (const std::string& rule : row.rules) {
      CAPTURE(rule);
      REQUIRE(coverage.fired[name].contains(rule));
    }
  }
}

// The request that `contents` answer, under an id that their trading id was made from.
OrderRequest RequestOf(const OrderContents& contents, Uuid* request_id) {
  OrderRequest request;
  for (const ContentsLine& line : contents.lines)
    request.items.push_back({line.sku, line.quantity});
  request.ship_to = contents.ship_to;
  request.delivery_option = contents.delivery_option;
  request.terms = contents.terms;
  request.reference = contents.buyer_reference;
  request.expected_total = Money{contents.currency, contents.total};
  *request_id = contents.trading_id;
  request_id->bytes[6] = 0x70;
  return request;
}

TEST_CASE("falsified answers to an order are not taken") {
  const Rows rows = ReadRows();
  int made = 0;
  int tolerated = 0;
  for (uint32_t seed = 1; seed <= 200; ++seed) {
    History history = History::Random(seed);
    const OrderContents& contents = history.order().contents;
    Uuid request_id;
    const OrderRequest request = RequestOf(contents, &request_id);
    TradingInformation truth{contents, {"a:1", "b:2", "c:3"}, ContentsDigest(contents)};
    truth.return_period = history.order().policy.return_period;
    const auto check = [&](const TradingInformation& information) {
      return CheckPlacement(information, request, request_id, history.now() - absl::Seconds(1), {},
                            history.now());
    };
    const v1::TradingInformation proto = tallystick::ToProto(truth);
    REQUIRE(check(tallystick::FromProto(proto)).ok());
    for (const FieldPath& path : FieldPathsOf(*v1::TradingInformation::descriptor())) {
      const std::string name = "TradingInformation." + path.name;
      for (const Lie lie : kLies) {
        v1::TradingInformation lied = proto;
        if (!Falsify(lied, path, lie, [&](int n) { return history.Pick(0, n - 1); })) continue;
        ++made;
        CAPTURE(seed, name, NameOf(lie));
        // As it is the digest gives the lie away, if it is about the contents; with one made anew
        // over the lie, something else must.
        if (absl::StartsWith(path.name, "contents.")) {
          REQUIRE_FALSE(check(tallystick::FromProto(lied)).ok());
          lied.set_contents_digest(ContentsDigest(wire::FromProto(lied.contents())));
        }
        const absl::Status status = check(tallystick::FromProto(lied));
        if (!status.ok()) {
          REQUIRE(absl::IsInternal(status));
          continue;
        }
        ++tolerated;
        REQUIRE(FindRow(rows, name)->tolerated.contains(NameOf(lie)));
      }
    }
  }
  std::printf("%-55s %8d %8d %8s %10d\n", "TradingInformation, digest made anew", made,
              made - tolerated, "", tolerated);
  REQUIRE(made > 10'000);
}

TEST_CASE("no field of a status is lost on the way in, and each is named when it differs") {
  for (uint32_t seed = 1; seed <= 40; ++seed) {
    History history = History::Random(seed);
    if (!QuietMoment(history, {})) continue;
    const Moment truth = history.moments().back();
    const auto walk = [&](const auto& proto) {
      const auto honest = wire::FromProto(proto);
      REQUIRE(wire::ToProto(honest).SerializeAsString() == proto.SerializeAsString());
      for (const FieldPath& path : FieldPathsOf(*proto.GetDescriptor())) {
        for (const Lie lie : kLies) {
          auto lied = proto;
          if (!Falsify(lied, path, lie, [&](int n) { return history.Pick(0, n - 1); })) continue;
          CAPTURE(seed, path.name, NameOf(lie));
          REQUIRE_FALSE(wire::FromProto(lied) == honest);
          REQUIRE_FALSE(DifferencesOf(honest, wire::FromProto(lied)).empty());
        }
      }
    };
    walk(wire::ToProto(truth.order.order));
    walk(wire::ToProto(*truth.payment));
    walk(wire::ToProto(*truth.delivery));
  }
}

}  // namespace
}  // namespace tallystick::testing
