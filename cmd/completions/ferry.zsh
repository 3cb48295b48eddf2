#compdef ferry
# Completions of ferry for zsh.
_ferry() {
  local -a lines
  lines=("${(@f)$("${(Q)words[1]}" completions zsh -- "${(@Q)words[2,CURRENT]}" 2> /dev/null)}")
  case $lines[1] in
    files) _files ;;
    directories) _files -/ ;;
    none)
      lines=("${(@)lines[2,-1]}")
      (( $#lines )) && _describe ferry lines
      ;;
  esac
}
if [ "$funcstack[1]" = _ferry ]; then _ferry "$@"; else compdef _ferry ferry; fi
