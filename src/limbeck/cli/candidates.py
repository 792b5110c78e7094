"""What a command line may go on with: commands, options, revisions with their messages, labels.

Revisions are those of the header cache: no script, env.py or database is touched.
"""

from __future__ import annotations

import os
import shlex
import sys
import warnings
from argparse import SUPPRESS
from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from limbeck import console
from limbeck.config import Config, default_files
from limbeck.errors import CommandError

from .completion import LINE, SCRIPTS, SHELL

if TYPE_CHECKING:
    from argparse import Action, ArgumentParser
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from .parser import CommandParser

MOST = 200
"""Revisions that are offered at once."""

_SYMBOLS = (("head", "the head"), ("heads", "all heads"), ("base", "before the first"), ("current", "where it is"))
_REVISIONS = ("revision", "revisions", "rev", "head", "depends_on", "rev_range", "start", "end")
"""Arguments that are revisions."""


class Candidate(NamedTuple):
    """What may follow.

    :param value: the whole word.
    :param about: what it is, in a line; empty where that is plain.
    """

    value: str
    about: str = ""


def answer(parser: ArgumentParser, commands: Mapping[str, CommandParser]) -> None:
    """Print what may follow the line of the shell; nothing where that cannot be told."""
    words = _words(os.environ[LINE])[1:]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = list(candidates(parser, commands, words))
        except CommandError:
            return
    bash = os.environ.get(SHELL) == "bash"
    shown = _for_bash(found, words[-1]) if bash else ("\t".join(one) if one.about else one.value for one in found)
    console.write(sys.stdout, "".join(f"{each}\n" for each in shown))


def candidates(
    program: ArgumentParser, commands: Mapping[str, CommandParser], words: Sequence[str]
) -> Iterator[Candidate]:
    """What the last word of a command line may become.

    :param words: those behind the name of the program, the last one unfinished and perhaps empty.
    """
    *before, word = words or [""]
    command = _command(program, before)
    if command is None:
        if word.startswith("-"):
            yield from _options(program, word)
        elif not _takes_value(_action(program, before[-1:])):
            yield from _beginning(word, (Candidate(name, each.about) for name, each in commands.items()))
        return
    if before[command] not in commands:
        return
    parser = commands[before[command]]
    given = before[command + 1 :]
    option = _action(parser, given[-1:])
    if option is not None and _takes_value(option):
        yield from _values(option.dest, word, before)
    elif word.startswith("-"):
        yield from _options(parser, word)
    else:
        positionals = [action for action in parser._actions if not action.option_strings]
        for action in positionals[-1:]:
            yield from _values(action.dest, word, before)


# --- the words ------------------------------------------------------------------------------------------------------


def _words(line: str) -> list[str]:
    """The words of a line, the last one unfinished."""
    for closing in ("", "'", '"'):
        with suppress(ValueError):  # a quote that is open
            words = shlex.split(line + closing)
            break
    else:
        words = line.split()
    return [*words, ""] if not line or line[-1].isspace() else words


def _command(parser: ArgumentParser, words: Sequence[str]) -> int | None:
    """The place of the command among the words."""
    value = False
    for place, word in enumerate(words):
        if value:
            value = False
        elif word.startswith("-"):
            value = _takes_value(_action(parser, [word]))
        else:
            return place
    return None


def _action(parser: ArgumentParser | CommandParser, words: Sequence[str]) -> Action | None:
    """The option that a word names."""
    for action in parser._actions:
        if words and words[0] in action.option_strings:
            return action
    return None


def _takes_value(action: Action | None) -> bool:
    return action is not None and action.nargs != 0


def _options(parser: ArgumentParser | CommandParser, word: str) -> Iterator[Candidate]:
    for action in parser._actions:
        if action.help != SUPPRESS:
            for flag in action.option_strings[-1:]:
                yield from _beginning(word, [Candidate(flag, (action.help or "").replace("%%", "%"))])


def _beginning(word: str, found: Iterable[Candidate]) -> Iterator[Candidate]:
    return (one for one in found if one.value.startswith(word))


# --- values ---------------------------------------------------------------------------------------------------------


def _values(name: str, word: str, before: Sequence[str]) -> Iterator[Candidate]:
    """The values of an argument; none for one whose values are files, or anything."""
    if name in _REVISIONS:
        start, colon, rest = word.rpartition(":")
        for one in _revisions(rest, before):
            yield one._replace(value=f"{start}{colon}{one.value}")
    elif name == "shell":
        yield from _beginning(word, map(Candidate, SCRIPTS))
    elif name == "template":
        from limbeck.script.init import templates

        yield from _beginning(word, (Candidate(*one) for one in templates(Config())))
    elif name == "code":
        from limbeck.explanations import explanations

        yield from _beginning(word, (Candidate(one.code, one.meaning) for one in explanations().values()))


def _revisions(word: str, before: Sequence[str]) -> Iterator[Candidate]:
    """Symbols, labels and revisions that begin with ``word``."""
    from limbeck.script import ScriptDirectory

    yield from _beginning(word, (Candidate(*symbol) for symbol in _SYMBOLS))
    scripts = ScriptDirectory.from_config(_config(before)).read_scripts()
    for script in scripts:
        for label in script.own_labels:
            about = f"branch of {script.revision}"
            yield from _beginning(word, (Candidate(label, about), Candidate(f"{label}@head", about)))
    fitting = [script for script in reversed(scripts) if script.revision.startswith(word)]
    for script in fitting[:MOST]:
        yield Candidate(script.revision, " ".join(script.doc.split()))


def _config(words: Sequence[str]) -> Config:
    """The configuration that the words name."""
    given: dict[str, list[str]] = {"-c": [], "--config": [], "-n": [], "--name": []}
    for flag, value in pairwise(words):
        if flag in given:
            given[flag].append(value)
    ini, toml = default_files([*given["-c"], *given["--config"]])
    section = [*given["-n"], *given["--name"], "alembic"][0]
    return Config(file_=ini, toml_file=toml, ini_section=section)


def _for_bash(found: Sequence[Candidate], word: str) -> Iterator[str]:
    """Words as bash takes them: without what stands before a colon, a sign at or an equals sign; said if several."""
    cut = max(word.rfind(sign) for sign in ":@=") + 1
    for value, about in found:
        yield value[cut:] if len(found) == 1 or not about else f"{value[cut:]}  ({about})"
