#include "platform/service/server.h"

#include <grpcpp/resource_quota.h>
#include <sys/resource.h>

#include <algorithm>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "platform/process/log.h"
#include "platform/transport/channel.h"
#include "platform/transport/grpc_log.h"

namespace tallystick::rpc {
namespace {

// See ServerPlaintext, which turns other addresses of 127.0.0.0/8 away.
bool IsServedInPlaintext(const std::string& address) {
  const std::string host = address.substr(0, address.rfind(':'));
  return host == "127.0.0.1" || host == "[::1]" || host == "localhost";
}

absl::Status CheckTransport(const ServerOptions& options) {
  if (options.plaintext_loopback) {
    for (const std::string& address : {options.public_address, options.internal_address}) {
      if (IsServedInPlaintext(address)) continue;
      return absl::FailedPreconditionError(absl::StrCat(
          address, ": --plaintext-loopback is for 127.0.0.1, [::1] and localhost only"));
    }
    log::Warn("no TLS: plaintext on loopback, as --plaintext-loopback asks for");
    return absl::OkStatus();
  }
  if (options.public_tls.certificate.empty() || options.internal_tls.certificate.empty() ||
      options.internal_tls.ca.empty()) {
    return absl::FailedPreconditionError(
        "certificates are missing: set --keys to the server's folder of those that `tally-keys "
        "init` "
        "makes, or name --public-certificate, --public-key, --internal-certificate, --internal-key "
        "and --internal-ca");
  }
  const absl::Status checked = CheckTlsFiles(options.public_tls);
  return checked.ok() ? CheckPeerFiles(options.internal_tls, options.service) : checked;
}

int WholeMillis(absl::Duration duration) {
  return static_cast<int>(absl::ToInt64Milliseconds(duration));
}

constexpr int kUnaskedBytes = 64 * 1024;
// Read at once from a connection: the calls that begin in it are there before anybody can count
// them.
constexpr int kReadBytes = 16 * 1024;

void SetLimits(const ConnectionLimits& limits, grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(limits.messages.max_message_bytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, limits.max_metadata_bytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, limits.max_concurrent_streams);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS,
                             WholeMillis(limits.handshake_timeout));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS,
                             WholeMillis(limits.max_connection_idle));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS,
                             WholeMillis(limits.max_connection_age));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS,
                             WholeMillis(limits.max_connection_age_grace));
  // Nothing here uses compression, and what is compressed may be far larger than it came.
  builder.AddChannelArgument(GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET, 1);
  // Of what nobody has asked to read, no more than this is taken from a stream, however fast its
  // connection is.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, kUnaskedBytes);
  builder.AddChannelArgument(GRPC_ARG_TCP_MAX_READ_CHUNK_SIZE, kReadBytes);
  grpc::ResourceQuota quota;
  quota.Resize(static_cast<size_t>(limits.max_memory_bytes));
  builder.SetResourceQuota(quota);
}

}  // namespace

absl::Status Server::Open(const ServerOptions& options, bool is_public, Gate* gate,
                          std::vector<ServiceTable> services, Port& port) {
  port.connections = std::make_unique<Connections>(options.limits.bounds);
  auto listener = Listener::Bind(is_public ? options.public_address : options.internal_address,
                                 *port.connections);
  if (!listener.ok()) return listener.status();
  port.listener = *std::move(listener);
  grpc::ServerBuilder builder;
  SetLimits(options.limits, builder);
  using FromFd = grpc::ServerBuilder::experimental_type::ExternalConnectionType;
  const auto credentials = options.plaintext_loopback
                               ? ServerPlaintext()
                               : ServerTls(is_public ? options.public_tls : options.internal_tls);
  credentials->SetAuthMetadataProcessor(port.connections->arrivals());
  auto acceptor =
      builder.experimental().AddExternalConnectionAcceptor(FromFd::FROM_FD, credentials);
  std::set<std::string> names;
  for (const ServiceTable& service : services) names.insert(service.name());
  port.health = std::make_unique<Health>(std::move(names));
  services.push_back(port.health->Table());
  port.door = std::make_unique<Door>(options.limits.messages, gate, *port.connections,
                                     std::move(services), metrics_);
  builder.RegisterCallbackGenericService(port.door.get());
  if (!is_public) {
    // Peers ask whether a silent connection is alive; strangers have no reason to.
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                               WholeMillis(kPeerPingInterval / 2));
  }
  port.server = builder.BuildAndStart();
  if (port.server == nullptr) return absl::InternalError("gRPC could not start a server");
  port.listener->Start(std::move(acceptor));
  return absl::OkStatus();
}

