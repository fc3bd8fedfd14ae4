#include "client-cli/app/complete.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client-cli/output/table.h"
#include "client-cli/trade/order.h"
#include "platform/trade/terms.h"

namespace tallystick {
namespace {

enum class Wanted {
  kNothing,
  kTrades,
  kUnanswered,
  kShops,
  kGoods,
  kOptions,
  kTerms,
  kWarnings,
  kFiles
};

struct WantedRow {
  const char* command;  // "" is any
  const char* name;     // of the option, or of the word that stands by itself
  Wanted what;
};

// The first row that fits. What is in none is free text, or a choice that the option itself has.
constexpr WantedRow kWanted[] = {
    {"drop", "order", Wanted::kUnanswered}, {"ack", "ids", Wanted::kWarnings},
    {"remove", "name", Wanted::kShops},     {"add", "name", Wanted::kShops},
    {"track", "trades", Wanted::kTrades},   {"show", "trade", Wanted::kTrades},
    {"cancel", "trade", Wanted::kTrades},   {"return", "trade", Wanted::kTrades},
    {"reorder", "trade", Wanted::kTrades},  {"warnings", "--trade", Wanted::kTrades},
    {"order", "items", Wanted::kGoods},     {"return", "items", Wanted::kGoods},
    {"reorder", "--set", Wanted::kGoods},   {"reorder", "--add", Wanted::kGoods},
    {"reorder", "--drop", Wanted::kGoods},  {"stock", "changes", Wanted::kGoods},
    {"export", "--to", Wanted::kFiles},     {"", "--option", Wanted::kOptions},
    {"", "--terms", Wanted::kTerms},        {"", "--profile", Wanted::kShops},
    {"", "--shop", Wanted::kShops},         {"", "--from", Wanted::kFiles},
    {"", "--html", Wanted::kFiles},         {"", "--ca", Wanted::kFiles},
    {"", "--token-file", Wanted::kFiles},
};

std::vector<CLI::App*> SubcommandsOf(const CLI::App& app) {
  return const_cast<CLI::App&>(app).get_subcommands([](const CLI::App*) { return true; });
}

// How far a command line has come.
struct Place {
  const CLI::App* at;                 // the command that it has named
  const CLI::Option* open = nullptr;  // the option whose value comes next
  std::vector<std::string> free;      // words that stand by themselves
  std::string shop;                   // of --profile
};

const CLI::Option* FindNamed(const CLI::App* app, const std::string& word) {
  const std::string name = word.substr(0, word.find('='));
  for (; app != nullptr; app = app->get_parent()) {
    for (const CLI::Option* option : app->get_options()) {
      if (option->check_name(name)) return option;
    }
  }
  return nullptr;
}

void TakeValue(const CLI::Option& option, const std::string& value, Place& place) {
  if (option.check_lname("profile")) place.shop = value;
}

Place Walk(const CLI::App& app, const std::vector<std::string>& typed) {
  Place place{&app};
  for (const std::string& word : typed) {
    if (word == "=") continue;  // bash divides --output=json there
    if (place.open != nullptr) {
      TakeValue(*place.open, word, place);
      place.open = nullptr;
    } else if (word.size() > 1 && word.front() == '-') {
      const CLI::Option* option = FindNamed(place.at, word);
      if (option == nullptr || option->get_items_expected_min() == 0) continue;
      const size_t equals = word.find('=');
      const bool joined = equals != std::string::npos || (word[1] != '-' && word.size() > 2);
      if (!joined) place.open = option;
      if (equals != std::string::npos) TakeValue(*option, word.substr(equals + 1), place);
    } else {
      const std::vector<CLI::App*> commands = SubcommandsOf(*place.at);
      const auto found = std::ranges::find_if(
          commands, [&](const CLI::App* command) { return command->check_name(word); });
      if (found != commands.end() && place.free.empty()) {
        place.at = *found;
      } else if (word != "help" || place.at != &app) {
        place.free.push_back(word);
      }
    }
  }
  return place;
}

Wanted WantedBy(const CLI::App& command, const CLI::Option& option) {
  for (const WantedRow& row : kWanted) {
    if (*row.command != '\0' && command.get_name() != row.command) continue;
    if (option.check_name(row.name)) return row.what;
  }
  return Wanted::kNothing;
}

// The word that stands by itself and comes next.
const CLI::Option* NextWord(const Place& place) {
  size_t left = place.free.size();
  for (const CLI::Option* option : place.at->get_options()) {
    if (!option->get_positional()) continue;
    const auto takes = static_cast<size_t>(option->get_items_expected_max());
    if (left < takes) return option;
    left -= takes;
  }
  return nullptr;
}

std::string HelpOf(const CalledTrade& trade) {
  return absl::StrCat(GoodsText(trade.goods), " at ", trade.shop);
}

// By each of its names; the number comes first.
void AddTrades(const LedgerNames& names, bool placed, const std::string& prefix,
               std::vector<Candidate>& words) {
  for (const CalledTrade& trade : names.trades) {
    if (trade.placed != placed) continue;
    if (placed) words.push_back({absl::StrCat(trade.number), HelpOf(trade)});
    if (!trade.reference.empty()) words.push_back({trade.reference, HelpOf(trade)});
    // Ids are long, and begin alike: only where one has been begun, or there is no other name.
    const bool begun = prefix.size() >= 2 || (!placed && trade.reference.empty());
    if (begun) words.push_back({trade.id, HelpOf(trade)});
  }
}

// Those of the trade that is named before, or else what the shop sells and what was ordered.
void AddGoods(const Place& place, const CompletionSources& sources, std::vector<Candidate>& words) {
  const LedgerNames names = sources.names();
  const bool of_trade = place.at->get_name() == "return" ||
                        (place.at->get_name() == "reorder" && !place.open->check_name("--add"));
  for (const CalledTrade& trade : names.trades) {
    const std::string& named = place.free.empty() ? "" : place.free.front();
    const bool is_it = !named.empty() && (trade.reference == named || trade.id == named ||
                                          absl::StrCat(trade.number) == named);
    if (of_trade && !is_it) continue;
    for (const GoodsQuantity& goods : trade.goods) words.push_back({goods.sku, ""});
  }
  if (of_trade) return;
  for (const CatalogueProduct& product : sources.catalogue(place.shop).products) {
    words.push_back(
        {product.sku, absl::StrCat(product.name, ", ", FormatMoney(product.unit_price))});
  }
  // What both have has its name.
  std::ranges::stable_sort(words, [](const Candidate& one, const Candidate& other) {
    return std::pair(one.word, one.help.empty()) < std::pair(other.word, other.help.empty());
  });
}

void AddWanted(Wanted what, const Place& place, const std::string& prefix,
               const CompletionSources& sources, Completion& completion) {
  std::vector<Candidate>& words = completion.words;
  switch (what) {
    case Wanted::kNothing: break;
    case Wanted::kFiles: completion.files = true; break;
    case Wanted::kTrades:
    case Wanted::kUnanswered:
      AddTrades(sources.names(), what == Wanted::kTrades, prefix, words);
      break;
    case Wanted::kGoods: AddGoods(place, sources, words); break;
    case Wanted::kShops:
      for (const Profile& shop : sources.names().shops) words.push_back({shop.name, shop.address});
      break;
    case Wanted::kWarnings:
      for (const auto& [id, rule] : sources.names().warnings) {
        words.push_back({absl::StrCat(id), rule});
      }
      break;
    case Wanted::kOptions:
      for (const CatalogueOption& option : sources.catalogue(place.shop).options) {
        words.push_back({option.code, option.name});
      }
      break;
    case Wanted::kTerms:
      for (const TermsRule& rule : AllTerms()) words.push_back({std::string(rule.name), ""});
      break;
  }
}

// What an option with a set of values takes: the set stands in its help as {a,b,c}.
void AddChoices(const CLI::Option& option, std::vector<Candidate>& words) {
  const std::string type = option.get_type_name();
  const size_t begin = type.find('{');
  const size_t end = type.find('}', begin == std::string::npos ? 0 : begin);
  if (begin == std::string::npos || end == std::string::npos) return;
  for (const std::string& choice :
       CLI::detail::split(type.substr(begin + 1, end - begin - 1), ',')) {
    words.push_back({choice, ""});
  }
}

void AddOptions(const CLI::App* app, std::vector<Candidate>& words) {
  for (; app != nullptr; app = app->get_parent()) {
    for (const CLI::Option* option : app->get_options()) {
      for (const std::string& name : option->get_lnames()) {
        words.push_back({"--" + name, option->get_description()});
      }
    }
  }
}

}  // namespace

Completion Complete(const CLI::App& app, const std::vector<std::string>& words,
                    const CompletionSources& sources) {
  Completion completion;
  std::string prefix = words.empty() ? "" : words.back();
  Place place = Walk(app, words.empty() ? words : std::vector(words.begin(), words.end() - 1));
  std::string before;  // of the word, that stays as it is: "--output="
  if (prefix == "=") prefix.clear();
  if (const size_t equals = prefix.find('=');
      place.open == nullptr && absl::StartsWith(prefix, "--") && equals != std::string::npos) {
    place.open = FindNamed(place.at, prefix);
    before = prefix.substr(0, equals + 1);
    prefix = prefix.substr(equals + 1);
  }
  if (place.open != nullptr) {
    AddChoices(*place.open, completion.words);
    AddWanted(WantedBy(*place.at, *place.open), place, prefix, sources, completion);
  } else if (absl::StartsWith(prefix, "-")) {
    AddOptions(place.at, completion.words);
  } else {
    if (place.free.empty()) {
      for (const CLI::App* command : SubcommandsOf(*place.at)) {
        completion.words.push_back({command->get_name(), command->get_description()});
      }
    }
    if (const CLI::Option* next = NextWord(place); next != nullptr) {
      place.open = next;
      AddChoices(*next, completion.words);
      AddWanted(WantedBy(*place.at, *next), place, prefix, sources, completion);
    }
  }
  std::vector<Candidate> fitting;
  for (Candidate& candidate : completion.words) {
    if (!absl::StartsWith(candidate.word, prefix)) continue;
    const bool twice = std::ranges::any_of(
        fitting, [&](const Candidate& one) { return one.word == before + candidate.word; });
    if (!twice) fitting.push_back({before + candidate.word, std::move(candidate.help)});
  }
  completion.words = std::move(fitting);
  return completion;
}

std::string CompletionText(const Completion& completion) {
  std::string text;
  for (const Candidate& candidate : completion.words) {
    // A word that a shell would not take as one is none.
    if (Printable(candidate.word) != candidate.word) continue;
    absl::StrAppend(&text, candidate.word);
    if (!candidate.help.empty()) absl::StrAppend(&text, "\t", Printable(candidate.help));
    absl::StrAppend(&text, "\n");
  }
  if (completion.files) absl::StrAppend(&text, ":files\n");
  return text;
}

}  // namespace tallystick
