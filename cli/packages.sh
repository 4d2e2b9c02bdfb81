# Sourced by cli/run and tests/run: installs Debian or Ubuntu packages that are missing. Asks nothing; says what it does.

# need_packages WHY PACKAGE...
need_packages() {
  local why=$1 missing=() name
  shift
  for name in "$@"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) == installed ]] || missing+=("$name")
  done
  ((${#missing[@]})) || return 0
  local -a root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || { echo "${0##*/}: as root, please: apt-get install ${missing[*]}" >&2; return 1; }
    root=(sudo)
  fi
  echo "${0##*/}: installing what is missing $why: ${missing[*]}" >&2
  # A package that brings a server must not start it on this machine: policy-rc.d forbids that for as long as we install.
  local policy=/usr/sbin/policy-rc.d ours=
  if [[ ! -e $policy ]]; then
    ours=1
    printf '#!/bin/sh\nexit 101\n' | "${root[@]}" tee "$policy" >/dev/null
    "${root[@]}" chmod 755 "$policy"
  fi
  local log status=0
  log=$(mktemp)
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive sh -c '
    apt-get -o Acquire::Retries=3 update &&
    apt-get -o Acquire::Retries=3 -o Dpkg::Options::=--force-confold install -y --no-install-recommends "$@"' apt "${missing[@]}" \
    >"$log" 2>&1 </dev/null || status=$?
  [[ -n $ours ]] && "${root[@]}" rm -f "$policy"
  if ((status)); then
    tail -n 20 "$log" >&2
    echo "${0##*/}: apt-get failed; the whole of what it said is in $log" >&2
    return "$status"
  fi
  rm -f "$log"
}

# What ferry is built with and needs to run.
build_packages=(g++ cmake ninja-build gettext ca-certificates libpoco-dev libboost-dev libspdlog-dev libcli11-dev
  libssl-dev libisal-dev libzstd-dev)