namespace {

// So many connections of each port that the database, the peers and the files that are read anew
// find descriptors too.
size_t AffordableConnections(size_t wanted) {
  constexpr rlim_t kReserve = 200;
  rlimit descriptors{};
  getrlimit(RLIMIT_NOFILE, &descriptors);
  descriptors.rlim_cur = descriptors.rlim_max;
  setrlimit(RLIMIT_NOFILE, &descriptors);
  getrlimit(RLIMIT_NOFILE, &descriptors);
  const size_t affordable =
      descriptors.rlim_cur > kReserve ? (descriptors.rlim_cur - kReserve) / 2 : 1;
  if (affordable < wanted) {
    log::Warn("fewer connections than max-connections: the limit of file descriptors is too low",
              {{"connections", absl::StrCat(affordable)}});
  }
  return std::min(wanted, affordable);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(ServerOptions options, Gate& gate,
                                                      const postgres::Database& database,
                                                      std::vector<ServiceTable> public_services,
                                                      std::vector<ServiceTable> internal_services,
                                                      metrics::Metrics& metrics,
                                                      std::shared_ptr<Readiness> readiness) {
  auto server = std::unique_ptr<Server>(new Server(&metrics, std::move(readiness)));
  const absl::Status prepared = server->Prepare(options);
  if (!prepared.ok()) return prepared;
  // Peers first: when the public port answers, the whole server is up.
  absl::Status open =
      server->Open(options, false, &gate, std::move(internal_services), server->internal_);
  if (open.ok()) {
    open = server->Open(options, true, &gate, std::move(public_services), server->public_);
  }
  if (open.ok()) open = server->OpenWatchPort(options.metrics_listen);
  if (!open.ok()) return open;
  server->probe_ = std::make_unique<postgres::Probe>(
      database,
      [ports = server.get()](postgres::DatabaseState state) { ports->SetDatabase(state); });
  return server;
}

absl::StatusOr<std::unique_ptr<Server>> Server::StartWaiting(ServerOptions options) {
  auto server = std::unique_ptr<Server>(new Server(nullptr, nullptr));
  absl::Status open = server->Prepare(options);
  if (open.ok()) open = server->Open(options, true, nullptr, {}, server->public_);
  if (open.ok()) open = server->OpenWatchPort(options.metrics_listen);
  if (!open.ok()) return open;
  server->SetDatabase(postgres::DatabaseState::kNoAnswer);
  return server;
}

Server::Server(metrics::Metrics* metrics, std::shared_ptr<Readiness> readiness)
    : metrics_(metrics == nullptr ? no_metrics_ : *metrics),
      readiness_(readiness != nullptr
                     ? std::move(readiness)
                     : std::make_shared<Readiness>(metrics_.MakeGauge(metrics::kReady),
                                                   std::vector<NamedPeer>{})) {}

absl::Status Server::OpenWatchPort(const std::string& address) {
  if (address.empty()) return absl::OkStatus();
  Pages pages;
  pages["/livez"] = [] { return Page{200, "alive\n"}; };
  pages["/readyz"] = [this] {
    return Page{readiness_->IsReady() ? 200 : 503, readiness_->Describe()};
  };
  pages["/metrics"] = [this] {
    return metrics_.on() ? Page{200, metrics_.Text()} : Page{503, "the server is starting\n"};
  };
  auto port = WatchPort::Open(address, std::move(pages));
  if (!port.ok()) return port.status();
  watch_port_ = *std::move(port);
  return absl::OkStatus();
}

absl::Status Server::Prepare(ServerOptions& options) {
  RouteGrpcLog();
  drain_timeout_ = options.drain_timeout;
  size_t& connections = options.limits.bounds.max_connections;
  connections = AffordableConnections(connections);
  return CheckTransport(options);
}

void Server::SetDatabase(postgres::DatabaseState state) {
  readiness_->SetDatabase(state);
  for (Port* port : {&public_, &internal_}) {
    if (port->health == nullptr) continue;
    port->health->SetReady(state == postgres::DatabaseState::kWritable);
  }
}

Server::~Server() {
  probe_.reset();
  for (Port* port : {&public_, &internal_}) {
    if (port->listener != nullptr) port->listener->Stop();
    if (port->server != nullptr) port->server->Shutdown(std::chrono::system_clock::now());
  }
}

void Server::Drain() {
  readiness_->Drain();
  for (Port* port : {&public_, &internal_}) {
    port->health->StopServing();
    port->listener->Stop();
  }
  const auto deadline = absl::ToChronoTime(absl::Now() + drain_timeout_);
  // Both at once: each waits for its own calls.
  std::thread internal([&] { internal_.server->Shutdown(deadline); });
  public_.server->Shutdown(deadline);
  internal.join();
  public_.server->Wait();
  internal_.server->Wait();
}

}  // namespace tallystick::rpc
