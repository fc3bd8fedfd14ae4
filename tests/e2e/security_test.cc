// Keys, certificates and tokens as they change under running servers; what a log may not hold; a
// shop that is not to be trusted.
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "platform/transport/health_check.h"
#include "tests/support/raw_http2.h"
#include "tests/support/stack.h"

namespace tallystick::testing {
namespace {

using nlohmann::json;

absl::Status Health(const Stack& stack, int port,
                    const std::shared_ptr<grpc::ChannelCredentials>& credentials,
                    absl::Duration timeout = absl::Seconds(5)) {
  return rpc::CheckHealth(stack.address(static_cast<size_t>(port)), credentials, timeout);
}

TEST_CASE("security: certificates and token keys are taken up without a restart") {
  // Keys of this test's own, which it may change.
  TempFolder keys;
  REQUIRE(MakeInstallation(keys.path(), {}).ok());
  const std::string old_ca = ReadFile(keys / "buyers/ca.crt");
  ServerOptions options;
  for (const std::string server : {"shopping", "payment", "delivery"}) {
    options[server] = {"--keys", keys / server, "--token-keys-reload-ms", "50"};
  }
  options["payment"].insert(options["payment"].end(), {"--metrics-listen", FreeAddresses(1)[0]});
  Stack stack(options, "5", /*own_keys=*/true);
  const auto add_shop = [&](const std::string& who) {
    const SigningKey key = *LoadTokenKey(keys.path());
    REQUIRE(WriteFile(keys / who, MakeToken(key, Keys::For(who), absl::Now()), 0600).ok());
    return stack.Tally({"shop", "add", who, stack.address(0), "--ca", keys / "buyers/ca.crt",
                        "--token-file", keys / who, "--offline"});
  };
  REQUIRE(add_shop("alice").code == 0);
  REQUIRE(WaitUntil([&] { return stack.Tally({"products"}).code == 0; }));
  REQUIRE(Health(stack, 0, rpc::TrustCa(old_ca)).ok());

  // A new authority and new certificates of all servers: new connections get them, and the servers
  // still find each other.
  for (const std::string file : {"ca/public-ca", "ca/internal-ca"}) {
    std::filesystem::remove(keys / (file + ".crt"));
  }
  REQUIRE(MakeInstallation(keys.path(), {}).ok());
  const std::string new_ca = ReadFile(keys / "buyers/ca.crt");
  REQUIRE(new_ca != old_ca);
  for (const int port : {0, 1, 2}) {
    REQUIRE(WaitUntil([&] { return Health(stack, port, rpc::TrustCa(new_ca)).ok(); }));
    REQUIRE_FALSE(Health(stack, port, rpc::TrustCa(old_ca)).ok());
  }

  // It is said, too, by one that is watched.
  const auto is_logged = [&](const std::string& text) {
    return WaitUntil([&] { return absl::StrContains(stack.Log("payment"), text); });
  };
  REQUIRE(is_logged("certificate taken up  certificate=public"));

  // A file that is no key: the last good ones count on, until it goes.
  const std::string broken = keys / "payment/token-keys/broken.pem";
  REQUIRE(WriteFile(broken, "junk", 0644).ok());
  REQUIRE(is_logged("token keys cannot be read"));
  std::filesystem::remove(broken);
  REQUIRE(is_logged("token keys can be read again"));

  // Another key for tokens: both count, until the old one is deleted.
  const SigningKey old_key = *LoadTokenKey(keys.path());
  REQUIRE(RotateTokenKey(keys.path()).ok());
  REQUIRE(add_shop("operator:olga").code == 0);
  std::ofstream(stack.File("products.csv")) << "sku,name,unit_price,stock\nCHAI,Chai,18,100\n";
  REQUIRE(WaitUntil([&] {
    return stack
               .Tally({"--profile", "operator:olga", "ops", "products", "--from",
                       stack.File("products.csv")})
               .code == 0;
  }));
  const std::string id = stack.Order({"CHAI:1"});
  REQUIRE(stack.TrackUntilState(id, "COMPLETED"));
  for (const char* server : {"shopping", "payment", "delivery"}) {
    std::filesystem::remove(keys /
                            (std::string(server) + "/token-keys/" + old_key.KeyId() + ".pem"));
  }
  REQUIRE(WaitUntil([&] { return stack.Tally({"track", id}).code == 5; }));
  REQUIRE(add_shop("alice").code == 0);
  REQUIRE(stack.Track(id)["order"]["state"] == "COMPLETED");
}

TEST_CASE("security: a server that ran out of file descriptors serves again when some are free") {
  Stack stack;
  const auto peer = rpc::PeerTls(Keys::Get().InternalTls("shopping"), "payment");
  const auto buyer = rpc::TrustCa(Keys::Get().BuyersCa());
  Process& server = stack.server("payment");
  const std::string descriptors = "/proc/" + std::to_string(server.pid()) + "/fd";
  const auto in_use = [&] {
    return static_cast<rlim_t>(std::distance(std::filesystem::directory_iterator(descriptors),
                                             std::filesystem::directory_iterator()));
  };
  for (const int port : {1, 4}) {
    CAPTURE(port);
    const auto& credentials = port == 1 ? buyer : peer;
    REQUIRE(Health(stack, port, credentials).ok());
    rlimit few;
    REQUIRE(prlimit(server.pid(), RLIMIT_NOFILE, nullptr, &few) == 0);
    few.rlim_cur = in_use() + 10;
    REQUIRE(prlimit(server.pid(), RLIMIT_NOFILE, &few, nullptr) == 0);
    std::vector<std::unique_ptr<RawConnection>> many;
    for (int i = 0; i < 30; ++i) {
      many.push_back(std::make_unique<RawConnection>(stack.address(static_cast<size_t>(port))));
    }
    REQUIRE(WaitUntil([&] { return in_use() >= few.rlim_cur; }));
    REQUIRE_FALSE(Health(stack, port, credentials, absl::Milliseconds(500)).ok());
    many.clear();
    const absl::Time free = absl::Now();
    REQUIRE(
        WaitUntil([&] { return Health(stack, port, credentials, absl::Milliseconds(200)).ok(); }));
    const absl::Duration waited = absl::Now() - free;
    std::printf("served again after %s\n", absl::FormatDuration(waited).c_str());
    REQUIRE(waited < absl::Seconds(1));
    few.rlim_cur = few.rlim_max;
    REQUIRE(prlimit(server.pid(), RLIMIT_NOFILE, &few, nullptr) == 0);
  }
}

TEST_CASE(
    "security: no token, key, address or payment method in any log, and the client's files are "
    "0600") {
  Stack stack({{"shopping", {"--log-level", "debug"}},
               {"payment", {"--log-level", "debug"}},
               {"delivery", {"--log-level", "debug"}}});
  stack.LoadProducts();
  std::ofstream(stack.File("method")) << "pm_sandbox_timeout\n";
  const std::string id = stack.Order({"CHAI:2", "--payment-method", "@" + stack.File("method"),
                                      "--reference", "Private-Reference"},
                                     "Secret Street 17");
  REQUIRE(stack.TrackUntilState(id, "COMPLETED"));
  REQUIRE(stack.Tally({"return", id, "CHAI:1", "--reason", "Private Reason"}).code == 0);
  REQUIRE(stack
              .Tally({"order", "CHAI:1", "--to", "Ann; City", "--payment-method",
                      "4111 1111 1111 1111"})
              .code == 1);
  REQUIRE(stack.Tally({"cancel", id}).code != 0);
  // A token that is refused, a message that cannot be read, a handshake that fails.
  TokenRequest expired;
  expired.subject = "alice";
  expired.lifetime = absl::Hours(-1);
  const std::string token = MakeToken(Keys::Get().signing_key(), expired, absl::Now());
  REQUIRE(WriteFile(stack.File("expired"), token, 0600).ok());
  REQUIRE(stack
              .Tally({"shop", "add", "late", stack.address(0), "--ca",
                      Keys::Get().File("buyers/ca.crt"), "--token-file", stack.File("expired"),
                      "--offline"})
              .code == 0);
  REQUIRE(stack.Tally({"--profile", "late", "products"}).code == 5);
  RawConnection(stack.address(1)).Send("authorization: Bearer " + token + "\r\n\r\n");
  for (const char* server : {"shopping", "payment", "delivery"}) {
    stack.server(server).Signal(SIGTERM);
    REQUIRE(stack.server(server).Wait() == 0);
  }
  const std::string alice = ReadFile(Keys::Get().File("tokens/alice"));
  const auto middle = [](const std::string& text) { return text.substr(text.size() / 2, 40); };
  std::vector<std::string> secrets = {
      "Secret Street", "Ann Example", "pm_sandbox",  "Private", "4111 1111",       "Bearer",
      "PRIVATE KEY",   middle(alice), middle(token), "eyJ",     "/secret-password"};
  for (const char* server : {"shopping", "payment", "delivery"}) {
    const std::string log = stack.Log(server) + ReadFile(stack.File(std::string(server) + ".out"));
    REQUIRE(log.find("stopped") != std::string::npos);
    for (const std::string& secret : secrets) {
      CAPTURE(server, secret);
      REQUIRE(log.find(secret) == std::string::npos);
    }
  }
  for (const auto& file : std::filesystem::directory_iterator(stack.File(""))) {
    if (file.path().filename().string().rfind("ledger", 0) != 0) continue;
    struct stat status;
    REQUIRE(stat(file.path().c_str(), &status) == 0);
    REQUIRE((status.st_mode & 0777) == 0600);
  }
}

TEST_CASE("security: a shop's word about addresses takes the token nowhere else") {
  // A server under another authority, at an address that the shop's trading information names.
  TempFolder others;
  REQUIRE(MakeInstallation(others.path(), {}).ok());
  const std::string own = others / "payment/public.";
  Stack stack({{"payment", {"--public-certificate", own + "crt", "--public-key", own + "key"}}});
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:1"});
  const TallyResult seen = stack.TallyJson({"track", id});
  REQUIRE(seen.code == 4);
  REQUIRE(seen.json()["unreachable"].dump().find("certificate verify failed") != std::string::npos);
  REQUIRE(seen.json()["order"]["state"].is_string());
  // Nor is plaintext spoken to anything but this machine.
  const TallyResult plain = stack.Tally({"shop", "add", "plain", "shop.example:7401",
                                         "--token-file", Keys::Get().TokenFile("alice")});
  REQUIRE(plain.code == 1);
  REQUIRE(plain.err.find("--ca FILE") != std::string::npos);
}

TEST_CASE("security: who did what stands in each service's audit, and cannot be changed there") {
  Stack stack({{"payment", {"--gateway", "manual"}}});
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:1"});
  REQUIRE(stack.TrackUntil(id, [](const json&) { return true; }));
  REQUIRE(stack.Back({"ops", "authorize", id, "1"}).code == 0);
  REQUIRE(stack.TrackUntil(
      id, [](const json& trade) { return trade["delivery"]["state"] == "DELIVERED"; }));
  REQUIRE(stack.Tally({"return", id, "CHAI:1"}).code == 0);
  REQUIRE(stack.Tally({"return", id, "CHAI:1"}).code == 1);
  const auto row = [&](const char* database, const std::string& rpc) {
    return stack.postgres().Ask(
        database,
        "SELECT coalesce(string_agg(DISTINCT subject || ' ' || result, ', '), '') FROM audit "
        "WHERE rpc = '" +
            rpc + "'" +
            (rpc.find("Operations/U") == std::string::npos ? " AND trading_id = '" + id + "'"
                                                           : ""));
  };
  REQUIRE(row("shopping", "ShoppingOperations/UpsertProducts") == "bob OK");
  REQUIRE(row("shopping", "ShoppingService/PlaceOrder") == "alice OK");
  REQUIRE(row("shopping", "ShoppingService/ReturnProducts") == "alice OK");
  // What peers told each other stands in the history.
  REQUIRE(row("payment", "PaymentInstructions/ApplyInstructions").empty());
  REQUIRE(row("payment", "PaymentOperations/RecordTransaction") == "bob OK");
  REQUIRE(row("shopping", "ReportIntake/ApplyReports").empty());
  // The owner of the table has no right to change it (a superuser always has).
  REQUIRE(stack.postgres().Ask("shopping",
                               "SELECT string_agg(privilege_type, ' ' ORDER BY privilege_type) "
                               "FROM pg_class, aclexplode(relacl) WHERE relname = 'audit' "
                               "AND grantee = 'tallystick'::regrole AND privilege_type IN "
                               "('INSERT', 'SELECT', 'UPDATE', 'DELETE', 'TRUNCATE')") ==
          "DELETE INSERT SELECT");
  // And to delete only what is older than a month, whatever rights there are.
  const auto count = [&] { return stack.postgres().Ask("shopping", "SELECT count(*) FROM audit"); };
  const auto delete_all = [&] {
    stack.postgres().Execute("shopping", "SET ROLE service; DELETE FROM audit");
  };
  REQUIRE(stack.postgres().Ask("shopping",
                               "SELECT relrowsecurity AND relforcerowsecurity FROM pg_class "
                               "WHERE relname = 'audit'") == "t");
  stack.postgres().Execute("shopping", "CREATE ROLE service; GRANT ALL ON audit TO service");
  const std::string all = count();
  delete_all();
  REQUIRE(count() == all);
  stack.postgres().Execute("shopping", "UPDATE audit SET audit_time = now() - interval '31 days'");
  delete_all();
  REQUIRE(count() == "0");
}

}  // namespace
}  // namespace tallystick::testing
