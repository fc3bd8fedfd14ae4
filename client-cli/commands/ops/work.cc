// tally ops: what people in the back office record, and what waits for them.
#include "absl/strings/str_cat.h"
#include "client-cli/commands/command.h"
#include "client-cli/input/arguments.h"
#include "client-cli/remote/back_office.h"
#include "client-cli/remote/failure_words.h"
#include "platform/time/clock.h"

namespace tallystick {
namespace {

struct RecordOptions {
  std::string trade;
  int number = 0;
  std::string id;  // of a shipment or return
  std::vector<std::string> items;
  std::string carrier;
  std::string tracking;
  std::string reason;
  std::string request_id;
};

// The back office names trades by their whole ids: they are other people's and in no ledger here.
absl::StatusOr<Uuid> ReadTrade(const std::string& text) {
  const std::optional<Uuid> id = ParseUuid(text);
  if (id) return *id;
  return absl::InvalidArgumentError(absl::StrCat(
      "'", text, "' is no trading id; give the whole of it, as tally ops work shows it"));
}

template <typename Status>
int Show(const Context& context, const absl::StatusOr<Status>& status) {
  if (!status.ok()) return Report(context, status.status());
  if (context.screen.json()) {
    context.screen.PrintJson(ToJson(*status));
  } else {
    context.screen.Say(
        absl::StrCat("recorded: ", ToString(status->state), ", revision ", status->revision));
  }
  return kAllWell;
}

// `act` gets the back office and the trade.
template <typename Act>
int Record(Context& context, const RecordOptions& options, Act act) {
  const absl::StatusOr<Uuid> id = ReadTrade(options.trade);
  if (!id.ok()) {
    Report(context, id.status());
    return kUsage;
  }
  absl::StatusOr<Shop> shop = context.OpenShop(context.options.profile);
  if (!shop.ok()) return Report(context, shop.status());
  BackOffice office(*shop);
  return Show(context, act(office, *id));
}

// What it is, and why it waits.
std::string WhatOf(const WaitingWork& item) {
  if (item.reason.empty()) return item.description;
  return absl::StrCat(item.description, item.description.empty() ? "" : "; ",
                      item.refused ? "refused: " : "", item.reason);
}

int Resolve(Context& context, const std::string& trade, bool drop) {
  const absl::StatusOr<Uuid> id = ReadTrade(trade);
  if (!id.ok()) {
    Report(context, id.status());
    return kUsage;
  }
  absl::StatusOr<Shop> shop = context.OpenShop(context.options.profile);
  if (!shop.ok()) return Report(context, shop.status());
  const absl::StatusOr<int64_t> count = BackOffice(*shop).ResolveWork(*id, drop);
  if (!count.ok()) return Report(context, count.status());
  if (context.screen.json()) {
    context.screen.PrintJson(Json{{"count", *count}});
  } else if (*count == 0) {
    context.screen.Say(drop ? "nothing of this trade was refused" : "nothing of this trade waits");
  } else {
    context.screen.Say(absl::StrCat(*count, drop ? " given up" : " tried again"));
  }
  return kAllWell;
}

int ListWork(Context& context) {
  absl::StatusOr<Shop> shop = context.OpenShop(context.options.profile);
  if (!shop.ok()) return Report(context, shop.status());
  std::vector<absl::Status> failures;
  const absl::StatusOr<std::vector<WaitingWork>> work = BackOffice(*shop).ListWork(&failures);
  if (!work.ok()) return Report(context, work.status());
  Table table({{"SERVICE"},
               {"TRADE"},
               {"QUEUE", false, true},
               {"NUMBER", true},
               {"TRIED", true},
               {"WHAT", false, true}});
  Json json = Json::array();
  for (const WaitingWork& item : *work) {
    table.Add({item.service, item.trading_id.ToString(), item.queue, absl::StrCat(item.number),
               item.parked ? "waits" : absl::StrCat(item.attempts), WhatOf(item)});
    json.push_back({{"service", item.service},
                    {"trading_id", item.trading_id.ToString()},
                    {"queue", item.queue},
                    {"number", item.number},
                    {"attempts", item.attempts},
                    {"parked", item.parked},
                    {"description", item.description},
                    {"reason", item.reason},
                    {"refused", item.refused}});
  }
  int code = kAllWell;
  Json missing = Json::array();
  for (const absl::Status& failure : failures) {
    code = Worse(code, CodeFor(failure));
    missing.push_back(CalleeOf(failure)->service);
  }
  if (context.screen.json()) {
    context.screen.PrintJson(Json{{"work", json}, {"missing", missing}});
  } else if (!work->empty()) {
    context.screen.Print(table);
  } else if (failures.empty()) {
    context.screen.Say("nothing waits for a person");
  }
  for (const absl::Status& failure : failures) SayFailure(context, failure);
  if (!failures.empty()) context.screen.Say("what waits there is missing here");
  return code;
}

int Dispatch(Context& context, const RecordOptions& options) {
  const absl::StatusOr<std::vector<GoodsQuantity>> lines = ParseItems(options.items);
  const absl::StatusOr<Uuid> request_id = ParseRequestId(options.request_id, SystemNow());
  for (const absl::Status& status : {lines.status(), request_id.status()}) {
    if (status.ok()) continue;
    Report(context, status);
    return kUsage;
  }
  return Record(context, options, [&](BackOffice& office, const Uuid& trade) {
    std::string left;
    auto status = office.RecordDispatch(*request_id, trade, options.id, *lines, options.carrier,
                                        options.tracking, &left);
    if (status.ok() && !context.screen.json()) {
      context.screen.Say(absl::StrCat("shipment ", Printable(left), " has left"));
    }
    if (IsUnreachable(status.status())) {
      context.screen.Say(
          absl::StrCat("it may have been recorded: run the command again with "
                       "--request-id ",
                       request_id->ToString(), ", and nothing is sent twice"));
    }
    return status;
  });
}

void AddTransactionCommands(CLI::App& ops, Action& chosen) {
  struct Verb {
    const char* name;
    const char* help;
    std::optional<TransactionType> type;
    TransactionState state;
  };
  // The number says which transaction it is; payment holds the verb against it.
  using enum TransactionType;
  constexpr Verb kVerbs[] = {
      {"authorize", "An authorization was granted", kAuthorize, TransactionState::kSucceeded},
      {"decline", "A transaction was declined", {}, TransactionState::kFailed},
      {"capture", "A capture was carried out", kCapture, TransactionState::kSucceeded},
      {"void", "An authorization was released", kVoid, TransactionState::kSucceeded},
      {"refund", "A refund was paid", kRefund, TransactionState::kSucceeded}};
  for (const Verb& verb : kVerbs) {
    auto options = std::make_shared<RecordOptions>();
    CLI::App* command = ops.add_subcommand(verb.name, verb.help);
    command->add_option("trade", options->trade, "Trading id")->required();
    command->add_option("number", options->number, "The transaction's number")->required();
    if (verb.state == TransactionState::kFailed) {
      command->add_option("--reason", options->reason, "Why");
    }
    const TransactionState state = verb.state;
    const std::optional<TransactionType> type = verb.type;
    command->callback([=, &chosen] {
      chosen = [=](Context& context) {
        return Record(context, *options, [&](BackOffice& office, const Uuid& id) {
          return office.RecordTransaction(id, options->number, type, state, options->reason);
        });
      };
    });
  }
  auto options = std::make_shared<RecordOptions>();
  CLI::App* retry = ops.add_subcommand(
      "retry", "Try again: a failed capture, void or refund, or whatever of a trade is parked");
  retry->add_option("trade", options->trade, "Trading id")->required();
  retry->add_option("number", options->number,
                    "The failed transaction's number; without, all that is parked");
  retry->callback([=, &chosen] {
    chosen = [=](Context& context) {
      if (options->number == 0) return Resolve(context, options->trade, false);
      return Record(context, *options, [&](BackOffice& office, const Uuid& id) {
        return office.RetryTransaction(id, options->number);
      });
    };
  });
}

void AddDropRefusedCommand(CLI::App& ops, Action& chosen) {
  auto options = std::make_shared<RecordOptions>();
  CLI::App* drop =
      ops.add_subcommand("drop", "Give up the messages of a trade that their receiver has refused");
  drop->add_option("trade", options->trade, "Trading id")->required();
  drop->callback([=, &chosen] {
    chosen = [=](Context& context) { return Resolve(context, options->trade, true); };
  });
}

void AddBookingCommands(CLI::App& ops, Action& chosen) {
  for (const bool accepted : {true, false}) {
    auto options = std::make_shared<RecordOptions>();
    CLI::App* command = ops.add_subcommand(
        accepted ? "accept" : "refuse",
        accepted ? "The carrier takes a job" : "The carrier does not take a job");
    command->add_option("trade", options->trade, "Trading id")->required();
    if (!accepted) command->add_option("--reason", options->reason, "Why");
    command->callback([=, &chosen] {
      chosen = [=](Context& context) {
        return Record(context, *options, [&](BackOffice& office, const Uuid& id) {
          return office.RecordBooking(id, accepted, options->reason);
        });
      };
    });
  }
  auto options = std::make_shared<RecordOptions>();
  CLI::App* dispatch = ops.add_subcommand("dispatch", "A shipment, or a part of it, has left");
  dispatch->add_option("trade", options->trade, "Trading id")->required();
  dispatch->add_option("shipment", options->id, "The shipment")->required();
  dispatch->add_option("items", options->items, "SKU:QUANTITY …; all of it, if not given");
  dispatch->add_option("--carrier", options->carrier, "Who carries it");
  dispatch->add_option("--tracking", options->tracking, "Its tracking number");
  dispatch->add_option("--request-id", options->request_id,
                       "Of an earlier run whose answer was lost");
  dispatch->callback(
      [=, &chosen] { chosen = [=](Context& context) { return Dispatch(context, *options); }; });
}

void AddShipmentCommands(CLI::App& ops, Action& chosen) {
  struct Verb {
    const char* name;
    const char* help;
    ShipmentState state;
  };
  constexpr Verb kVerbs[] = {
      {"out-for-delivery", "A shipment is on its last leg", ShipmentState::kOutForDelivery},
      {"deliver", "A shipment has arrived", ShipmentState::kDelivered},
      {"fail", "A shipment is given up for good", ShipmentState::kFailed}};
  for (const Verb& verb : kVerbs) {
    auto options = std::make_shared<RecordOptions>();
    CLI::App* command = ops.add_subcommand(verb.name, verb.help);
    command->add_option("trade", options->trade, "Trading id")->required();
    command->add_option("shipment", options->id, "The shipment")->required();
    if (verb.state == ShipmentState::kFailed) {
      command->add_option("--reason", options->reason, "Why");
    }
    const ShipmentState state = verb.state;
    command->callback([=, &chosen] {
      chosen = [=](Context& context) {
        return Record(context, *options, [&](BackOffice& office, const Uuid& id) {
          return office.RecordShipment(id, options->id, state, options->reason);
        });
      };
    });
  }
}

void AddReturnCommands(CLI::App& ops, Action& chosen) {
  struct Verb {
    const char* name;
    const char* help;
    ReturnState state;
  };
  constexpr Verb kVerbs[] = {{"collect", "A return is on its way back", ReturnState::kCollecting},
                             {"receive", "A return is back", ReturnState::kReceived},
                             {"reject", "A return is not taken back", ReturnState::kRejected}};
  for (const Verb& verb : kVerbs) {
    auto options = std::make_shared<RecordOptions>();
    CLI::App* command = ops.add_subcommand(verb.name, verb.help);
    command->add_option("trade", options->trade, "Trading id")->required();
    command->add_option("return", options->id, "The return, e.g. R1")->required();
    if (verb.state == ReturnState::kRejected) {
      command->add_option("--reason", options->reason, "Why");
    }
    const ReturnState state = verb.state;
    command->callback([=, &chosen] {
      chosen = [=](Context& context) {
        return Record(context, *options, [&](BackOffice& office, const Uuid& id) {
          return office.RecordReturn(id, options->id, state, options->reason);
        });
      };
    });
  }
}

}  // namespace

void AddOpsWorkCommands(CLI::App& ops, Action& chosen) {
  ops.add_subcommand("work", "What waits for a person, at all three services")->callback([&chosen] {
    chosen = ListWork;
  });
  AddTransactionCommands(ops, chosen);
  AddDropRefusedCommand(ops, chosen);
  AddBookingCommands(ops, chosen);
  AddShipmentCommands(ops, chosen);
  AddReturnCommands(ops, chosen);
}

}  // namespace tallystick
