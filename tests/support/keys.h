// The throw-away keys of a test's process, made the way tally-keys makes those of an installation.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "absl/strings/strip.h"
#include "keys-cli/installation/installation.h"
#include "platform/transport/channel.h"
#include "platform/transport/tls.h"
#include "tests/support/catch.h"
#include "tests/support/process.h"
#include "tests/support/temp_folder.h"

namespace tallystick::testing {

class Keys {
 public:
  // One set a process.
  static Keys& Get() {
    static Keys keys;
    return keys;
  }

  std::string File(const std::string& name) const { return folder_ / name; }
  std::string BuyersCa() const { return ReadFile(File("buyers/ca.crt")); }

  // `who` is a buyer's subject, or operator:SUBJECT.
  std::string Token(const std::string& who) const { return MakeToken(key_, For(who), absl::Now()); }
  // The same in a file.
  std::string TokenFile(const std::string& who) const {
    const std::string path = File("tokens/" + who);
    REQUIRE(WriteFile(path, Token(who) + "\n", 0600).ok());
    return path;
  }
  const SigningKey& signing_key() const { return key_; }

  rpc::TlsFiles PublicTls(const std::string& server) const {
    return {File(server + "/public.crt"), File(server + "/public.key"), ""};
  }
  rpc::TlsFiles InternalTls(const std::string& server) const {
    return {File(server + "/internal.crt"), File(server + "/internal.key"),
            File(server + "/internal-ca.crt")};
  }
  // As a buyer connects, and as a server connects to its peers.
  std::shared_ptr<grpc::Channel> BuyerChannel(const std::string& address) const {
    return rpc::MakeChannel(address, rpc::TrustCa(BuyersCa()));
  }
  std::shared_ptr<grpc::Channel> PeerChannel(const std::string& server, const std::string& to,
                                             const std::string& address) const {
    return rpc::MakeChannel(address, rpc::PeerTls(InternalTls(server), to));
  }

  static TokenRequest For(const std::string& who) {
    absl::string_view subject = who;
    TokenRequest request;
    if (absl::ConsumePrefix(&subject, "operator:")) request.role = "operator";
    request.subject = std::string(subject);
    return request;
  }

 private:
  Keys() : key_(Make(folder_.path())) {}
  static SigningKey Make(const std::string& folder) {
    REQUIRE(MakeInstallation(folder, {}).ok());
    return *LoadTokenKey(folder);
  }

  TempFolder folder_;
  SigningKey key_;
};

}  // namespace tallystick::testing
