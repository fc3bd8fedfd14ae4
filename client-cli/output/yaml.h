// The JSON of `-o json` as YAML, for people who like to read that.
#pragma once

#include <string>

#include "client-cli/output/json.h"

namespace tallystick {

// One document, which begins with "---". Texts are quoted as in JSON, which YAML reads alike.
std::string YamlText(const Json& json);

}  // namespace tallystick
