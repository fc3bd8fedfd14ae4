// Whether payment's database is the one that it was when the shop last compared its trades with it.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "platform/postgres/session.h"

namespace tallystick::payment {

// Of one session. An older database would begin again what it has forgotten: captures under other
// references than the gateway knows them by, and amounts that were lowered since.
class DatabaseTrust {
 public:
  // UNAVAILABLE while it is another. Asks once for each connection.
  absl::Status Check(postgres::Transaction& transaction);

 private:
  int64_t trusted_connection_ = 0;
};

// It is `identity` that was compared; nothing, if it is another again.
void TrustDatabase(postgres::Transaction& transaction, const std::string& identity);

}  // namespace tallystick::payment
