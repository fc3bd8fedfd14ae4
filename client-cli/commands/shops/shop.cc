// tally shop add|list|remove: the shops that the buyer knows.
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "client-cli/commands/command.h"

namespace tallystick {
namespace {

int List(Context& context) {
  const std::string chosen = context.ledger.DefaultProfile();
  Table table({{"SHOP"}, {"ADDRESS", false, true}, {"DEFAULT"}});
  Json shops = Json::array();
  for (const Profile& profile : context.ledger.Profiles()) {
    const bool is_default = profile.name == chosen;
    table.Add({profile.name, profile.address, is_default ? "yes" : ""});
    shops.push_back(
        {{"name", profile.name}, {"address", profile.address}, {"default", is_default}});
  }
  if (context.screen.json()) {
    context.screen.PrintJson(Json{{"shops", shops}});
  } else {
    context.screen.Print(table);
  }
  return kAllWell;
}

}  // namespace

void AddShopCommands(CLI::App& app, Action& chosen) {
  CLI::App* shop = app.add_subcommand("shop", "The shops that you know");
  shop->require_subcommand(1);

  auto profile = std::make_shared<Profile>();
  auto make_default = std::make_shared<bool>(false);
  auto moved = std::make_shared<bool>(false);
  CLI::App* add = shop->add_subcommand("add", "Add a shop, or change one");
  add->add_option("name", profile->name, "What you call it")->required();
  add->add_option("address", profile->address, "Its shopping service, host:port")->required();
  add->add_option("--ca", profile->ca_file,
                  "The certificate (PEM) of the authority that the shop's servers are under");
  add->add_option("--token-file", profile->token_file,
                  "The file with your token; it is read at each run, so it can be renewed")
      ->required();
  add->add_flag("--default", *make_default, "Use it when no --profile is given");
  add->add_flag("--moved", *moved,
                "It is the same shop, at a new address: its trades and orders stay its own");
  add->callback([=, &chosen] {
    chosen = [=](Context& context) {
      for (std::string* file : {&profile->ca_file, &profile->token_file}) {
        if (!file->empty()) *file = std::filesystem::absolute(*file);
      }
      const absl::Status readable = ReadAccess(*profile).status();
      if (!readable.ok()) return Report(context, readable);
      const absl::Status put = context.ledger.PutProfile(*profile, *make_default, *moved);
      if (!put.ok()) return Report(context, put);
      context.screen.Say(absl::StrCat("shop '", Printable(profile->name), "' is at ",
                                      Printable(profile->address)));
      if (context.screen.json()) {
        context.screen.PrintJson(Json{{"name", profile->name}, {"address", profile->address}});
      }
      return static_cast<int>(kAllWell);
    };
  });

  shop->add_subcommand("list", "List the shops")->callback([&chosen] { chosen = List; });

  auto name = std::make_shared<std::string>();
  CLI::App* remove = shop->add_subcommand("remove", "Forget a shop; its trades stay in the ledger");
  remove->add_option("name", *name, "The shop")->required();
  remove->callback([=, &chosen] {
    chosen = [=](Context& context) {
      const absl::Status removed = context.ledger.RemoveProfile(*name);
      if (!removed.ok()) return Report(context, removed);
      context.screen.Say(absl::StrCat("shop '", Printable(*name), "' is forgotten"));
      return static_cast<int>(kAllWell);
    };
  });
}

}  // namespace tallystick
