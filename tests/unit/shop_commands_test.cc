// tally shop, run in this process: what it takes in and what it says.
#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "client-cli/commands/command.h"
#include "tests/support/keys.h"
#include "tests/support/process.h"
#include "tests/unit/ledger_file.h"

namespace tallystick::testing {
namespace {

// Standard error goes into a file while this lives.
class Said {
 public:
  explicit Said(std::string path) : path_(std::move(path)), before_(dup(STDERR_FILENO)) {
    std::fflush(stderr);
    const int file = open(path_.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    dup2(file, STDERR_FILENO);
    close(file);
  }
  ~Said() {
    std::fflush(stderr);
    dup2(before_, STDERR_FILENO);
    close(before_);
  }
  std::string Text() const {
    std::ostringstream text;
    text << std::ifstream(path_).rdbuf();
    return text.str();
  }

 private:
  const std::string path_;
  const int before_;
};

struct Result {
  int code = 0;
  std::string said;
};

class ShopCommands {
 public:
  ShopCommands() : ledger_(file_.Open()) {
    Write("token", "token\n");
    std::filesystem::copy(Keys::Get().File("buyers/ca.crt"), Path("ca.crt"));
  }

  std::string Path(const std::string& name) const { return folder_ / name; }
  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name)) << text;
    std::filesystem::permissions(Path(name), std::filesystem::perms(0600));
  }
  Result Run(std::vector<std::string> words) const {
    CLI::App app;
    Action action;
    AddShopCommands(app, action);
    std::reverse(words.begin(), words.end());
    app.parse(std::move(words));
    const GlobalOptions options;
    Context context{options, *ledger_, Screen("table", true)};
    Result result;
    const Said said(Path("stderr"));
    result.code = action(context);
    result.said = said.Text();
    return result;
  }
  Result Add(const std::string& name, const std::string& ca) const {
    return Run({"shop", "add", name, "127.0.0.1:7401", "--ca", Path(ca), "--token-file",
                Path("token"), "--offline"});
  }
  Ledger& ledger() const { return *ledger_; }

 private:
  TempFolder folder_;
  LedgerFile file_;
  std::unique_ptr<Ledger> ledger_;
};

TEST_CASE("shop: a name steers no terminal, and hides nothing") {
  const ShopCommands shops;
  const std::string name = "a\x1b[31m\u202eb\u200b";
  const std::string shown = "a?[31m?b<U+200B>";
  for (const std::string& wrong :
       {name, std::string(), std::string(" "), std::string("a\nb"), std::string("a\u200bb"),
        std::string("a "), std::string("\xff"), std::string(65, 'a')}) {
    CAPTURE(wrong);
    const Result refused = shops.Add(wrong, "ca.crt");
    REQUIRE(refused.code == kUsage);
    REQUIRE(refused.said.find('\x1b') == std::string::npos);
    REQUIRE(shops.ledger().Profiles().empty());
  }
  REQUIRE(shops.Add("Ann's café", "ca.crt").code == kAllWell);
  // Earlier versions took it.
  REQUIRE(shops.ledger().PutProfile({name, "127.0.0.1:1", "", ""}, false).ok());
  REQUIRE(shops.Run({"shop", "remove", name}).said == "shop '" + shown + "' is forgotten\n");
}

TEST_CASE("shop: --ca takes a certificate and nothing else") {
  const ShopCommands shops;
  shops.Write("key.pem", "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n");
  shops.Write("ca.der", std::string("\x30\x82\x01\x00\x02", 5));
  for (const char* wrong : {"key.pem", "ca.der", "token"}) {
    CAPTURE(wrong);
    const Result refused = shops.Add("demo", wrong);
    REQUIRE(refused.code == kFailed);
    // Which file, what it lacks, and what to do.
    for (const std::string& words :
         {shops.Path(wrong), std::string("-----BEGIN CERTIFICATE-----"), std::string("--ca")}) {
      CAPTURE(refused.said, words);
      REQUIRE(refused.said.find(words) != std::string::npos);
    }
    REQUIRE(shops.ledger().Profiles().empty());
  }
  const std::string whole = ReadFile(shops.Path("ca.crt"));
  // A header alone is none, nor is one that was cut off, also behind one that is whole.
  const std::string header = "-----BEGIN CERTIFICATE-----\n";
  for (const std::string& broken :
       {header + "MIIB\n-----END CERTIFICATE-----\n", header, whole.substr(0, whole.size() / 2),
        whole + header + "MIIB\n-----END CERTIFICATE-----\n"}) {
    CAPTURE(broken);
    shops.Write("broken.crt", broken);
    const Result refused = shops.Add("demo", "broken.crt");
    REQUIRE(refused.code == kFailed);
    REQUIRE(refused.said.find("has a certificate that cannot be read") != std::string::npos);
    REQUIRE(shops.ledger().Profiles().empty());
  }
  shops.Write("two.crt", "the authority\n" + whole + "the next one\n" + whole);
  REQUIRE(shops.Add("two", "two.crt").code == kAllWell);
  REQUIRE(shops.Add("demo", "ca.crt").code == kAllWell);
}

}  // namespace
}  // namespace tallystick::testing
