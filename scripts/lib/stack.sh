# shellcheck shell=bash
# A stack: keys, a private PostgreSQL and the three servers on loopback, all in one folder.
source scripts/lib/build.sh

postgres=$root/tests/support/private-postgres
# The folder of the stack that `up` leaves running.
kept_stack=/tmp/tally-up-$(id -u)

port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Sets `ports` to six free ports from $1 on: the public ones of shopping, payment and delivery, then the
# internal ones.
find_ports() {
  ports=()
  local port=$1
  while [ ${#ports[@]} -lt 6 ]; do
    port_is_free "$port" && ports+=("$port")
    port=$((port + 1))
  done
}

# token DIR SUBJECT ROLE: signs a token for somebody; prints its file.
token() {
  "$(bin tally-keys)" token "$1/keys" --subject "$2" --role "$3" --out "$1/keys/buyers/$2.token"
  echo "$1/keys/buyers/$2.token"
}

# start_stack DIR PACE_MS: the servers on $ports, with $server_options; sets `pids`.
pids=()
server_options=()
start_stack() {
  local dir=$1 pace=$2
  "$postgres" start "$dir/pg"
  "$(bin tally-keys)" init "$dir/keys" 2>/dev/null
  local name index=0
  for name in shopping payment delivery; do
    local arguments=(--database-url "$("$postgres" url "$dir/pg" $name)"
      --keys "$dir/keys/$name" "${server_options[@]}"
      --public-address "127.0.0.1:${ports[$index]}" --internal-address "127.0.0.1:${ports[$((index + 3))]}")
    if [ $name = shopping ]; then
      arguments+=(--payment-internal-address "127.0.0.1:${ports[4]}" --delivery-internal-address "127.0.0.1:${ports[5]}"
        --advertised-shopping-address "127.0.0.1:${ports[0]}" --advertised-payment-address "127.0.0.1:${ports[1]}"
        --advertised-delivery-address "127.0.0.1:${ports[2]}")
    else
      arguments+=(--shopping-internal-address "127.0.0.1:${ports[3]}")
      [ $name = payment ] && arguments+=(--gateway-pace-ms "$pace") || arguments+=(--carrier-pace-ms "$pace")
    fi
    # (In a session of its own: Ctrl-C leaves it to the cleaning up.)
    setsid "$(bin tally-$name)" "${arguments[@]}" </dev/null >"$dir/$name.log" 2>&1 &
    pids+=($!)
    echo "${pids[*]}" >"$dir/pids"
    index=$((index + 1))
  done
  local waited=0
  for index in 0 1 2; do
    until ! port_is_free "${ports[$index]}"; do
      waited=$((waited + 1))
      [ $waited -lt 300 ] || { tail -n 5 "$dir"/*.log >&2; die "a server did not start"; }
      kill -0 "${pids[$index]}" 2>/dev/null || { tail -n 5 "$dir"/*.log >&2; die "a server ended"; }
      sleep 0.1
    done
  done
}

stop_pids() {
  local pid
  for pid in "$@"; do kill "$pid" 2>/dev/null || true; done
  for pid in "$@"; do
    for _ in $(seq 150); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
    kill -KILL "$pid" 2>/dev/null || true
  done
}

# temporary_stack NAME: sets `dir` to a new folder for a stack that ends with the script, however that ends.
dir=
temporary_stack() {
  dir=$(mktemp -d "/tmp/tally-$1.XXXXXX")
  chmod 755 "$dir"
  trap remove_stack EXIT
  trap 'exit 130' INT TERM
}
remove_stack() {
  [ -n "$dir" ] || return 0
  stop_pids "${pids[@]}"
  "$postgres" stop "$dir/pg" || true
  rm -rf "$dir"
  dir=
}
