# shellcheck shell=bash
# Sourced by cli/run and tests/run: installs missing Debian or Ubuntu packages (without questions, but saying so), and
# builds with a line of progress.

# What ferry is built with.
# shellcheck disable=SC2034
build_packages=(g++ cmake ninja-build gettext ca-certificates libpoco-dev libboost-dev libspdlog-dev
  libssl-dev libisal-dev libutf8proc-dev libzstd-dev)

say_run() { echo "${0##*/}: $*" >&2; }

installed() { [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

# when_unlocked LOG COMMAND...: runs the command, and retries for ten minutes while another program holds apt's or dpkg's
# lock.
when_unlocked() {
  local log=$1 tries=0
  shift
  until "$@" >"$log" 2>&1 </dev/null; do
    grep -qE 'Could not get lock|Unable to (lock|acquire)' "$log" || return 1
    ((tries == 0)) && say_run "another program holds apt's lock; waiting for it"
    ((++tries < 120)) || return 1
    sleep 5
  done
}

# install_packages SERVERS PACKAGE...: the part of need_packages that changes the machine. It runs in a subshell, which
# limits its trap.
install_packages() (
  set -e
  servers=$1
  shift
  root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || { say_run "as root, please: apt-get install $*"; exit 1; }
    root=(sudo)
  fi
  log=$(mktemp)
  policy=${POLICY_RC_D:-/usr/sbin/policy-rc.d} ours=
  # shellcheck disable=SC2317
  leave() {
    [[ -z $ours ]] || "${root[@]}" rm -f "$policy"
    rm -f "$log"
  }
  trap leave EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  # Packages must not start their services on this machine: policy-rc.d forbids that during the installation.
  if [[ $servers == servers && ! -e $policy ]]; then
    ours=1
    printf '#!/bin/sh\nexit 101\n' | "${root[@]}" tee "$policy" >/dev/null
    "${root[@]}" chmod 755 "$policy"
  fi
  apt=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::Retries=3 -o DPkg::Lock::Timeout=600
    -o Dpkg::Options::=--force-confold)
  if ! when_unlocked "$log" "${apt[@]}" update ||
    ! when_unlocked "$log" "${apt[@]}" install -y --no-install-recommends "$@"; then
    tail -n 20 "$log" >&2
    say_run "apt-get failed; fix that, then run this again"
    exit 1
  fi
)

# need_packages [--servers] WHY PACKAGE...: installs those that are missing. --servers: some of them would start a service.
need_packages() {
  local servers=none why missing=() name
  [[ $1 == --servers ]] && servers=servers && shift
  why=$1
  shift
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    say_run "this system has no apt-get: what follows must be there already, by whatever name it has here: $*"
    return 0
  fi
  for name in "$@"; do
    installed "$name" || missing+=("$name")
  done
  ((${#missing[@]})) || return 0
  say_run "installing what is missing $why: ${missing[*]}"
  install_packages "$servers" "${missing[@]}"
}

# need_commands COMMAND...: names the missing ones and fails. Needed on systems whose packages we do not install.
need_commands() {
  local name missing=()
  for name in "$@"; do command -v "$name" >/dev/null || missing+=("$name"); done
  ((${#missing[@]})) || return 0
  say_run "missing here: ${missing[*]}; install them, then run this again"
  return 1
}

# available_packages PACKAGE...: prints the names of those that this release has; the others are named on stderr, and the
# tests that need them are skipped.
available_packages() {
  local name
  # Without package lists, apt knows no package at all.
  [[ -n $(apt-cache madison g++ 2>/dev/null) ]] || ((EUID != 0)) || apt-get update >/dev/null 2>&1 </dev/null || true
  for name in "$@"; do
    if installed "$name" || [[ -n $(apt-cache madison "$name" 2>/dev/null) ]]; then
      echo "$name"
    else
      say_run "this release has no package $name: the tests that need it are skipped"
    fi
  done
}

# forget_moved_build SOURCE_DIR BUILD_DIR: removes a build folder that was made for another place, because the checkout was
# moved or copied.
forget_moved_build() {
  local source_dir=$1 build_dir=$2
  [[ -f $build_dir/CMakeCache.txt ]] || return 0
  grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$source_dir" "$build_dir/CMakeCache.txt" &&
    grep -qxF "CMAKE_CACHEFILE_DIR:INTERNAL=$build_dir" "$build_dir/CMakeCache.txt" && return 0
  say_run "this checkout was moved or copied: building anew"
  rm -rf "$build_dir"
}

# show_progress FILE: reads ninja's output, appends it to FILE, and shows the progress: [n/m] in place on a terminal, else a
# line for each tenth.
show_progress() {
  local line tenth last=0 shown=
  while IFS= read -r line; do
    printf '%s\n' "$line" >>"$1"
    [[ $line =~ ^\[([0-9]+)/([0-9]+)\] ]] || continue
    if [[ -t 2 ]]; then
      printf '\r%s: building [%d/%d] ' "${0##*/}" "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}" >&2
      shown=1
    else
      tenth=$((10 * BASH_REMATCH[1] / BASH_REMATCH[2]))
      ((tenth > last && BASH_REMATCH[2] >= 10)) && say_run "building [${BASH_REMATCH[1]}/${BASH_REMATCH[2]}]"
      last=$tenth
    fi
  done
  [[ -z $shown ]] || printf '\r\e[K' >&2
}

# build_quietly COMMAND...: shows the progress, and the whole output only if the command fails.
build_quietly() {
  local log status=0
  log=$(mktemp)
  "$@" 2>&1 | show_progress "$log" || status=$?
  ((status == 0)) || cat "$log" >&2
  rm -f "$log"
  return "$status"
}
