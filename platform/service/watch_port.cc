#include "platform/service/watch_port.h"

#include <civetweb.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "platform/process/log.h"

namespace tallystick::rpc {
namespace {

// Pages at once; others wait, so many at most, and beyond that in the kernel.
constexpr char kThreads[] = "4";
constexpr char kWaiting[] = "16";
// For a request to come, and for its answer to be taken.
constexpr char kTimeoutMs[] = "3000";
constexpr char kMaxRequestBytes[] = "4096";

// What the library says, of clients above all, helps nobody else.
int Hush(const mg_connection*, const char* message) {
  log::Debug("watch port", {{"reason", message}});
  return 1;
}

// The addresses that the host of `address` has, as numbers: of a name that several machines share,
// one is this one's.
std::vector<std::string> PlacesOf(const std::string& address) {
  const size_t colon = std::min(address.rfind(':'), address.size());
  absl::string_view host = absl::string_view(address).substr(0, colon);
  if (absl::ConsumePrefix(&host, "[")) absl::ConsumeSuffix(&host, "]");
  const std::string port = address.substr(std::min(colon + 1, address.size()));
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  if (getaddrinfo(std::string(host).c_str(), port.c_str(), &hints, &found) != 0) return {};
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> places(found, freeaddrinfo);
  std::vector<std::string> numbers;
  for (const addrinfo* place = places.get(); place != nullptr; place = place->ai_next) {
    char text[NI_MAXHOST];
    if (getnameinfo(place->ai_addr, place->ai_addrlen, text, sizeof(text), nullptr, 0,
                    NI_NUMERICHOST) != 0) {
      continue;
    }
    numbers.push_back(place->ai_family == AF_INET6 ? absl::StrCat("[", text, "]:", port)
                                                   : absl::StrCat(text, ":", port));
  }
  return numbers;
}

absl::string_view Reason(int status) {
  switch (status) {
    case 200: return "OK";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    default: return "Service Unavailable";
  }
}

void Send(mg_connection* connection, const Page& page, bool with_body) {
  std::string answer =
      absl::StrCat("HTTP/1.1 ", page.status, " ", Reason(page.status),
                   "\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: ",
                   page.body.size(), "\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n");
  if (with_body) answer += page.body;
  mg_write(connection, answer.data(), answer.size());
}

}  // namespace

absl::StatusOr<std::unique_ptr<WatchPort>> WatchPort::Open(const std::string& address,
                                                           Pages pages) {
  auto port = std::unique_ptr<WatchPort>(new WatchPort(std::move(pages)));
  mg_callbacks callbacks{};
  callbacks.begin_request = &WatchPort::Answer;
  callbacks.log_message = &Hush;
  for (const std::string& place : PlacesOf(address)) {
    const char* options[] = {"listening_ports",
                             place.c_str(),
                             "num_threads",
                             kThreads,
                             "connection_queue",
                             kWaiting,
                             "request_timeout_ms",
                             kTimeoutMs,
                             "max_request_size",
                             kMaxRequestBytes,
                             nullptr};
    port->context_ = mg_start(&callbacks, port.get(), options);
    if (port->context_ != nullptr) return port;
  }
  return absl::UnavailableError(
      absl::StrCat("metrics-listen: cannot listen on ", address,
                   ". Is the port in use, or the address another machine's?"));
}

WatchPort::WatchPort(Pages pages) : pages_(std::move(pages)) { mg_init_library(0); }

WatchPort::~WatchPort() {
  if (context_ != nullptr) mg_stop(context_);
  mg_exit_library();
}

int WatchPort::Answer(mg_connection* connection) {
  const mg_request_info& request = *mg_get_request_info(connection);
  const auto& port = *static_cast<const WatchPort*>(request.user_data);
  const absl::string_view method = request.request_method;
  Page page{404, "there are /metrics, /livez and /readyz\n"};
  if (method != "GET" && method != "HEAD") {
    page = {405, "use GET\n"};
  } else if (const auto found = port.pages_.find(request.local_uri ? request.local_uri : "");
             found != port.pages_.end()) {
    page = found->second();
  }
  Send(connection, page, method != "HEAD");
  return page.status;
}

}  // namespace tallystick::rpc
