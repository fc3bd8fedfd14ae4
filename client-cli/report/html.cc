#include "client-cli/report/html.h"

#include "absl/strings/str_replace.h"
#include "client-cli/output/table.h"

namespace tallystick {

std::string Escaped(absl::string_view text) {
  return absl::StrReplaceAll(
      Printable(text),
      {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}});
}

}  // namespace tallystick
