// What the allocator keeps of memory that was needed for a moment.
#pragma once

namespace tallystick {

// Gives it back to the system if it is much: what allocations need, and 64 MB, may stay. Costs some
// microseconds when there is nothing to give back, up to a tenth of a second a gigabyte otherwise.
// Thread-safe.
void GiveMemoryBack();

}  // namespace tallystick
