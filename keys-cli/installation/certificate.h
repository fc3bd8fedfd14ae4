// A certificate authority of one's own and the certificates that it signs: P-256 keys, SHA-256.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

typedef struct x509_st X509;          // OpenSSL's
typedef struct evp_pkey_st EVP_PKEY;  // OpenSSL's

namespace tallystick {

struct CertificateRequest {
  std::string name;                // the common name, for people
  std::vector<std::string> hosts;  // names and addresses that the server is called by
  std::string uri;                 // who it is, or empty
  absl::Duration lifetime = absl::Hours(24 * 397);
};

// A certificate with its private key.
class Certificate {
 public:
  // A new authority, signed by itself, good for ten years.
  static Certificate MakeAuthority(const std::string& name);
  static absl::StatusOr<Certificate> FromPem(absl::string_view certificate, absl::string_view key);

  // A new key with a certificate signed by this authority, for servers and clients of TLS.
  // INVALID_ARGUMENT for a host that is neither a name nor an address.
  absl::StatusOr<Certificate> Issue(const CertificateRequest& request) const;

  std::string CertificatePem() const;
  std::string KeyPem() const;

  // Until when it is good.
  absl::Time expiry() const;

  // Whether this authority signed the certificate, for all of those names, and it is good for
  // another `least`.
  bool StillGood(const Certificate& issued, const CertificateRequest& request,
                 absl::Duration least) const;

 private:
  Certificate(std::shared_ptr<X509> certificate, std::shared_ptr<EVP_PKEY> key)
      : certificate_(std::move(certificate)), key_(std::move(key)) {}

  std::shared_ptr<X509> certificate_;
  std::shared_ptr<EVP_PKEY> key_;
};

}  // namespace tallystick
