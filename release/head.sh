#!/bin/sh
# Ferry @VERSION@ as a portable executable: this script, and behind it an archive of the runtime and
# the program. The first start unpacks it into a cache of the user's; every start runs it from there.
hash=@HASH@ skip=@SKIP@ system='@SYSTEM@' self=$0

# Whether all of these are directories of this user that nobody else may write to. The shell itself
# can tell who owns them but not what others may do, and nothing kept from an earlier start could:
# modes change. So every start pays for one `ls`, with -n: names may have to be asked of a network.
private() {
  for folder; do
    [ -d "$folder" ] && [ ! -L "$folder" ] && [ -O "$folder" ] || return 1
  done
  modes=$(LC_ALL=C ls -ldn "$@") || return 1
  case "
$modes" in
    *"
"d????w* | *"
"d???????w*) return 1 ;;
  esac
}

run() {
  dir=$1 && shift
  export DENO_DIR="$dir/cache" DENO_NO_UPDATE_CHECK=1 DENO_NO_PACKAGE_JSON=1
  exec "$dir/ferry" run --quiet --no-config --no-lock --no-remote --no-npm \
    @PERMISSIONS@ "$dir/main.js" "$@"
}

whole() {
  [ -x "$1/ferry" ] && [ -f "$1/main.js" ]
}

fail() {
  printf 'error: Cannot start ferry: %s\n' "$1" >&2
  [ -z "$2" ] || printf 'hint: %s\n' "$2" >&2
  exit "${3:-10}"
}

sum() {
  if command -v sha256sum; then sha256sum
  elif command -v shasum; then shasum -a 256
  else openssl dgst -sha256 -r
  fi 2> /dev/null | sed -n 's/^\([0-9a-f]\{64\}\) .*/\1/p'
}

# Unpacks into a folder of a private place, whole or not at all, whoever else does so at that moment.
unpack() {
  [ "$(uname -sm)" = "$system" ] ||
    fail "it is made for $system and this is $(uname -sm)" '' 1
  case $self in */*) ;; *) [ -f "$self" ] || self=$(command -v -- "$self") ;; esac
  [ "$(tail -c "+$skip" "$self" | sum)" = "$hash" ] ||
    fail 'its own file is damaged' 'download it again' 8
  [ ! -t 2 ] || echo "Unpacking ferry into $1, once" >&2
  new=$1/.$hash.$$
  trap 'rm -rf "$new"' EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  (
    umask 077
    mkdir "$new" && tail -c "+$skip" "$self" | gzip -dc |
      (cd "$new" && tar -xomf - && mkdir cache)
  ) 2> /dev/null
  if whole "$new"; then
    # One that is there but not whole was thinned out by somebody who tidied up.
    if [ -d "$1/$hash" ] && ! whole "$1/$hash"; then
      mv "$1/$hash" "$new/thinned"
    fi
    # Where another start was first, mv moves this one into that one's folder; that is cleared too.
    [ -d "$1/$hash" ] || mv "$new" "$1/$hash" 2> /dev/null
  fi
  rm -rf "$new" "$1/$hash/.$hash.$$" "$1/$hash/thinned"
  trap - EXIT HUP INT TERM
  whole "$1/$hash"
}

case ${XDG_CACHE_HOME-} in
  /*) cache=$XDG_CACHE_HOME/ferry ;;
  *) cache=${HOME:+$HOME/@CACHE@/ferry} ;;
esac
if [ -n "$cache" ] && whole "$cache/$hash" && private "$cache" "$cache/$hash"; then
  run "$cache/$hash" "$@"
fi
spare=${TMPDIR:-/tmp}/ferry-$(id -u)
for place in "$cache" "$spare"; do
  [ -n "$place" ] || continue
  (umask 077 && mkdir -p "$place") 2> /dev/null
  private "$place" && [ -w "$place" ] || continue
  if whole "$place/$hash" || unpack "$place"; then
    private "$place/$hash" && run "$place/$hash" "$@"
  fi
done
fail 'there is no place to unpack it' \
  "it needs 150 MB in a folder that only you can write to, such as $spare; XDG_CACHE_HOME or TMPDIR can name another"
