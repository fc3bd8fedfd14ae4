// Certificates and keys, and what is made of them for the ports and the channels. Files that change
// are taken up within a second or two, without a restart; a new certificate and its key should be
// moved into place together.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace tallystick::rpc {

// Paths of PEM files.
struct TlsFiles {
  std::string certificate;  // with the intermediate ones after it
  std::string key;
  std::string ca;  // whose certificates the other side may show; only for mutual TLS
};

// What is wrong with the files, in words that name the file: unreadable, a key that others may read
// or write, a certificate that they may write, a key of another certificate, a certificate that has
// expired.
absl::Status CheckTlsFiles(const TlsFiles& files);
// The same of an internal port's files, whose certificate must be that of the server `service`, and
// under the authority of `files.ca`: its peers would not know it otherwise, nor it them.
absl::Status CheckPeerFiles(const TlsFiles& files, absl::string_view service);

// When the first certificate of the file expires. FAILED_PRECONDITION when there is none.
absl::StatusOr<absl::Time> ExpiryOf(const std::string& path);

// With `files.ca`, callers must show a certificate of that authority; without, they show none.
std::shared_ptr<grpc::ServerCredentials> ServerTls(const TlsFiles& files);

// No TLS, for connections of this machine to 127.0.0.1 or [::1].
std::shared_ptr<grpc::ServerCredentials> ServerPlaintext();

// A server's name in the internal port's certificates, as a URI in their alternative names:
// spiffe://tallystick/shopping.
std::string PeerUri(absl::string_view service);

// Shows `files.certificate` and trusts exactly the server `service` of `files.ca`, wherever it
// answers.
std::shared_ptr<grpc::ChannelCredentials> PeerTls(const TlsFiles& files,
                                                  const std::string& service);

// Of certificates of authorities: INVALID_ARGUMENT when there is none in `pem`, or one that cannot
// be read, in words that go after the name of the file.
absl::Status CheckCaPem(absl::string_view pem);

// Trusts the servers of the authority whose certificate `ca_pem` holds, under the name they are
// called by; shows none.
std::shared_ptr<grpc::ChannelCredentials> TrustCa(const std::string& ca_pem);

// Encrypts, but takes whoever answers: only to ask whether a server of this machine is alive.
std::shared_ptr<grpc::ChannelCredentials> TrustAnybody();

}  // namespace tallystick::rpc
