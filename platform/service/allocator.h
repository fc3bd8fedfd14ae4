// How the allocator of a server's process keeps memory: jemalloc, whose arenas cost less CPU than
// those of glibc, and grow less when many threads take and free what others took.
#pragma once

namespace tallystick {

// What was needed for a moment, in a flood, goes back to the system within seconds. Once, at the
// start, when the process' signals are blocked. Does nothing under a sanitizer, which brings an
// allocator of its own.
void GiveMemoryBackSoon();

}  // namespace tallystick
