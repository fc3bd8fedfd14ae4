// When the services have done all they have to.
#pragma once

#include "tests/support/private_postgres.h"
#include "tests/support/wait_until.h"

namespace tallystick::testing {

// Nothing is left to do, for anybody; false when that does not come. (An order is completed when
// its goods have left and are paid: delivery still reports that they have arrived.)
inline bool IsQuiet(const PrivatePostgres& postgres) {
  return WaitUntil([&] {
    for (const char* database : {"shopping", "payment", "delivery"}) {
      if (postgres.Ask(database, "SELECT count(*) FROM all_work") != "0") return false;
    }
    return true;
  });
}

}  // namespace tallystick::testing
