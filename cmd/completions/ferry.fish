# Completions of ferry for fish.
function __ferry_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l lines ($words[1] completions fish -- $words[2..-1] "$current" 2>/dev/null)
    switch "$lines[1]"
        case files
            __fish_complete_path "$current"
        case directories
            __fish_complete_directories "$current"
    end
    printf '%s\n' $lines[2..-1]
end
complete -c ferry -f -k -a '(__ferry_complete)'
