# shellcheck shell=bash
# The sources that are laid out by clang-format.
source scripts/lib/packages.sh

sources() { git ls-files -co --exclude-standard '*.h' '*.cc'; }
