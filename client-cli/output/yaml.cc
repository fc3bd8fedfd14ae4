#include "client-cli/output/yaml.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace tallystick {
namespace {

// A key that is a word stands bare; but for those that mean something else.
std::string KeyText(const std::string& key) {
  const bool word =
      !key.empty() && absl::ascii_isalpha(static_cast<unsigned char>(key[0])) &&
      std::ranges::all_of(key, [](unsigned char c) { return absl::ascii_isalnum(c) || c == '_'; });
  const std::string lower = absl::AsciiStrToLower(key);
  for (const char* meaning : {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}) {
    if (lower == meaning) return Dump(key);
  }
  return word ? key : Dump(key);
}

bool IsPlain(const Json& json) { return !json.is_structured() || json.empty(); }

// `json` in lines of this indent. The first has none: it stands behind what was written already.
void Append(const Json& json, size_t indent, std::string& out) {
  if (IsPlain(json)) {
    absl::StrAppend(&out, Dump(json), "\n");
    return;
  }
  bool first = true;
  for (const auto& [key, value] : json.items()) {
    if (!first) out.append(indent, ' ');
    first = false;
    if (json.is_array()) {
      absl::StrAppend(&out, "- ");
      Append(value, indent + 2, out);
      continue;
    }
    absl::StrAppend(&out, KeyText(key), ":", IsPlain(value) ? " " : "\n");
    if (!IsPlain(value)) out.append(indent + 2, ' ');
    Append(value, indent + 2, out);
  }
}

}  // namespace

std::string YamlText(const Json& json) {
  std::string out = "---\n";
  Append(json, 0, out);
  return out;
}

}  // namespace tallystick
