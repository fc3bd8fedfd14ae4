# shellcheck shell=bash
# What every script begins with: it stands in the project's root then, wherever it was called from.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"

say() { if [ -t 1 ]; then printf '\n\033[1m== %s\033[0m\n' "$*"; else printf '\n== %s\n' "$*"; fi; }
die() { printf 'dev: %s\n' "$*" >&2; exit 1; }
