"""argparse as the command line uses it: errors are `CommandError`, a parser of a command is made when it is needed."""

from __future__ import annotations

from argparse import SUPPRESS, ArgumentParser
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

from limbeck.errors import USAGE, CommandError

from .options import GLOBAL

if TYPE_CHECKING:
    from argparse import Action
    from collections.abc import Callable, Iterable

BEHIND = "behind_"
"""Begins the names that repeatable options have behind the command, where a parser does not see those before it."""

EXAMPLES = {
    "upgrade": "head",
    "downgrade": "-1",
    "stamp": "head",
    "merge": "heads",
    "show": "head",
    "edit": "head",
    "init": "migrations",
}
"""What commands are usually given, for hints."""

OTHER_NAMES = {
    "migrate": "upgrade",
    "up": "upgrade",
    "makemigrations": "revision --autogenerate",
    "generate": "revision --autogenerate",
    "rollback": "downgrade",
    "down": "downgrade",
    "log": "history",
}
"""Commands of Django and other tools, with what they are called here."""


class Parser(ArgumentParser):
    """A parser that raises `CommandError`."""

    def error(self, message: str) -> NoReturn:
        """Raise the `CommandError` for a command line that argparse does not take."""
        command = self.prog.rpartition(" ")[2]
        hint = " ".join(self.format_usage().split())
        if message.startswith("the following arguments are required") and command in EXAMPLES:
            hint = f"as in `{self.prog} {EXAMPLES[command]}`; {hint}"
        raise usage_error(message, hint)

    def _check_value(self, action: Action, value: object) -> None:
        choices = action.choices
        if choices is None or value in choices:
            return
        if action.option_strings:
            near = nearest(str(value), choices)
            meant = f"did you mean '{near}'? " if near else ""
            hint = f"{meant}it takes {', '.join(map(str, choices))}"
            raise usage_error(f"argument {'/'.join(action.option_strings)}: invalid choice: '{value}'", hint)
        near = OTHER_NAMES.get(str(value)) or nearest(str(value), choices)
        listed = f"`{self.prog} --help` lists them"
        hint = f"did you mean '{near}'? {listed}" if near else listed
        raise usage_error(f"There is no command '{value}'", hint)

    def _get_option_tuples(self, option_string: str) -> list[tuple[Action, str, str | None]]:
        """The options that an abbreviation may mean: the command's own, before those that may stand anywhere."""
        found = super()._get_option_tuples(option_string)
        return [one for one in found if one[0].help is not SUPPRESS] or found


def usage_error(message: str, hint: str) -> CommandError:
    """The error for a command line that no command takes."""
    return CommandError(message, code="usage", exit_code=USAGE, hint=hint)


def nearest(word: str, known: Iterable[object]) -> str | None:
    """The one of ``known`` that ``word`` may be a misspelling of."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(word, [str(one) for one in known], n=1)), None)


class CommandParser:
    """The parser of one command, made when something is asked of it: a process runs one command of many.

    It takes the global options too, unless the command has an option of that name.

    :param settings: of `ArgumentParser`.
    """

    fill: Callable[[ArgumentParser], None] | None = None
    """Adds the arguments to the parser."""

    def __init__(self, **settings: Any) -> None:
        self._settings = settings

    @property
    def about(self) -> str:
        """What the command does, in a line."""
        return str(self._settings.get("description", ""))

    @cached_property
    def _made(self) -> ArgumentParser:
        made = Parser(**{"conflict_handler": "resolve", **self._settings})
        for flags, settings in GLOBAL:
            name = flags[-1].lstrip("-").replace("-", "_")
            repeats = settings.get("action") == "append"
            hidden = {"dest": f"{BEHIND}{name}" if repeats else name, "default": SUPPRESS, "help": SUPPRESS}
            made.add_argument(*flags, **{**settings, **hidden})
        if self.fill is not None:
            self.fill(made)
        return made

    def __getattr__(self, name: str) -> Any:
        return getattr(self._made, name)
