// tally ops status: how the three servers are, on one screen.
#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "client-cli/commands/command.h"
#include "client-cli/output/times.h"
#include "client-cli/remote/back_office.h"
#include "client-cli/remote/errors.h"
#include "client-cli/remote/failure_words.h"
#include "platform/error/error.h"
#include "platform/time/clock.h"

namespace tallystick {
namespace {

using ServerStatuses = PerSide<absl::StatusOr<ServerStatus>>;

int64_t DaysUntil(absl::Time time) { return (time - SystemNow()) / absl::Hours(24); }

// The one that ends first.
std::string CertificateWords(const ServerStatus& server) {
  const auto first =
      std::ranges::min_element(server.certificates, {}, [](const auto& one) { return one.second; });
  if (first == server.certificates.end()) return "";
  return absl::StrCat(DaysUntil(first->second), " days (", first->first, ")");
}

std::string PeerWords(const ServerStatus& server) {
  std::string words;
  for (const auto& [service, connection] : server.peers) {
    absl::StrAppend(&words, words.empty() ? "" : ", ", service, " ", connection);
  }
  return words;
}

std::string DatabaseWords(const ServerStatus& server) {
  if (!server.database_answers) return "no answer";
  return server.database_read_only ? "cannot be written to" : "answers";
}

// In place of whether it is ready, of one that has not told.
std::string NoStatusWords(const absl::Status& why) {
  if (GetErrorDetail(why).reason == kNotAsked) return "not asked";
  return IsNotAllowed(why) ? "refused" : "no answer";
}

Table ServersTable(const ServerStatuses& servers) {
  Table table(
      {{"SERVICE"}, {"READY"}, {"DATABASE"}, {"VERSION"}, {"CERTIFICATE"}, {"PEERS", false, true}});
  for (const Side side : kSides) {
    const absl::StatusOr<ServerStatus>& server = servers[side];
    if (!server.ok()) {
      table.Add({ServiceOf(side), NoStatusWords(server.status()), "", "", "", ""});
      continue;
    }
    table.Add({ServiceOf(side), server->ready ? "yes" : "no", DatabaseWords(*server),
               server->version, CertificateWords(*server), PeerWords(*server)});
  }
  return table;
}

// Why there was no answer, once for all services of which it is said.
void SayFailures(const Context& context, const ServerStatuses& servers) {
  std::set<std::string> said;
  for (const Side side : kSides) {
    const absl::Status& failure = servers[side].status();
    if (!failure.ok() && said.insert(FailureWords(failure)).second) SayFailure(context, failure);
  }
}

// Of those queues in which something waits.
Table QueuesTable(const ServerStatuses& servers) {
  Table table({{"SERVICE"},
               {"QUEUE", false, true},
               {"WAITING", true},
               {"OLDEST DUE", true},
               {"TRIED IN VAIN", true},
               {"FOR A PERSON", true}});
  for (const Side side : kSides) {
    if (!servers[side].ok()) continue;
    for (const QueueLength& queue : servers[side]->queues) {
      if (queue.waiting == 0 && queue.parked == 0) continue;
      const std::string oldest =
          queue.oldest_due > absl::ZeroDuration()
              ? absl::FormatDuration(absl::Trunc(queue.oldest_due, absl::Seconds(1)))
              : "";
      table.Add({ServiceOf(side), queue.queue, absl::StrCat(queue.waiting), oldest,
                 absl::StrCat(queue.retried), absl::StrCat(queue.parked)});
    }
  }
  return table;
}

Json ToJson(Side side, const absl::StatusOr<ServerStatus>& server) {
  Json json{{"service", ServiceOf(side)}, {"answers", server.ok()}};
  if (!server.ok()) {
    json["reason"] = std::string(server.status().message());
    json["why"] = NoStatusWords(server.status());
    return json;
  }
  json["ready"] = server->ready;
  json["database_answers"] = server->database_answers;
  json["database_read_only"] = server->database_read_only;
  json["version"] = server->version;
  json["peers"] = Json::object();
  for (const auto& [service, connection] : server->peers) json["peers"][service] = connection;
  json["queues"] = Json::array();
  for (const QueueLength& queue : server->queues) {
    json["queues"].push_back({{"queue", queue.queue},
                              {"waiting", queue.waiting},
                              {"oldest_due_seconds", absl::ToInt64Seconds(queue.oldest_due)},
                              {"retried", queue.retried},
                              {"parked", queue.parked}});
  }
  json["certificate_days"] = Json::object();
  for (const auto& [name, expiry] : server->certificates) {
    json["certificate_days"][name] = DaysUntil(expiry);
  }
  return json;
}

// The worst of the three.
int CodeOf(const ServerStatuses& servers) {
  int code = kAllWell;
  for (const Side side : kSides) {
    const absl::StatusOr<ServerStatus>& server = servers[side];
    code = Worse(code, !server.ok()    ? CodeFor(server.status())
                       : server->ready ? kAllWell
                                       : kFailed);
  }
  return code;
}

int ShowStatus(Context& context, const ServiceAddresses& known) {
  absl::StatusOr<Shop> shop = context.OpenShop(context.options.profile);
  if (!shop.ok()) return Report(context, shop.status());
  const ServerStatuses servers = BackOffice(*shop).AskServers(known);
  if (context.screen.json()) {
    Json services = Json::array();
    for (const Side side : kSides) services.push_back(ToJson(side, servers[side]));
    context.screen.PrintJson(Json{{"services", services}});
    return CodeOf(servers);
  }
  context.screen.Print(ServersTable(servers));
  SayFailures(context, servers);
  const Table queues = QueuesTable(servers);
  if (queues.empty()) {
    context.screen.Say("no work waits where there was an answer");
  } else {
    context.screen.Print(queues);
  }
  return CodeOf(servers);
}

}  // namespace

void AddOpsStatusCommand(CLI::App& ops, Action& chosen) {
  CLI::App* status = ops.add_subcommand(
      "status", "How the three servers are; exit code 0 when all of them answer and are ready");
  auto known = std::make_shared<ServiceAddresses>();
  for (const Side side : {Side::kPayment, Side::kDelivery}) {
    const std::string service = ServiceOf(side);
    status->add_option("--" + service, (*known)[side],
                       "Where " + service + " is, host:port, when the shop cannot be asked");
  }
  status->callback(
      [=, &chosen] { chosen = [=](Context& context) { return ShowStatus(context, *known); }; });
}

}  // namespace tallystick
