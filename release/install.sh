#!/bin/sh
# Installs Ferry on Linux or macOS: downloads the executable for this machine, checks its SHA-256
# and puts it into a folder of the user's.
#
#   FERRY_BASE_URL     where the downloads are; a release's own copy of this script knows it
#   FERRY_INSTALL_DIR  where the executable goes (default: ~/.local/bin)
set -eu

base=${FERRY_BASE_URL:-@DOWNLOADS@}
dir=${FERRY_INSTALL_DIR:-${HOME:?set HOME or FERRY_INSTALL_DIR}/.local/bin}

fail() {
  printf 'error: Cannot install ferry: %s\n' "$1" >&2
  exit 1
}

get() {
  if command -v curl > /dev/null; then curl -fsSL -o "$2" "$1"
  elif command -v wget > /dev/null; then wget -q -O "$2" "$1"
  else fail 'neither curl nor wget is there'
  fi || fail "$1 cannot be downloaded"
}

sum() {
  if command -v sha256sum > /dev/null; then sha256sum "$1"
  elif command -v shasum > /dev/null; then shasum -a 256 "$1"
  else fail 'neither sha256sum nor shasum is there to check the download'
  fi | cut -d ' ' -f 1
}

# All of it is read before any of it runs: a download that breaks off does nothing.
main() {
  case $base in
    @*) fail 'set FERRY_BASE_URL: this copy of the script does not know where the downloads are' ;;
  esac

  system=$(uname -s) machine=$(uname -m)
  case $system in
    Linux)
      system=linux
      if [ ! -e /lib64/ld-linux-x86-64.so.2 ] && [ ! -e /lib/ld-linux-aarch64.so.1 ]; then
        fail 'it needs glibc, which this system does not have'
      fi
      ;;
    Darwin)
      system=macos
      # A shell that runs translated says x86_64 on Apple silicon too.
      [ "$(sysctl -n sysctl.proc_translated 2> /dev/null)" != 1 ] || machine=arm64
      ;;
    *) fail "there is no executable for $system" ;;
  esac
  case $machine in
    x86_64 | amd64) machine=x64 ;;
    aarch64 | arm64) machine=arm64 ;;
    *) fail "there is no executable for $machine" ;;
  esac
  name=ferry-$system-$machine

  work=$(mktemp -d)
  fresh=
  trap 'rm -rf "$work" "$fresh"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM

  get "$base/SHA256SUMS" "$work/SHA256SUMS"
  wanted=$(awk -v name="$name" '$2 == name || $2 == "*" name { print $1 }' "$work/SHA256SUMS")
  [ -n "$wanted" ] || fail "there is no executable for $system $machine at $base"
  echo "Downloading $base/$name"
  get "$base/$name" "$work/$name"
  found=$(sum "$work/$name")
  [ "$found" = "$wanted" ] ||
    fail "the download is not what SHA256SUMS says ($found instead of $wanted)"

  mkdir -p "$dir" || fail "$dir cannot be made"
  # Beside its final place, so that it appears there whole or not at all.
  fresh=$dir/.ferry.$$
  cp "$work/$name" "$fresh" || fail "nothing can be written to $dir"
  chmod 755 "$fresh"
  mv -f "$fresh" "$dir/ferry"
  echo "Installed $("$dir/ferry" --version < /dev/null) as $dir/ferry, its SHA-256 checked"
  case :$PATH: in
    *":$dir:"*) ;;
    *) echo "$dir is not in your PATH: add it, or start $dir/ferry by its whole name" ;;
  esac
  echo "To complete command lines with Tab, see: ferry help completions"
}

main
