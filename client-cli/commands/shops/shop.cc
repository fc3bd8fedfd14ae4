// tally shop add|list|remove: the shops that the buyer knows.
#include <filesystem>

#include "absl/strings/ascii.h"
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

struct AddOptions {
  Profile profile;
  bool make_default = false;
  bool moved = false;
  bool offline = false;
};

// Asks for what any buyer may know, so that an address, an authority or a token that is wrong is
// found now, and not with the first order.
absl::Status Greet(Context& context, const Profile& profile, const Access& access) {
  Shop shop(profile, access, absl::Milliseconds(context.options.timeout_ms),
            absl::Milliseconds(context.options.retry_budget_ms));
  context.ShowWaits(shop);
  return shop.FirstProducts(1).status();
}

// A name that is typed, completed and shown as it is.
absl::Status CheckName(const std::string& name) {
  constexpr size_t kMostBytes = 64;
  if (absl::StripAsciiWhitespace(name).empty()) {
    return absl::InvalidArgumentError("give the shop a name: tally shop add NAME HOST:PORT …");
  }
  const bool blank = absl::StripAsciiWhitespace(name) != name;
  if (!blank && name.size() <= kMostBytes && Printable(name) == name) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "'", name, "' is no name for a shop: it takes up to ", kMostBytes,
      " bytes, without control characters, characters that nobody sees, and blanks around it"));
}

int Add(Context& context, AddOptions options) {
  Profile& profile = options.profile;
  if (const absl::Status name = CheckName(profile.name); !name.ok()) {
    Report(context, name);
    return kUsage;
  }
  for (std::string* file : {&profile.ca_file, &profile.token_file}) {
    if (!file->empty()) *file = std::filesystem::absolute(*file);
  }
  const absl::StatusOr<Access> access = ReadAccess(profile);
  if (!access.ok()) return Report(context, access.status());
  if (!options.offline) {
    const absl::Status greeted = Greet(context, profile, *access);
    if (!greeted.ok()) {
      const int code = Report(context, greeted);
      context.screen.Say(absl::StrCat("'", Printable(profile.name),
                                      "' is as it was; --offline takes it down without asking"));
      return code;
    }
  }
  const absl::Status put = context.ledger.PutProfile(profile, options.make_default, options.moved);
  if (!put.ok()) return Report(context, put);
  context.screen.Say(
      absl::StrCat("shop '", Printable(profile.name), "' is at ", Printable(profile.address)));
  if (context.screen.json()) {
    context.screen.PrintJson(Json{{"name", profile.name}, {"address", profile.address}});
  }
  return kAllWell;
}

}  // namespace

void AddShopCommands(CLI::App& app, Action& chosen) {
  CLI::App* shop = app.add_subcommand("shop", "The shops that you know");
  shop->require_subcommand(1);

  auto options = std::make_shared<AddOptions>();
  Profile& profile = options->profile;
  CLI::App* add = shop->add_subcommand("add", "Add a shop, or change one");
  add->add_option("name", profile.name, "What you call it")->required();
  add->add_option("address", profile.address, "Its shopping service, host:port")->required();
  add->add_option("--ca", profile.ca_file,
                  "The certificate (PEM) of the authority that the shop's servers are under");
  add->add_option("--token-file", profile.token_file,
                  "The file with your token; it is read at each run, so it can be renewed")
      ->required();
  add->add_flag("--default", options->make_default, "Use it when no --profile is given");
  add->add_flag("--moved", options->moved,
                "It is the same shop, at a new address: its trades and orders stay its own");
  add->add_flag("--offline", options->offline, "Do not ask it whether all of that is right");
  add->callback(
      [=, &chosen] { chosen = [=](Context& context) { return Add(context, *options); }; });

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
