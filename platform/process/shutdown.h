// Waiting for SIGTERM, SIGINT or SIGHUP without a signal handler: the signals are blocked in all
// threads and taken by one that waits.
#pragma once

#include "absl/time/time.h"

namespace tallystick {

// What a process is told by a signal: to end by SIGTERM and SIGINT, by SIGHUP to read anew what can
// be read anew.
enum class Told { kNothing, kEnd, kReload };

// Call before any thread starts. Also ignores SIGPIPE.
void BlockShutdownSignals();

// What it is told within `timeout`. A second signal after one to end, during the drain, ends the
// process.
Told WaitForSignal(absl::Duration timeout = absl::InfiniteDuration());

// For what has nothing to read anew: whether any of the signals arrives.
bool WaitForShutdownSignal(absl::Duration timeout);

// A descriptor, the process's for good, that can be read from once one of the signals has arrived;
// for who waits for other things, too. -1 when the process may have no more.
int ShutdownSignalDescriptor();

// From now on the process has so long to end by itself; then it is ended with exit code 1, whatever
// it hangs at. That loses nothing that a crash would not.
void EndWithin(absl::Duration grace);

}  // namespace tallystick
