#include "keys-cli/installation/installation.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "keys-cli/installation/certificate.h"

namespace tallystick {
namespace {

constexpr unsigned kPrivate = 0600;
constexpr unsigned kOpen = 0644;

absl::Status Failed(const std::string& path, absl::string_view why) {
  return absl::FailedPreconditionError(absl::StrCat(path, ": ", why));
}

bool Exists(const std::string& path) { return std::filesystem::exists(path); }

// A certificate and its key, as PATH.crt and PATH.key.
absl::Status Write(const std::string& path, const Certificate& certificate) {
  const absl::Status key = WriteFile(path + ".key", certificate.KeyPem(), kPrivate);
  return key.ok() ? WriteFile(path + ".crt", certificate.CertificatePem(), kOpen) : key;
}

absl::StatusOr<Certificate> Read(const std::string& path) {
  const absl::StatusOr<std::string> certificate = ReadFile(path + ".crt");
  if (!certificate.ok()) return certificate.status();
  const absl::StatusOr<std::string> key = ReadFile(path + ".key");
  if (!key.ok()) return key.status();
  auto read = Certificate::FromPem(*certificate, *key);
  if (!read.ok()) return Failed(path + ".{crt,key}", read.status().message());
  return read;
}

absl::StatusOr<Certificate> ReadOrMakeAuthority(const std::string& path, const std::string& name) {
  if (Exists(path + ".crt")) return Read(path);
  const Certificate authority = Certificate::MakeAuthority(name);
  const absl::Status written = Write(path, authority);
  if (!written.ok()) return written;
  return authority;
}

absl::Status Ensure(const std::string& path, const Certificate& authority,
                    const CertificateRequest& request, absl::Duration least) {
  if (Exists(path + ".crt") && Exists(path + ".key")) {
    // A pair that does not fit together was left by a run that was interrupted.
    const absl::StatusOr<Certificate> known = Read(path);
    if (known.ok() && authority.StillGood(*known, request, least)) return absl::OkStatus();
  }
  const absl::StatusOr<Certificate> issued = authority.Issue(request);
  return issued.ok() ? Write(path, *issued) : issued.status();
}

absl::Status EnsureTokenKey(const std::string& folder) {
  const std::string path = folder + "/ca/token.key";
  if (Exists(path)) return absl::OkStatus();
  return WriteFile(path, SigningKey::Generate(KeyKind::kP256).PrivatePem(), kPrivate);
}

// Every server gets the public half.
absl::Status PublishTokenKey(const std::string& folder) {
  const absl::StatusOr<SigningKey> key = LoadTokenKey(folder);
  if (!key.ok()) return key.status();
  for (const char* server : kServers) {
    const absl::Status written =
        WriteFile(absl::StrCat(folder, "/", server, "/token-keys/", key->KeyId(), ".pem"),
                  key->PublicPem(), kOpen);
    if (!written.ok()) return written;
  }
  return absl::OkStatus();
}

CertificateRequest RequestFor(const std::string& server, const InstallationOptions& options) {
  CertificateRequest request;
  request.name = "tallystick " + server;
  request.lifetime = absl::Hours(24 * options.days);
  request.hosts = {"localhost", "127.0.0.1", "::1", server};
  request.hosts.insert(request.hosts.end(), options.hosts.begin(), options.hosts.end());
  const auto own = options.server_hosts.find(server);
  if (own != options.server_hosts.end()) {
    request.hosts.insert(request.hosts.end(), own->second.begin(), own->second.end());
  }
  return request;
}

}  // namespace

absl::Status WriteFile(const std::string& path, const std::string& text, unsigned mode) {
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  const std::string draft = path + ".new";
  unlink(draft.c_str());
  const int fd = open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0) return Failed(path, std::strerror(errno));
  const bool written = fchmod(fd, mode) == 0 &&
                       write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       fsync(fd) == 0;
  close(fd);
  if (!written || rename(draft.c_str(), path.c_str()) != 0) {
    return Failed(path, std::strerror(errno));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return Failed(path, "cannot be read");
  return text.str();
}

absl::StatusOr<SigningKey> LoadTokenKey(const std::string& folder) {
  const std::string path = folder + "/ca/token.key";
  const absl::StatusOr<std::string> pem = ReadFile(path);
  if (!pem.ok()) return pem.status();
  absl::StatusOr<SigningKey> key = SigningKey::FromPem(*pem);
  if (!key.ok()) return Failed(path, key.status().message());
  return key;
}

absl::Status MakeInstallation(const std::string& folder, const InstallationOptions& options) {
  const std::string ca = folder + "/ca";
  const auto open = ReadOrMakeAuthority(ca + "/public-ca", "tallystick buyers' authority");
  if (!open.ok()) return open.status();
  const auto internal = ReadOrMakeAuthority(ca + "/internal-ca", "tallystick servers' authority");
  if (!internal.ok()) return internal.status();
  const absl::Duration least = absl::Hours(24 * options.renew_before_days);
  for (const std::string server : kServers) {
    const std::string own = absl::StrCat(folder, "/", server);
    CertificateRequest request = RequestFor(server, options);
    absl::Status made = Ensure(own + "/public", *open, request, least);
    // The peers' gates know it by this; see platform/admission/gate.h.
    request.uri = "spiffe://tallystick/" + server;
    if (made.ok()) made = Ensure(own + "/internal", *internal, request, least);
    if (made.ok()) {
      made = WriteFile(own + "/internal-ca.crt", internal->CertificatePem(), kOpen);
    }
    if (!made.ok()) return made;
  }
  absl::Status made = WriteFile(folder + "/buyers/ca.crt", open->CertificatePem(), kOpen);
  if (made.ok()) made = EnsureTokenKey(folder);
  return made.ok() ? PublishTokenKey(folder) : made;
}

std::vector<std::string> EndingSoon(const std::string& folder, int days, absl::Time now) {
  std::vector<std::string> names = {"ca/public-ca", "ca/internal-ca"};
  for (const std::string server : kServers) {
    names.push_back(server + "/public");
    names.push_back(server + "/internal");
  }
  std::vector<std::string> ending;
  for (const std::string& name : names) {
    const std::string path = absl::StrCat(folder, "/", name);
    const absl::StatusOr<std::string> pem = ReadFile(path + ".crt");
    const absl::StatusOr<std::string> key = ReadFile(path + ".key");
    if (!pem.ok() || !key.ok()) continue;
    const auto certificate = Certificate::FromPem(*pem, *key);
    if (!certificate.ok()) continue;
    const int64_t left = (certificate->expiry() - now) / absl::Hours(24);
    if (left >= days) continue;
    ending.push_back(certificate->expiry() < now
                         ? absl::StrCat(name, ".crt has ended")
                         : absl::StrCat(name, ".crt ends in ", left, " days"));
  }
  return ending;
}

absl::Status RotateTokenKey(const std::string& folder) {
  const absl::StatusOr<SigningKey> old = LoadTokenKey(folder);
  if (!old.ok()) return old.status();
  const absl::Status written = WriteFile(
      folder + "/ca/token.key", SigningKey::Generate(KeyKind::kP256).PrivatePem(), kPrivate);
  return written.ok() ? PublishTokenKey(folder) : written;
}

std::string MakeToken(const SigningKey& key, const TokenRequest& request, absl::Time now) {
  nlohmann::json claims = {
      {"iss", request.issuer},           {"aud", request.audience},
      {"sub", request.subject},          {"role", request.role},
      {"iat", absl::ToUnixSeconds(now)}, {"exp", absl::ToUnixSeconds(now + request.lifetime)}};
  if (!request.id.empty()) claims["jti"] = request.id;
  return key.Sign(claims);
}

}  // namespace tallystick
