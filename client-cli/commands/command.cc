#include "client-cli/commands/command.h"

#include <algorithm>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "client-cli/commands/usage.h"
#include "client-cli/remote/failure_words.h"
#include "platform/error/error.h"

namespace tallystick {

absl::StatusOr<Shop> Context::OpenShop(const std::string& profile,
                                       std::optional<absl::Duration> timeout) {
  absl::StatusOr<Profile> found = ledger.FindProfile(profile);
  if (!found.ok() && !profile.empty()) {
    std::vector<std::string> known;
    for (Profile& one : ledger.Profiles()) known.push_back(std::move(one.name));
    return NoSuchShop(profile, known);
  }
  if (!found.ok()) return found.status();
  absl::StatusOr<Access> access = ReadAccess(*found);
  if (!access.ok()) return access.status();
  Shop shop(*std::move(found), *std::move(access),
            timeout.value_or(absl::Milliseconds(options.timeout_ms)),
            absl::Milliseconds(options.retry_budget_ms));
  ShowWaits(shop);
  if (options.verbose) {
    screen.Say(absl::StrCat("trace ", shop.trace_id(), " at shop '", shop.profile().name, "'"));
  }
  return shop;
}

void Context::ShowWaits(Shop& shop) const {
  shop.TellOfWaits([screen = screen](const std::string& whom) {
    return screen.Waiting(absl::StrCat("waiting for ", whom));
  });
}

absl::StatusOr<LedgerTrade> Context::FindTrade(const std::string& name) {
  return ledger.Find(name, options.profile);
}

absl::StatusOr<std::vector<LedgerTrade>> Context::FindTrades(
    const std::vector<std::string>& names) {
  std::vector<LedgerTrade> trades;
  for (const std::string& name : names) {
    absl::StatusOr<LedgerTrade> trade = FindTrade(name);
    if (!trade.ok()) return trade.status();
    trades.push_back(*std::move(trade));
  }
  return trades;
}

void AddPaymentMethod(CLI::App& command, std::string& payment_method, const std::string& help) {
  command.add_option("--payment-method", payment_method, help + ", or @FILE that has it")
      ->transform([](const std::string& text) {
        if (text.empty() || text.front() != '@') return text;
        std::ifstream file(text.substr(1));
        std::string line;
        if (!std::getline(file, line)) {
          throw CLI::ValidationError("--payment-method", text.substr(1) + ": cannot be read");
        }
        return line;
      });
}

absl::Status NoSuchShop(const std::string& name, const std::vector<std::string>& known) {
  const std::string nearest = Nearest(name, known);
  return absl::NotFoundError(
      absl::StrCat("no shop is called '", name, "'",
                   nearest.empty() ? "" : absl::StrCat("; did you mean ", nearest, "?"),
                   ": tally shop list shows those that are known"));
}

int CodeFor(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk: return kAllWell;
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated: return kNotAllowed;
    default: return IsUnreachable(status) ? kUnreachable : kFailed;
  }
}

int CodeOfPending(const absl::Status& failure) {
  return IsNotAllowed(failure) ? kNotAllowed : kUnreachable;
}

int Worse(int one, int other) {
  const auto rank = [](int code) {
    constexpr int kFromTheBest[] = {kAllWell, kFailed, kUsage, kUnreachable, kNotAllowed, kWarned};
    return std::find(std::begin(kFromTheBest), std::end(kFromTheBest), code);
  };
  return rank(one) < rank(other) ? other : one;
}

void SayFailure(const Context& context, const absl::Status& status) {
  context.screen.Say(absl::StrCat("tally: ", Printable(FailureWords(status))));
  if (context.options.verbose) {
    context.screen.Say(absl::StrCat("  ", absl::StatusCodeToString(status.code()), " ",
                                    GetErrorDetail(status).reason, ": ",
                                    Printable(status.message())));
  }
  const std::string next = NextStep(status);
  if (!next.empty()) context.screen.Say(Printable(next));
}

int Report(const Context& context, const absl::Status& status) {
  if (status.ok()) return kAllWell;
  const ErrorDetail detail = GetErrorDetail(status);
  if (context.screen.json()) {
    Json error{{"code", absl::StatusCodeToString(status.code())},
               {"reason", detail.reason},
               {"message", std::string(status.message())},
               {"values", detail.values}};
    context.screen.PrintJson(Json{{"error", error}});
  }
  SayFailure(context, status);
  return CodeFor(status);
}

}  // namespace tallystick
