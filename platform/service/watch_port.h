// The port for whoever watches a server: a few pages over HTTP, in plaintext and without a token,
// so that it has to stay in a network of one's own. What it may take of the server is bounded.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

struct mg_connection;
struct mg_context;

namespace tallystick::rpc {

struct Page {
  int status = 200;
  std::string body;
};

// By path. Called from the port's own threads, and must not block for long.
using Pages = std::map<std::string, std::function<Page()>>;

class WatchPort {
 public:
  // Listens at `address`, host:port. UNAVAILABLE when it cannot.
  static absl::StatusOr<std::unique_ptr<WatchPort>> Open(const std::string& address, Pages pages);
  // Ends when the pages under way are done.
  ~WatchPort();
  WatchPort(const WatchPort&) = delete;

 private:
  explicit WatchPort(Pages pages);
  static int Answer(mg_connection* connection);

  const Pages pages_;
  mg_context* context_ = nullptr;
};

}  // namespace tallystick::rpc
