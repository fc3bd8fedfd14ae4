// tally-keys: makes the keys, certificates, tokens and passwords of an installation.
#include <sodium.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>

#include <cstdio>
#include <filesystem>
#include <functional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "keys-cli/installation/installation.h"
#include "platform/auth/base64url.h"
#include "platform/auth/token.h"
#include "platform/ids/uuid.h"
#include "platform/process/version.h"

namespace {

using namespace tallystick;
using Action = std::function<absl::Status()>;

constexpr char kDescription[] =
    "Makes the keys of a Tallystick installation: certificates of its servers, the key that tokens "
    "are signed with, tokens, database passwords. What exists is kept.";
constexpr int kPasswordBytes = 24;

void Say(absl::string_view what) {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(what.size()), what.data());
}

// (`init` itself makes servers' certificates anew that end so soon.)
void WarnOfEnds(const std::string& folder) {
  const int days = InstallationOptions().renew_before_days;
  for (const std::string& ending : EndingSoon(folder, days, absl::Now())) {
    const bool is_authority = absl::StartsWith(ending, "ca/");
    Say(absl::StrCat("warning: ", folder, "/", ending,
                     is_authority ? "; a new folder of keys has to take the place of this one"
                                  : "; tally-keys init makes it anew"));
  }
}

void AddInit(CLI::App& app, Action& chosen) {
  auto folder = std::make_shared<std::string>();
  auto options = std::make_shared<InstallationOptions>();
  CLI::App* init = app.add_subcommand(
      "init", "Make what is missing, and certificates anew that will soon expire or lack a host");
  init->add_option("folder", *folder, "Where the keys stand")->required();
  init->add_option("--host", options->hosts, "A name or address of every server");
  for (const char* server : kServers) {
    init->add_option(absl::StrCat("--", server, "-host"), options->server_hosts[server],
                     absl::StrCat("A name or address of ", server));
  }
  init->add_option("--days", options->days, "How long a server's certificate is good")
      ->check(CLI::Range(1, 1825))
      ->capture_default_str();
  init->callback([=, &chosen] {
    chosen = [=] {
      const absl::Status made = MakeInstallation(*folder, *options);
      if (made.ok()) {
        Say(absl::StrCat("The keys are in ", *folder, ". Keep ", *folder,
                         "/ca to yourself: whoever has it is everybody."));
      }
      return made;
    };
  });
}

void AddRotate(CLI::App& app, Action& chosen) {
  auto folder = std::make_shared<std::string>();
  CLI::App* rotate = app.add_subcommand(
      "rotate",
      "Make a new key for tokens; those signed with the old one count until its file is "
      "deleted from the servers' token-keys");
  rotate->add_option("folder", *folder, "Where the keys stand")->required();
  rotate->callback([=, &chosen] {
    chosen = [=] {
      WarnOfEnds(*folder);
      return RotateTokenKey(*folder);
    };
  });
}

void AddToken(CLI::App& app, Action& chosen) {
  auto folder = std::make_shared<std::string>();
  auto request = std::make_shared<TokenRequest>();
  auto days = std::make_shared<int>(90);
  auto out = std::make_shared<std::string>();
  CLI::App* token = app.add_subcommand("token", "Sign a token, to standard output or into a file");
  token->add_option("folder", *folder, "Where the keys stand")->required();
  token->add_option("--subject", request->subject, "Who has it")->required();
  token->add_option("--role", request->role, "buyer, or operator for the back office")
      ->check(CLI::IsMember({"buyer", "operator"}))
      ->capture_default_str();
  token->add_option("--issuer", request->issuer, "As the servers' --token-issuer")
      ->capture_default_str();
  token->add_option("--audience", request->audience, "As the servers' --token-audience")
      ->capture_default_str();
  token->add_option("--days", *days, "How long it counts")
      ->check(CLI::Range(1, 3650))
      ->capture_default_str();
  token->add_option("--out", *out, "A file for it, which only you can read");
  token->callback([=, &chosen] {
    chosen = [=]() -> absl::Status {
      const absl::Status subject = CheckSubject(request->subject);
      if (!subject.ok()) return subject;
      const absl::StatusOr<SigningKey> key = LoadTokenKey(*folder);
      if (!key.ok()) return key.status();
      WarnOfEnds(*folder);
      request->lifetime = absl::Hours(24 * *days);
      request->id = NewUuidV7(absl::Now()).ToString();
      Say("The token's id, by which it alone can be revoked, is " + request->id);
      const std::string text = MakeToken(*key, *request, absl::Now()) + "\n";
      if (!out->empty()) return WriteFile(*out, text, 0600);
      std::fputs(text.c_str(), stdout);
      return absl::OkStatus();
    };
  });
}

void AddPasswords(CLI::App& app, Action& chosen) {
  auto files = std::make_shared<std::vector<std::string>>();
  auto mode = std::make_shared<std::string>("0600");
  CLI::App* passwords =
      app.add_subcommand("passwords", "A random password into each file that does not exist yet");
  passwords->add_option("files", *files, "The files")->required();
  passwords->add_option("--mode", *mode, "Who may read them")
      ->check(CLI::IsMember({"0600", "0640", "0644"}))
      ->capture_default_str();
  passwords->callback([=, &chosen] {
    chosen = [=]() -> absl::Status {
      for (const std::string& file : *files) {
        if (std::filesystem::exists(file)) continue;
        std::string bytes(kPasswordBytes, '\0');
        randombytes_buf(bytes.data(), bytes.size());
        const absl::Status written =
            WriteFile(file, EncodeBase64Url(bytes) + "\n",
                      static_cast<unsigned>(std::stoul(*mode, nullptr, 8)));
        if (!written.ok()) return written;
      }
      return absl::OkStatus();
    };
  });
}

}  // namespace

int main(int argc, char** argv) {
  umask(022);  // the files' own modes decide
  CLI::App app(kDescription, "tally-keys");
  app.set_version_flag("--version", std::string("tally-keys ") + kVersion);
  app.require_subcommand(1);
  Action action;
  AddInit(app, action);
  AddRotate(app, action);
  AddToken(app, action);
  AddPasswords(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  const absl::Status done = action();
  if (done.ok()) return 0;
  Say(absl::StrCat("tally-keys: ", done.message()));
  return 1;
}
