# shellcheck shell=bash
# The sources and what lays them out.
source scripts/lib/packages.sh

# Other major versions lay out some lines differently. This is Debian 12's.
format_version=14

sources() { git ls-files -co --exclude-standard '*.h' '*.cc'; }

# Sets `clang_format`; fails where there is none of that version.
find_clang_format() {
  for clang_format in "clang-format-$format_version" clang-format; do
    if [[ $("$clang_format" --version 2>/dev/null) == *"version $format_version."* ]]; then return; fi
  done
  return 1
}

# The same, but installs what is missing, or says why it cannot.
need_clang_format() {
  find_clang_format || { (install_missing "clang-format-$format_version") && find_clang_format; }
}
