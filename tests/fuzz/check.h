// What every target needs: a claim that must hold, and seeds to begin with.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace tallystick::fuzz {

// Ends the process, which libFuzzer takes for a finding, unless `holds`.
void Check(bool holds, absl::string_view claim);

// Has no control characters but line breaks, no bidirectional overrides, and is UTF-8: nothing in
// it can steer a terminal.
bool IsHarmless(absl::string_view text);

// `TARGET seeds FOLDER` writes `seeds` there, one a file, and ends the process; anything else is
// libFuzzer's. To be called by LLVMFuzzerInitialize.
void MaybeWriteSeeds(int argc, char** argv, const std::vector<std::string>& seeds);

}  // namespace tallystick::fuzz
