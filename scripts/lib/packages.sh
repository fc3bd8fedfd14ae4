# shellcheck shell=bash
# Debian packages. What only one command needs stands in its script.

build_packages=(build-essential cmake ninja-build ccache mold pkg-config
  libgrpc++-dev libprotobuf-dev protobuf-compiler protobuf-compiler-grpc libabsl-dev libpqxx-dev
  libspdlog-dev libfmt-dev libsodium-dev libssl-dev libsqlitecpp-dev libsqlite3-dev libcli11-dev
  nlohmann-json3-dev libcpp-jwt-dev libjemalloc-dev prometheus-cpp-dev libcivetweb-dev catch2 librapidcheck-dev postgresql)

install_missing() {
  local missing=() package
  command -v dpkg-query >/dev/null || die "this is not a Debian system: install what README.md, 'What it needs', lists, then run cmake --preset release"
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  local as_root=()
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || die "these packages are missing and there is no sudo: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  "${as_root[@]}" apt-get update -q || die "apt-get update failed: is the package server reachable?"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" \
    || die "apt-get could not install: ${missing[*]}"
}

# One that is there in another way is as good, and would be in the way of Debian's.
need_npm() { command -v npm >/dev/null || install_missing nodejs npm; }
