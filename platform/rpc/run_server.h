// What the three mains share: settings, logs, start, waiting for SIGTERM, drain.
#pragma once

#include <cstdio>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "platform/rpc/server_settings.h"
#include "platform/runtime/shutdown.h"
#include "platform/runtime/version.h"

namespace tallystick::rpc {

// `add_settings` adds what only this server has; `start` gives a pointer to something with Drain().
// Returns the process' exit code: 0 after a clean drain, 1 when the server could not start, 2 for a
// wrong setting.
template <typename Start>
int RunServer(int argc, char** argv, const std::string& name, const std::string& description,
              ServerSettings& server_settings, const std::function<void(Settings&)>& add_settings,
              Start start) {
  Settings settings(description, name + " " + kVersion);
  server_settings.AddTo(settings);
  add_settings(settings);
  if (const auto code = settings.Parse(argc, argv)) return *code;
  BlockShutdownSignals();
  const absl::Status logging = log::Start(server_settings.log_options(name));
  if (!logging.ok()) {
    std::fprintf(stderr, "%s: %s\n", name.c_str(), std::string(logging.message()).c_str());
    return 2;
  }
  int code = 1;
  {
    auto server = start();
    if (server.ok()) {
      log::Info("serving", {{"public", server_settings.public_address},
                            {"internal", server_settings.internal_address}});
      WaitForShutdownSignal();
      log::Info("draining");
      (*server)->Drain();
      code = 0;
    } else {
      log::Error("cannot start", {{"reason", server.status().message()}});
    }
  }
  if (code == 0) log::Info("stopped");
  log::Stop();
  return code;
}

}  // namespace tallystick::rpc
