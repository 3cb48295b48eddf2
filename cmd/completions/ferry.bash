# Completions of ferry for bash.
_ferry() {
  local line current=${COMP_WORDS[COMP_CWORD]} kind=
  COMPREPLY=()
  while IFS= read -r line; do
    if [ -z "$kind" ]; then kind=$line; else COMPREPLY+=("$line"); fi
  done < <("${COMP_WORDS[0]}" completions bash -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2> /dev/null)
  [ "$current" != "=" ] || current=
  # Without compopt, in bash 3, a directory is completed without its slash.
  case $kind in
    files) compopt -o default 2> /dev/null || COMPREPLY=($(compgen -f -- "$current")) ;;
    directories) compopt -o dirnames 2> /dev/null || COMPREPLY=($(compgen -d -- "$current")) ;;
  esac
  # What ends in a comma, a slash or an equals sign goes on.
  case ${COMPREPLY[0]} in *[,/=]) compopt -o nospace 2> /dev/null ;; esac
}
complete -F _ferry ferry
