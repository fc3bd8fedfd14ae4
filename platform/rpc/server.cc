#include "platform/rpc/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>

#include <set>
#include <thread>

#include "absl/strings/string_view.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "platform/rpc/malformed_requests.h"
#include "platform/runtime/log.h"

namespace tallystick::rpc {
namespace {

// Numeric only: a name that begins with "127." may be anybody's.
bool IsLoopback(absl::string_view address) {
  const size_t colon = address.rfind(':');
  const absl::string_view host = address.substr(0, colon);
  if (host == "localhost" || host == "[::1]") return true;
  return absl::StartsWith(host, "127.") &&
         host.find_first_not_of("0123456789.") == absl::string_view::npos;
}

absl::StatusOr<std::unique_ptr<grpc::Server>> Listen(const ServerOptions& options,
                                                     const std::string& address,
                                                     const std::vector<OfferedService>& services) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials());
  builder.SetMaxReceiveMessageSize(options.max_message_bytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, options.max_concurrent_streams);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  std::set<std::string> names;
  for (const OfferedService& offered : services) {
    builder.RegisterService(offered.service);
    names.insert(offered.name);
  }
  builder.experimental().SetInterceptorCreators(MalformedRequestInterceptors(std::move(names)));
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) {
    return absl::UnavailableError(absl::StrCat(
        "cannot listen on ", address, ": is the port in use? Choose another or stop its owner"));
  }
  server->GetHealthCheckService()->SetServingStatus(true);
  return server;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(
    const ServerOptions& options, const std::vector<OfferedService>& public_services,
    const std::vector<OfferedService>& internal_services) {
  for (const std::string& address : {options.public_address, options.internal_address}) {
    if (!options.plaintext_loopback || !IsLoopback(address)) {
      return absl::FailedPreconditionError(
          absl::StrCat(address,
                       ": without TLS the server listens on loopback only, and only with "
                       "--plaintext-loopback"));
    }
  }
  log::Warn("no TLS: plaintext on loopback, as --plaintext-loopback asks for");
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();

  auto server = std::unique_ptr<Server>(new Server);
  server->drain_timeout_ = options.drain_timeout;
  // Peers first: when the public port answers, the whole server is up.
  auto internal = Listen(options, options.internal_address, internal_services);
  if (!internal.ok()) return internal.status();
  server->internal_ = *std::move(internal);
  auto open = Listen(options, options.public_address, public_services);
  if (!open.ok()) return open.status();
  server->public_ = *std::move(open);
  return server;
}

void Server::Drain() {
  for (grpc::Server* server : {public_.get(), internal_.get()}) {
    server->GetHealthCheckService()->SetServingStatus(false);
  }
  const auto deadline = absl::ToChronoTime(absl::Now() + drain_timeout_);
  // Both at once: each waits for its own calls.
  std::thread internal([&] { internal_->Shutdown(deadline); });
  public_->Shutdown(deadline);
  internal.join();
  public_->Wait();
  internal_->Wait();
}

}  // namespace tallystick::rpc
