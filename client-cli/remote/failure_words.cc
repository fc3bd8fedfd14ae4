#include "client-cli/remote/failure_words.h"

#include <vector>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client-cli/remote/errors.h"
#include "platform/error/error.h"

namespace tallystick {
namespace {

constexpr char kAskedUrl[] = "tallystick/asked";

enum class Cause {
  kRefused,
  kUnknownHost,
  kAuthority,
  kOtherName,
  kNoTls,
  kTooLate,
  kNoWay,
  kBroken
};

struct CauseRow {
  const char* sign;  // in gRPC's words, in those of the libraries under it, or the system's
  Cause cause;
  const char* words;
};

// The first that fits.
constexpr CauseRow kCauses[] = {
    {"Connection refused", Cause::kRefused, "nothing listens there (connection refused)"},
    {"Domain name not found", Cause::kUnknownHost, "no host has that name"},
    {"DNS resolution failed", Cause::kUnknownHost, "the host's name cannot be looked up"},
    {"DNS query cancelled", Cause::kUnknownHost, "the host's name cannot be looked up"},
    {"certificate verify failed", Cause::kAuthority,
     "its certificate is of another authority than the one of --ca, or has expired"},
    {"CERTIFICATE_VERIFY_FAILED", Cause::kAuthority,
     "its certificate is of another authority than the one of --ca, or has expired"},
    {"is not in peer certificate", Cause::kOtherName, "its certificate is for another name"},
    {"Cannot check peer", Cause::kOtherName, "its certificate is for another name"},
    {"wrong version number", Cause::kNoTls, "what answers there speaks no TLS"},
    {"WRONG_VERSION_NUMBER", Cause::kNoTls, "what answers there speaks no TLS"},
    {"Ssl handshake failed", Cause::kNoTls, "no TLS connection could be made"},
    {"Deadline Exceeded", Cause::kTooLate, "it gave no answer in time"},
    {"Network is unreachable", Cause::kNoWay, "this machine has no way there"},
    {"No route to host", Cause::kNoWay, "this machine has no way there"},
    {"Connection timed out", Cause::kNoWay, "nobody answers there"},
    {"FD Shutdown", Cause::kNoWay, "nobody answers there"},
    {"FD shutdown", Cause::kNoWay, "nobody answers there"},
    {"Connection reset", Cause::kBroken, "the connection broke"},
    {"Broken pipe", Cause::kBroken, "the connection broke"},
    {"Socket closed", Cause::kBroken, "the connection broke"},
    {"recvmsg:", Cause::kBroken, "the connection broke"},
    {"keepalive watchdog", Cause::kBroken, "the connection broke"},
    {"Endpoint read failed", Cause::kBroken, "the connection broke"},
    {"GOAWAY", Cause::kBroken, "it is being shut down"},
    {"failed to connect to all addresses", Cause::kNoWay, "no connection could be made"},
};

const CauseRow* FindCause(absl::string_view message) {
  for (const CauseRow& row : kCauses) {
    if (absl::StrContains(message, row.sign)) return &row;
  }
  return nullptr;
}

// Only where the message is the client's own library's: what a server says is its own words.
const CauseRow* CauseOf(const absl::Status& status) {
  const std::string reason = GetErrorDetail(status).reason;
  if (!reason.empty() && reason != kNotConnected) return nullptr;
  return FindCause(status.message());
}

std::string WhoIs(const Callee& asked) {
  return absl::StrCat(asked.service == "shopping" ? "the shop" : asked.service + " of the shop",
                      " '", asked.shop, "' at ", asked.address);
}

}  // namespace

absl::Status Noting(absl::Status status, const Callee& asked) {
  if (!status.ok()) {
    status.SetPayload(
        kAskedUrl, absl::Cord(absl::StrCat(asked.shop, "\n", asked.service, "\n", asked.address)));
  }
  return status;
}

std::optional<Callee> CalleeOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kAskedUrl);
  if (!payload) return std::nullopt;
  const std::vector<std::string> parts = absl::StrSplit(std::string(*payload), '\n');
  if (parts.size() != 3) return std::nullopt;
  return Callee{parts[0], parts[1], parts[2]};
}

std::string CauseWords(absl::string_view message) {
  const CauseRow* row = FindCause(message);
  return row == nullptr ? "" : row->words;
}

std::string FailureWords(const absl::Status& status) {
  const std::optional<Callee> asked = CalleeOf(status);
  if (!asked) return std::string(status.message());
  if (const CauseRow* row = CauseOf(status); row != nullptr) {
    return absl::StrCat("no answer from ", WhoIs(*asked), ": ", row->words);
  }
  if (IsNotAllowed(status)) {
    return absl::StrCat(WhoIs(*asked), " does not let you in: ", status.message());
  }
  if (IsUnreachable(status)) {
    return absl::StrCat("no answer from ", WhoIs(*asked), ": ", status.message());
  }
  return std::string(status.message());
}

std::string NextStep(const absl::Status& status) {
  const std::optional<Callee> asked = CalleeOf(status);
  if (!asked) return "";
  const std::string add = absl::StrCat("tally shop add ", asked->shop, " ");
  if (absl::IsUnauthenticated(status)) {
    return absl::StrCat("A new token goes into the shop's token file; ", add, asked->address,
                        " --ca FILE --token-file FILE names another file.");
  }
  if (absl::IsPermissionDenied(status)) {
    return "tally shop list shows the shops that you know; --profile names the one whose token "
           "may.";
  }
  const CauseRow* row = CauseOf(status);
  if (row == nullptr) return "";
  const bool shop = asked->service == "shopping";
  switch (row->cause) {
    case Cause::kRefused:
    case Cause::kUnknownHost:
    case Cause::kNoWay:
      return shop ? absl::StrCat("If the address is wrong: ", add, "HOST:PORT … corrects it.")
                  : "Try again later; the shop says where its services answer.";
    case Cause::kAuthority:
      return absl::StrCat(add, asked->address,
                          " --ca FILE … names the certificate of the shop's own authority.");
    case Cause::kOtherName:
      return absl::StrCat("Give the shop the name that its certificate has: ", add, "HOST:PORT …");
    case Cause::kNoTls:
      return absl::StrCat("Is it the port of the shop's buyers? ", add, "HOST:PORT … corrects it.");
    case Cause::kTooLate: return "--timeout-ms 60000 waits for longer.";
    case Cause::kBroken: return "Try again.";
  }
  return "";
}

}  // namespace tallystick
