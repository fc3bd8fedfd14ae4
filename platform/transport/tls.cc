#include "platform/transport/tls.h"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "platform/process/guarded_file.h"

namespace tallystick::rpc {
namespace {

namespace tls = grpc::experimental;

constexpr unsigned kReloadSeconds = 1;

using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

absl::Status Wrong(const std::string& path, absl::string_view what) {
  return absl::FailedPreconditionError(absl::StrCat(path, ": ", what));
}

using File = std::unique_ptr<BIO, decltype(&BIO_free)>;

// Null when there is none. (A pipe would be waited for.)
File Open(const std::string& path) {
  return {std::filesystem::is_regular_file(path) ? BIO_new_file(path.c_str(), "r") : nullptr,
          BIO_free};
}

Certificate ReadCertificate(const std::string& path) {
  const File file = Open(path);
  return {file ? PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr) : nullptr, X509_free};
}

absl::Status CheckCertificate(const std::string& path, const Certificate& certificate) {
  if (certificate == nullptr) return Wrong(path, "is not a readable certificate (PEM)");
  if (X509_cmp_current_time(X509_get0_notAfter(certificate.get())) < 0) {
    return Wrong(path, "has expired; make a new one");
  }
  return absl::OkStatus();
}

// Whether `files.certificate` is under one of the authorities of `files.ca`, by way of the
// intermediate ones that stand after it. (When each is good is not looked at.)
bool IsUnderItsCa(const TlsFiles& files) {
  const std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> trusted(X509_STORE_new(),
                                                                        X509_STORE_free);
  if (X509_STORE_load_file(trusted.get(), files.ca.c_str()) != 1) return false;
  X509_STORE_set_flags(trusted.get(), X509_V_FLAG_NO_CHECK_TIME);
  const auto free_all = [](STACK_OF(X509) * all) { sk_X509_pop_free(all, X509_free); };
  const std::unique_ptr<STACK_OF(X509), decltype(free_all)> chain(sk_X509_new_null(), free_all);
  const File file = Open(files.certificate);
  while (X509* one = file ? PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr) : nullptr) {
    sk_X509_push(chain.get(), one);
  }
  const std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)> check(X509_STORE_CTX_new(),
                                                                              X509_STORE_CTX_free);
  return sk_X509_num(chain.get()) > 0 &&
         X509_STORE_CTX_init(check.get(), trusted.get(), sk_X509_value(chain.get(), 0),
                             chain.get()) == 1 &&
         X509_verify_cert(check.get()) == 1;
}

// The URIs among its alternative names.
std::vector<std::string> UrisOf(const X509& certificate) {
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)),
      GENERAL_NAMES_free);
  std::vector<std::string> uris;
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    const ASN1_IA5STRING* uri = name->d.uniformResourceIdentifier;
    uris.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)),
                      static_cast<size_t>(ASN1_STRING_length(uri)));
  }
  return uris;
}

std::shared_ptr<tls::FileWatcherCertificateProvider> Watch(const TlsFiles& files) {
  if (files.ca.empty()) {
    return std::make_shared<tls::FileWatcherCertificateProvider>(files.key, files.certificate,
                                                                 kReloadSeconds);
  }
  return std::make_shared<tls::FileWatcherCertificateProvider>(files.key, files.certificate,
                                                               files.ca, kReloadSeconds);
}

// Its chain has been checked already. Who it is decides, not where it answers: host names are
// shared among the servers of a machine.
class AcceptUri : public tls::ExternalCertificateVerifier {
 public:
  explicit AcceptUri(std::string uri) : uri_(std::move(uri)) {}
  bool Verify(tls::TlsCustomVerificationCheckRequest* request, std::function<void(grpc::Status)>,
              grpc::Status* status) override {
    const std::vector<grpc::string_ref> shown = request->uri_names();
    *status = shown.size() == 1 && shown.front() == grpc::string_ref(uri_)
                  ? grpc::Status::OK
                  : grpc::Status(grpc::StatusCode::UNAUTHENTICATED,
                                 absl::StrCat("the peer's certificate is not that of ", uri_));
    return true;
  }
  void Cancel(tls::TlsCustomVerificationCheckRequest*) override {}

 private:
  const std::string uri_;
};

class AcceptAnybody : public tls::ExternalCertificateVerifier {
 public:
  bool Verify(tls::TlsCustomVerificationCheckRequest*, std::function<void(grpc::Status)>,
              grpc::Status* status) override {
    *status = grpc::Status::OK;
    return true;
  }
  void Cancel(tls::TlsCustomVerificationCheckRequest*) override {}
};

}  // namespace

