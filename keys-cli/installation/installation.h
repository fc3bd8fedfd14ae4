// All keys of an installation in one folder: what each server, the buyers and whoever issues tokens
// need, each in a folder of its own.
//
//   DIR/ca/        public-ca.{crt,key} internal-ca.{crt,key} token.key: for nobody's server
//   DIR/shopping/  public.{crt,key} internal.{crt,key} internal-ca.crt token-keys/KID.pem
//   DIR/payment/, DIR/delivery/  the same
//   DIR/buyers/    ca.crt: what a buyer's client trusts
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "platform/auth/signing_key.h"

namespace tallystick {

inline constexpr const char* kServers[] = {"shopping", "payment", "delivery"};

struct InstallationOptions {
  // Names and addresses in the certificates of every server, besides localhost, 127.0.0.1, ::1 and
  // the server's own name.
  std::vector<std::string> hosts;
  std::map<std::string, std::vector<std::string>> server_hosts;  // of one server
  int days = 397;  // that a server's certificate is good for
  int renew_before_days = 30;
};

// Makes what is missing, and certificates anew that are good for less than `renew_before_days` or
// lack a name; keeps the rest. Private files get mode 0600. An error names the file.
absl::Status MakeInstallation(const std::string& folder, const InstallationOptions& options);

// The certificates of the installation that are good for less than `days` more, each with the
// words of how long. Of what cannot be read, nothing is said.
std::vector<std::string> EndingSoon(const std::string& folder, int days, absl::Time now);

// A new key for tokens beside those that the servers know; the old ones count until their files in
// token-keys are deleted.
absl::Status RotateTokenKey(const std::string& folder);

absl::StatusOr<SigningKey> LoadTokenKey(const std::string& folder);

struct TokenRequest {
  std::string subject;
  std::string role = "buyer";
  std::string issuer = "tallystick";
  std::string audience = "tallystick";
  absl::Duration lifetime = absl::Hours(24 * 90);
  std::string id;  // its `jti`, by which it alone can be revoked; empty: none
};

std::string MakeToken(const SigningKey& key, const TokenRequest& request, absl::Time now);

// A file of mode `mode`, made whole or not at all; replaces one that is there.
absl::Status WriteFile(const std::string& path, const std::string& text, unsigned mode);
absl::StatusOr<std::string> ReadFile(const std::string& path);

}  // namespace tallystick
