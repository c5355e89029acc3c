# What the service scripts share. Sourced, never run: it changes no setting of the shell.
#
# Exit codes of every script here:
#   0   done; what was asked for is on standard output
#   2   called in a wrong way
#   69  the real part is not here and could not be made; standard error says what to install
#   75  it was started and did not get ready in time; its log is on standard error

readonly EXIT_USAGE=2 EXIT_MISSING=69 EXIT_NOT_READY=75

# Says something to people: standard output is for what the caller asked for.
say() { printf '%s\n' "$*" >&2; }

die() {
    local code=$1
    shift
    say "${0##*/}: $*"
    exit "$code"
}

# Where programs that were built once are kept.
cache_dir() { printf '%s/galley/services\n' "${XDG_CACHE_HOME:-$HOME/.cache}"; }

# Whether version $1 is at least $2; both as 2.14.6, an ending such as -RC.1 counts as older.
at_least() {
    [ "$1" = "$2" ] && return 0
    [ "$(printf '%s\n%s\n' "${1/-/\~}" "${2/-/\~}" | sort -V | tail -n 1)" = "${1/-/\~}" ]
}

# Runs a Go build so that it leaves room for whatever else the machine does: half its cores, low
# priority. Its output is shown only when it fails.
go_gently() {
    local cores log
    cores=$((($(getconf _NPROCESSORS_ONLN) + 1) / 2))
    log=$(mktemp)
    if ! GOMAXPROCS=$cores GOFLAGS="${GOFLAGS:-} -p=$cores -buildvcs=false" nice -n 10 go "$@" >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        return 1
    fi
    rm -f "$log"
}

# Runs "$@" while holding the lock $1, so that two callers do not build the same thing at once. The
# lock goes with the process, however it ends.
with_lock() {
    local lock=$1
    shift
    mkdir -p "${lock%/*}"
    if ! command -v flock >/dev/null; then
        "$@"
        return
    fi
    (
        flock 9
        "$@" 9>&-
    ) 9>"$lock"
}

# Waits until "$@" succeeds, at most $1 seconds.
wait_until() {
    local tries=$(($1 * 20))
    shift
    while [ "$tries" -gt 0 ]; do
        "$@" && return 0
        sleep 0.05
        tries=$((tries - 1))
    done
    return 1
}

# A port on 127.0.0.1 that nobody listens on, and not $1.
free_port() {
    local port
    for _ in $(seq 100); do
        port=$((20000 + RANDOM % 12000))
        if ! (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null && [ "$port" != "${1:-}" ]; then
            echo "$port"
            return
        fi
    done
    die "$EXIT_NOT_READY" "no free port found on 127.0.0.1"
}
