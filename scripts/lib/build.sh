# shellcheck shell=bash
# Building, and where the binaries are then.
source scripts/lib/packages.sh

export CCACHE_DIR=${CCACHE_DIR:-$root/.cache/ccache}

# What an installation has.
programs=(tally tally-keys tally-shopping tally-payment tally-delivery)

# build PRESET [TARGET…]: everything without a target.
build() {
  local preset=$1
  shift
  say "building ($preset)"
  cmake --preset "$preset" >"$root/build-$preset.log" 2>&1 || { cat "$root/build-$preset.log" >&2; die "cmake failed"; }
  rm -f "$root/build-$preset.log"
  cmake --build "build/$preset" ${1:+--target "$@"}
}

# bin PROGRAM: its file.
bin() {
  case $1 in
    tally) echo "$root/build/release/client-cli/tally" ;;
    tally-keys) echo "$root/build/release/keys-cli/tally-keys" ;;
    tally-*) echo "$root/build/release/services/${1#tally-}/$1" ;;
  esac
}
