#include "keys-cli/installation/certificate.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace tallystick {
namespace {

constexpr absl::Duration kAuthorityLifetime = absl::Hours(24 * 3650);
constexpr long kVersion3 = 2;

using Free = std::unique_ptr<BIO, decltype(&BIO_free)>;

std::shared_ptr<EVP_PKEY> NewKey() { return {EVP_EC_gen("P-256"), EVP_PKEY_free}; }

void SetName(X509_NAME* name, const std::string& text) {
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(text.data()),
                             static_cast<int>(text.size()), -1, 0);
}

void AddExtension(X509* certificate, X509* issuer, int id, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

bool IsAddress(const std::string& host) {
  ASN1_OCTET_STRING* address = a2i_IPADDRESS(host.c_str());
  ASN1_OCTET_STRING_free(address);
  return address != nullptr;
}

bool IsHost(const std::string& host) {
  const bool plain = std::all_of(host.begin(), host.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' || c == '*';
  });
  return !host.empty() && (plain || IsAddress(host));
}

// A list, whose separator no host may have.
std::string AlternativeNames(const CertificateRequest& request) {
  std::vector<std::string> names;
  for (const std::string& host : request.hosts) {
    names.push_back(absl::StrCat(IsAddress(host) ? "IP:" : "DNS:", host));
  }
  if (!request.uri.empty()) names.push_back("URI:" + request.uri);
  return absl::StrJoin(names, ",");
}

// All but the extensions and the signature.
std::shared_ptr<X509> Blank(const std::string& name, absl::Duration lifetime, EVP_PKEY* key) {
  std::shared_ptr<X509> certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), kVersion3);
  unsigned char serial[16];
  RAND_bytes(serial, sizeof(serial));
  serial[0] &= 0x7f;  // positive
  BIGNUM* number = BN_bin2bn(serial, sizeof(serial), nullptr);
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate.get()));
  BN_free(number);
  // Clocks differ: good from five minutes ago on.
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -300);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), absl::ToInt64Seconds(lifetime));
  X509_set_pubkey(certificate.get(), key);
  SetName(X509_get_subject_name(certificate.get()), name);
  return certificate;
}

template <typename Write>
std::string Pem(Write write) {
  const Free bio(BIO_new(BIO_s_mem()), BIO_free);
  write(bio.get());
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<size_t>(length));
}

Free Reader(absl::string_view text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free};
}

bool HasUri(X509* certificate, const std::string& uri) {
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      GENERAL_NAMES_free);
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    const ASN1_IA5STRING* text = name->d.uniformResourceIdentifier;
    if (uri == std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                           static_cast<size_t>(ASN1_STRING_length(text)))) {
      return true;
    }
  }
  return false;
}

bool IsFor(X509* certificate, const std::string& host) {
  return IsAddress(host) ? X509_check_ip_asc(certificate, host.c_str(), 0) == 1
                         : X509_check_host(certificate, host.c_str(), 0, 0, nullptr) == 1;
}

}  // namespace

Certificate Certificate::MakeAuthority(const std::string& name) {
  const std::shared_ptr<EVP_PKEY> key = NewKey();
  const std::shared_ptr<X509> certificate = Blank(name, kAuthorityLifetime, key.get());
  X509* self = certificate.get();
  SetName(X509_get_issuer_name(self), name);
  AddExtension(self, self, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  AddExtension(self, self, NID_key_usage, "critical,keyCertSign,cRLSign");
  AddExtension(self, self, NID_subject_key_identifier, "hash");
  X509_sign(self, key.get(), EVP_sha256());
  return {certificate, key};
}

absl::StatusOr<Certificate> Certificate::FromPem(absl::string_view certificate_pem,
                                                 absl::string_view key_pem) {
  const std::shared_ptr<X509> certificate(
      PEM_read_bio_X509(Reader(certificate_pem).get(), nullptr, nullptr, nullptr), X509_free);
  const std::shared_ptr<EVP_PKEY> key(
      PEM_read_bio_PrivateKey(Reader(key_pem).get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  if (certificate == nullptr || key == nullptr ||
      X509_check_private_key(certificate.get(), key.get()) != 1) {
    return absl::InvalidArgumentError("are not a certificate and its key");
  }
  return Certificate(certificate, key);
}

absl::StatusOr<Certificate> Certificate::Issue(const CertificateRequest& request) const {
  for (const std::string& host : request.hosts) {
    if (!IsHost(host)) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", host, "' is neither a host's name nor an address"));
    }
  }
  const std::shared_ptr<EVP_PKEY> key = NewKey();
  const std::shared_ptr<X509> certificate = Blank(request.name, request.lifetime, key.get());
  X509* issued = certificate.get();
  X509_set_issuer_name(issued, X509_get_subject_name(certificate_.get()));
  AddExtension(issued, certificate_.get(), NID_basic_constraints, "critical,CA:FALSE");
  AddExtension(issued, certificate_.get(), NID_key_usage, "critical,digitalSignature");
  AddExtension(issued, certificate_.get(), NID_ext_key_usage, "serverAuth,clientAuth");
  AddExtension(issued, certificate_.get(), NID_authority_key_identifier, "keyid");
  AddExtension(issued, certificate_.get(), NID_subject_alt_name, AlternativeNames(request));
  X509_sign(issued, key_.get(), EVP_sha256());
  return Certificate(certificate, key);
}

std::string Certificate::CertificatePem() const {
  return Pem([this](BIO* bio) { PEM_write_bio_X509(bio, certificate_.get()); });
}

std::string Certificate::KeyPem() const {
  return Pem([this](BIO* bio) {
    PEM_write_bio_PKCS8PrivateKey(bio, key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
}

absl::Time Certificate::expiry() const {
  std::tm expiry{};
  ASN1_TIME_to_tm(X509_get0_notAfter(certificate_.get()), &expiry);
  return absl::FromTM(expiry, absl::UTCTimeZone());
}

bool Certificate::StillGood(const Certificate& issued, const CertificateRequest& request,
                            absl::Duration least) const {
  X509* certificate = issued.certificate_.get();
  for (const std::string& host : request.hosts) {
    if (!IsFor(certificate, host)) return false;
  }
  if (!request.uri.empty() && !HasUri(certificate, request.uri)) return false;
  time_t until = absl::ToTimeT(absl::Now() + least);
  return X509_verify(certificate, key_.get()) == 1 &&
         X509_cmp_time(X509_get0_notAfter(certificate), &until) > 0;
}

}  // namespace tallystick
