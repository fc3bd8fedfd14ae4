// A server that is given the wrong keys says so, and does not start.
#include "tests/support/keys.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "absl/strings/match.h"
#include "platform/process/guarded_file.h"
#include "services/payment/service/payment_server.h"
#include "tests/support/free_ports.h"

namespace tallystick::testing {
namespace {

// What keeps a payment server from opening its port with the keys of `folder`.
absl::Status Refusal(const std::string& folder) {
  payment::PaymentSettings settings;
  settings.server.keys = folder;
  settings.server.ports.public_address = FreeAddresses(1)[0];
  const absl::Status taken = settings.server.TakeKeys();
  if (!taken.ok()) return taken;
  return rpc::Server::StartWaiting(settings.server.ports).status();
}

TEST_CASE("keys: a server starts with its own, and not with those of another") {
  REQUIRE(Refusal(Keys::Get().File("payment")).ok());
  for (const char* other : {"shopping", "delivery"}) {
    const absl::Status refused = Refusal(Keys::Get().File(other));
    CAPTURE(refused.ToString());
    REQUIRE(refused.code() == absl::StatusCode::kFailedPrecondition);
    REQUIRE(absl::StrContains(refused.message(), "spiffe://tallystick/payment"));
  }
}

// The keys of payment, for a test to change.
std::string CopyInto(const TempFolder& folder) {
  std::filesystem::copy(Keys::Get().File("payment"), folder / "payment",
                        std::filesystem::copy_options::recursive);
  return folder / "payment";
}

TEST_CASE("keys: what others may read or write of them is refused, with what to do") {
  const TempFolder folder;
  const std::string keys = CopyInto(folder);
  const auto refusal = [&](const std::string& file, mode_t mode) {
    const std::string path = keys + "/" + file;
    struct stat before;
    REQUIRE(stat(path.c_str(), &before) == 0);
    REQUIRE(chmod(path.c_str(), mode) == 0);
    const absl::Status refused = Refusal(keys);
    REQUIRE(chmod(path.c_str(), before.st_mode & 07777) == 0);
    REQUIRE((refused.ok() || absl::StrContains(refused.message(), path)));
    return refused;
  };
  for (const char* key : {"public.key", "internal.key"}) {
    for (const mode_t mode : {0640, 0604, 0644, 0620, 0602}) {
      CAPTURE(key, mode);
      REQUIRE(absl::StrContains(refusal(key, mode).message(), "chmod 600"));
    }
    for (const mode_t mode : {0600, 0400, 0700}) REQUIRE(refusal(key, mode).ok());
  }
  for (const char* certificate : {"public.crt", "internal.crt", "internal-ca.crt"}) {
    for (const mode_t mode : {0664, 0646, 0666}) {
      CAPTURE(certificate, mode);
      REQUIRE(absl::StrContains(refusal(certificate, mode).message(), "chmod go-w"));
    }
    for (const mode_t mode : {0600, 0644, 0444}) REQUIRE(refusal(certificate, mode).ok());
  }
}

TEST_CASE("keys: root's may be read by a group, another user's by nobody") {
  if (geteuid() != 0) return;  // only root can give files away
  const TempFolder folder;
  const std::string key = CopyInto(folder) + "/internal.key";
  const auto as = [&](uid_t user, uid_t owner, mode_t mode) {
    REQUIRE(chown(key.c_str(), owner, static_cast<gid_t>(-1)) == 0);
    REQUIRE(chmod(key.c_str(), mode) == 0);
    REQUIRE(seteuid(user) == 0);
    const absl::Status checked = CheckGuarded(key, FileGuard::kForOwner);
    REQUIRE(seteuid(0) == 0);
    return checked;
  };
  constexpr uid_t kServer = 10001;
  constexpr uid_t kOther = 10002;
  REQUIRE(as(kServer, kServer, 0600).ok());
  REQUIRE_FALSE(as(kServer, kServer, 0640).ok());
  REQUIRE(as(kServer, 0, 0640).ok());
  REQUIRE(absl::StrContains(as(kServer, 0, 0644).message(), "chmod 640"));
  REQUIRE_FALSE(as(kServer, 0, 0660).ok());
  REQUIRE(absl::StrContains(as(kServer, kOther, 0600).message(), "chown"));
}

TEST_CASE("keys: the authority of another installation is none for the peers of this one") {
  const TempFolder folder;
  const std::string keys = CopyInto(folder);
  REQUIRE(MakeInstallation(folder / "other", {}).ok());
  const std::string theirs = ReadFile(folder / "other/payment/internal-ca.crt");
  REQUIRE(WriteFile(keys + "/internal-ca.crt", theirs, 0644).ok());
  const absl::Status refused = Refusal(keys);
  REQUIRE(refused.code() == absl::StatusCode::kFailedPrecondition);
  REQUIRE(absl::StrContains(refused.message(), "another installation"));
  // While an authority is replaced, both stand in the file.
  const std::string ours = ReadFile(Keys::Get().File("payment/internal-ca.crt"));
  REQUIRE(WriteFile(keys + "/internal-ca.crt", theirs + ours, 0644).ok());
  REQUIRE(Refusal(keys).ok());
}

TEST_CASE("keys: a key of another certificate is refused") {
  const TempFolder folder;
  const std::string keys = CopyInto(folder);
  for (const char* key : {"public.key", "internal.key"}) {
    const std::string own = ReadFile(keys + "/" + key);
    REQUIRE(WriteFile(keys + "/" + key, ReadFile(Keys::Get().File("shopping/" + std::string(key))),
                      0600)
                .ok());
    REQUIRE(absl::StrContains(Refusal(keys).message(), "is not the key of"));
    REQUIRE(WriteFile(keys + "/" + key, own, 0600).ok());
  }
}

TEST_CASE("keys: a folder that is none is named as such") {
  for (const std::string& path : {Keys::Get().File("nowhere"), Keys::Get().File("buyers/ca.crt")}) {
    const absl::Status refused = Refusal(path);
    REQUIRE(refused.code() == absl::StatusCode::kInvalidArgument);
    REQUIRE(absl::StrContains(refused.message(), path + " is no folder"));
  }
}

}  // namespace
}  // namespace tallystick::testing
