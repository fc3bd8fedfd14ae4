// What is measured and not judged: how fast an installation comes back, and what it carries.
#pragma once

#include <string>
#include <vector>

namespace tallystick::faults {

struct Figure {
  std::string name;
  std::string what;
  void (*measure)();  // prints; throws std::runtime_error when what it waits for does not come
};

std::vector<Figure> AllFigures();

// One peer is down until 10,000 messages wait for it.
void MeasureBacklog();
// Each replica is restarted twice under calls that are repeated as docs/protocol.md says.
void MeasureRolling();
// From SIGKILL to serving again.
void MeasureRestart();
// Ten times as many orders as the shop carries.
void MeasureOverload();

}  // namespace tallystick::faults
