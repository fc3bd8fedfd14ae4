// W3C trace context: the name by which everything that one request causes is found in logs, here
// and at whoever makes it. It is kept as the text that the header `traceparent` has.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace tallystick {

// Whether it is one that the standard has callers take over: of a version from 00 on that is not
// ff, with hexadecimal digits in lower case and neither id all zeros. Of later versions only what
// 00 has is looked at.
bool IsTraceparent(absl::string_view text);

// The 32 digits that all lines have in common; empty for none.
std::string TraceIdOf(absl::string_view traceparent);

// A trace of its own, that nobody records yet.
std::string NewTraceparent();

// A span of the same trace; of a new one, if there is none.
std::string ChildOf(absl::string_view traceparent);

}  // namespace tallystick
