# shellcheck shell=bash
# Another Debian on this machine: its packages in a folder, with a copy of this tree.

# in_chroot SUITE COMMAND…: runs it there, in the tree; the first time, that takes the packages of a base system.
# APT_MIRROR names where they come from.
in_chroot() {
  local suite=$1 folder=/var/tmp/tally-on-$1
  shift
  [ "$(id -u)" = 0 ] || die "a chroot needs root: run this with sudo"
  install_missing debootstrap rsync
  if [ ! -f "$folder/complete" ]; then
    say "making a $suite in $folder"
    rm -rf --one-file-system "$folder"
    debootstrap --variant=minbase "$suite" "$folder" "${APT_MIRROR:-http://deb.debian.org/debian}" >"$folder.log" 2>&1 \
      || { tail -n 20 "$folder.log" >&2; die "debootstrap failed: is the package server reachable, and $suite the name of a Debian?"; }
    chroot "$folder" apt-get install -y -q --no-install-recommends git ca-certificates >>"$folder.log" 2>&1 \
      || die "apt-get failed in $folder; see $folder.log"
    touch "$folder/complete"
  fi
  # The tree as it is here, but for what was built there before. What has changed, and nothing else, is newer than
  # what was built of it, whenever it was changed here.
  mkdir -p "$folder/source"
  rsync --recursive --links --perms --checksum --delete --exclude=/.git --exclude=/build --exclude=/.cache \
    ./ "$folder/source/"
  git -C "$folder/source" init -q
  local data=${TALLYSTICK_NORTHWIND:-$root/../shared/data/northwind}
  if [ -d "$data" ]; then
    mkdir -p "$folder/northwind"
    cp -R "$data/." "$folder/northwind"
  fi
  # The mounts end with the command.
  say "on $suite: $*"
  FOLDER=$folder unshare --mount --propagation private bash -euc '
    mount -t proc proc "$FOLDER/proc"
    mount --rbind /dev "$FOLDER/dev"
    exec chroot "$FOLDER" env TALLYSTICK_NORTHWIND=/northwind bash -euc "cd /source; exec \"\$@\"" bash "$@"' bash "$@"
}
