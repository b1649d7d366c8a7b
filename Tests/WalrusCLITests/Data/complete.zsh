# usage: zsh -f complete.zsh LINE [FOLDER]
# Prints what zsh offers after LINE, one a line; a completion in FOLDER comes before zsh's own.
#
# Completion works in an interactive shell alone, so one is run on a terminal of its own. All that it
# would list goes through compadd, which is asked for the matches instead; not where a function that
# wants them itself calls it.
zmodload zsh/zpty || exit 2
offered=$(mktemp)
dump=$(mktemp)
trap 'rm -f $offered $dump' EXIT
export offered dump folder=$2 TERM=dumb
zpty shell exec zsh -f -i
zpty -w shell '
PROMPT= RPROMPT= PROMPT2=
[[ -n $folder ]] && fpath=($folder $fpath)
autoload -Uz compinit && compinit -u -d $dump
compadd() {
    if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then
        builtin compadd "$@"
        return
    fi
    local -a matches
    builtin compadd -O matches "$@"
    (( $#matches )) && print -rl -- $matches >>$offered
}
finish() { exit }
comppostfuncs=(finish)
bindkey "^I" complete-word
print ready'
while zpty -r shell line; do [[ $line == *ready* && $line != *print* ]] && break; done
zpty -w -n shell "$1"$'\t'
# It ends once its list is made.
while zpty -r shell line; do :; done
sort -u $offered