absl::Status CheckTlsFiles(const TlsFiles& files) {
  const Certificate certificate = ReadCertificate(files.certificate);
  const absl::Status checked = CheckCertificate(files.certificate, certificate);
  if (!checked.ok()) return checked;
  const File file = Open(files.key);
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      file ? PEM_read_bio_PrivateKey(file.get(), nullptr, nullptr, nullptr) : nullptr,
      EVP_PKEY_free);
  if (key == nullptr) return Wrong(files.key, "is not a readable private key (PEM)");
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    return Wrong(files.key, absl::StrCat("is not the key of ", files.certificate));
  }
  absl::Status guarded = CheckGuarded(files.key, FileGuard::kForOwner);
  if (guarded.ok()) guarded = CheckGuarded(files.certificate, FileGuard::kWrittenByOwner);
  if (!guarded.ok() || files.ca.empty()) return guarded;
  const absl::Status ca = CheckCertificate(files.ca, ReadCertificate(files.ca));
  return ca.ok() ? CheckGuarded(files.ca, FileGuard::kWrittenByOwner) : ca;
}

absl::Status CheckPeerFiles(const TlsFiles& files, absl::string_view service) {
  const absl::Status checked = CheckTlsFiles(files);
  if (!checked.ok()) return checked;
  const Certificate certificate = ReadCertificate(files.certificate);
  const std::string uri = PeerUri(service);
  if (certificate == nullptr || UrisOf(*certificate) != std::vector<std::string>{uri}) {
    return Wrong(files.certificate, absl::StrCat("is not the certificate of ", uri,
                                                 "; are these the keys of another server?"));
  }
  if (IsUnderItsCa(files)) return absl::OkStatus();
  return Wrong(files.ca, absl::StrCat("is not the authority that ", files.certificate,
                                      " is under; is it that of another installation?"));
}

absl::StatusOr<absl::Time> ExpiryOf(const std::string& path) {
  const Certificate certificate = ReadCertificate(path);
  std::tm expiry{};
  if (certificate == nullptr ||
      ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &expiry) != 1) {
    return Wrong(path, "is not a readable certificate (PEM)");
  }
  return absl::FromTM(expiry, absl::UTCTimeZone());
}

std::shared_ptr<grpc::ServerCredentials> ServerTls(const TlsFiles& files) {
  tls::TlsServerCredentialsOptions options(Watch(files));
  options.watch_identity_key_cert_pairs();
  if (files.ca.empty()) {
    options.set_cert_request_type(GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE);
  } else {
    options.watch_root_certs();
    options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  }
  return tls::TlsServerCredentials(options);
}

// (gRPC's insecure ones take no processor of a call's metadata; these do.)
std::shared_ptr<grpc::ServerCredentials> ServerPlaintext() {
  return tls::LocalServerCredentials(LOCAL_TCP);
}

std::string PeerUri(absl::string_view service) {
  return absl::StrCat("spiffe://tallystick/", service);
}

std::shared_ptr<grpc::ChannelCredentials> PeerTls(const TlsFiles& files,
                                                  const std::string& service) {
  tls::TlsChannelCredentialsOptions options;
  options.set_certificate_verifier(
      tls::ExternalCertificateVerifier::Create<AcceptUri>(PeerUri(service)));
  options.set_check_call_host(false);
  options.set_certificate_provider(Watch(files));
  options.watch_identity_key_cert_pairs();
  options.watch_root_certs();
  return tls::TlsCredentials(options);
}

absl::Status CheckCaPem(absl::string_view pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> text(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  int certificates = 0;
  ERR_clear_error();
  while (
      const Certificate one{PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr), X509_free}) {
    ++certificates;
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!at_end) {
    return absl::InvalidArgumentError("has a certificate that cannot be read; is it whole?");
  }
  if (certificates > 0) return absl::OkStatus();
  return absl::InvalidArgumentError("has no certificate (-----BEGIN CERTIFICATE-----)");
}

std::shared_ptr<grpc::ChannelCredentials> TrustCa(const std::string& ca_pem) {
  return grpc::SslCredentials({ca_pem, "", ""});
}

std::shared_ptr<grpc::ChannelCredentials> TrustAnybody() {
  tls::TlsChannelCredentialsOptions options;
  options.set_verify_server_certs(false);
  options.set_check_call_host(false);
  options.set_certificate_verifier(tls::ExternalCertificateVerifier::Create<AcceptAnybody>());
  return tls::TlsCredentials(options);
}

}  // namespace tallystick::rpc
