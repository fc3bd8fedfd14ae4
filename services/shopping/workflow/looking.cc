#include "services/shopping/workflow/looking.h"

#include "platform/process/log.h"
#include "platform/relay/known_database.h"

namespace tallystick::shopping {

std::string ComparedWith(const KnownDatabases& known, const std::string& service) {
  const auto found = known.find(service);
  return found != known.end() && found->second.compared ? found->second.identity : "";
}

bool AreCompared(const KnownDatabases& known, const Databases& now) {
  for (const auto& [service, identity] : now) {
    if (ComparedWith(known, service) != identity) return false;
  }
  return true;
}

Looked LookAt(const KnownDatabases& known, const Databases& now, bool all_read) {
  Looked looked;
  for (const auto& [service, identity] : now) {
    const auto before = known.find(service);
    const bool is_new = before == known.end();
    if (is_new && (service == kOwnDatabase || IsFirstDatabase(identity))) {
      looked.put[service] = {identity, true};
    } else if (is_new || before->second.identity != identity) {
      log::Warn("a database was restored, or a standby took over: all trades are compared",
                {{"service", service}});
      looked.put[service] = {identity, false};
      looked.compare = true;
    } else if (!before->second.compared && all_read) {
      looked.put[service] = {identity, true};
    }
  }
  return looked;
}

}  // namespace tallystick::shopping
