// Waiting for SIGTERM or SIGINT without a signal handler: the signals are blocked in all threads
// and taken by one that waits.
#pragma once

namespace tallystick {

// Call before any thread starts. Also ignores SIGPIPE.
void BlockShutdownSignals();

// Returns when SIGTERM or SIGINT has arrived. A second signal during the drain ends the process.
void WaitForShutdownSignal();

}  // namespace tallystick
