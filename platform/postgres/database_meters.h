// What is counted of a process's transactions.
#pragma once

#include "platform/metrics/metrics.h"

namespace tallystick::postgres {

struct DatabaseMeters {
  metrics::Histogram seconds;  // of each try
  metrics::Counter retries;
  metrics::Counter lost;  // connections
  // Of two transactions that met, the one that came second.
  metrics::Counter stale;  // what it had read was changed
  metrics::Counter serialization;
  metrics::Counter deadlock;
  metrics::Counter locked;  // a row stayed so
};

inline DatabaseMeters DatabaseMetersOf(metrics::Metrics& metrics) {
  const auto conflicts = [&metrics](absl::string_view kind) {
    return metrics.MakeCounter(metrics::kDatabaseConflicts, {kind});
  };
  return {metrics.MakeHistogram(metrics::kDatabaseSeconds),
          metrics.MakeCounter(metrics::kDatabaseRetries),
          metrics.MakeCounter(metrics::kDatabaseLost),
          conflicts("stale"),
          conflicts("serialization"),
          conflicts("deadlock"),
          conflicts("locked")};
}

}  // namespace tallystick::postgres
