"""``limbeck completion``: the scripts by which bash, zsh and fish complete command lines.

Each runs the program with the line so far in `LINE`; `limbeck.cli.candidates` answers, a line for each word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.errors import UsageError

from .parser import nearest

if TYPE_CHECKING:
    from limbeck.config import Config

LINE = "_LIMBECK_COMPLETE"
"""The environment variable with the line as far as the cursor."""
SHELL = "_LIMBECK_SHELL"
"""The environment variable with the name of the shell."""

_BASH = r"""# limbeck: completion for bash; to be read by ~/.bashrc: eval "$(limbeck completion bash)"
_limbeck_complete() {
    local IFS=$'\n'
    COMPREPLY=($(_LIMBECK_SHELL=bash _LIMBECK_COMPLETE="${COMP_LINE:0:COMP_POINT}" "$1" 2>/dev/null))
    [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[:@] ]] && compopt -o nospace
}
complete -o default -F _limbeck_complete limbeck
"""
_ZSH = r"""#compdef limbeck
# limbeck: completion for zsh; to be read by ~/.zshrc, after compinit: eval "$(limbeck completion zsh)"
_limbeck_complete() {
    local -a found
    local value about line="${(j: :)${(@q)words[1,CURRENT]}}"
    while IFS=$'\t' read -r value about; do
        found+=("${value//:/\\:}${about:+:$about}")
    done < <(_LIMBECK_SHELL=zsh _LIMBECK_COMPLETE="$line" "${words[1]}" 2>/dev/null)
    if (( $#found )); then _describe -V 'limbeck' found; else _files; fi
}
compdef _limbeck_complete limbeck
"""
_FISH = r"""# limbeck: completion for fish; to be read by config.fish: limbeck completion fish | source
function _limbeck_complete
    set -lx _LIMBECK_SHELL fish
    set -lx _LIMBECK_COMPLETE (commandline -cp | string collect --no-trim-newlines)
    limbeck 2>/dev/null
end
complete -c limbeck -f -a '(_limbeck_complete)'
complete -c limbeck -n '__fish_seen_subcommand_from init' -F
"""
SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}
"""The script of each shell."""


def completion(config: Config, shell: str) -> None:
    """Print the script by which a shell completes command lines: of bash, zsh or fish.

    :param config: the configuration, which is not read.
    :param shell: the name of the shell.
    :raises UsageError: for another shell.
    """
    if shell not in SCRIPTS:
        near = nearest(shell, SCRIPTS)
        hint = f"did you mean '{near}'?" if near else f"there are {', '.join(SCRIPTS)}"
        raise UsageError(f"There is no completion for '{shell}'", hint=hint)
    config.print_stdout("%s", SCRIPTS[shell].rstrip("\n"))
