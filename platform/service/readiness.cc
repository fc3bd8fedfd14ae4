#include "platform/service/readiness.h"

#include "absl/strings/str_cat.h"

namespace tallystick::rpc {
namespace {

absl::string_view InWords(grpc_connectivity_state state) {
  switch (state) {
    case GRPC_CHANNEL_IDLE: return "not connected, and not needed";
    case GRPC_CHANNEL_CONNECTING: return "connecting";
    case GRPC_CHANNEL_READY: return "connected";
    case GRPC_CHANNEL_TRANSIENT_FAILURE: return "cannot be reached";
    case GRPC_CHANNEL_SHUTDOWN: return "given up";
  }
  return "unknown";
}

absl::string_view InWords(postgres::DatabaseState state) {
  switch (state) {
    case postgres::DatabaseState::kNoAnswer: return "does not answer";
    case postgres::DatabaseState::kUnwritable: return "cannot be written to";
    case postgres::DatabaseState::kWritable: return "answers";
  }
  return "unknown";
}

}  // namespace

void Readiness::SetDatabase(postgres::DatabaseState state) {
  database_ = state;
  Count();
}

void Readiness::Drain() {
  draining_ = true;
  Count();
}

std::string Readiness::Describe() const {
  std::string lines = absl::StrCat("database: ", InWords(database_),
                                   "\nserver: ", draining_ ? "draining" : "takes calls", "\n");
  for (const auto& [name, connection] : Peers()) {
    absl::StrAppend(&lines, name, ": ", connection, "\n");
  }
  return lines;
}

std::vector<std::pair<std::string, std::string>> Readiness::Peers() const {
  std::vector<std::pair<std::string, std::string>> peers;
  for (const NamedPeer& peer : peers_) {
    peers.emplace_back(peer.name, InWords(peer.channel->GetState(false)));
  }
  return peers;
}

}  // namespace tallystick::rpc
