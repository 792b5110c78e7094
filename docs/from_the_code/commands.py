"""Commands and their options, of the parsers of the command line."""

from __future__ import annotations

from argparse import SUPPRESS, Action, ArgumentParser, BooleanOptionalAction
from typing import TYPE_CHECKING

from limbeck.cli import CommandLine

if TYPE_CHECKING:
    from collections.abc import Iterator


def parsers() -> dict[str, ArgumentParser]:
    """The parser of each command, by its name, in the order of their names."""
    return dict(sorted(CommandLine("limbeck").subparsers.choices.items()))


def everywhere() -> str:
    """The options that stand before or behind any command."""
    return _table(CommandLine("limbeck").parser)


def all_commands() -> str:
    """A section for each command: what it does, its usage, its arguments."""
    return "\n".join(_section(name, parser) for name, parser in parsers().items())


def _section(name: str, parser: ArgumentParser) -> str:
    usage = parser.format_usage().removeprefix("usage: ").strip()
    return f"## `limbeck {name}`\n\n{parser.description}\n\n```text\n{usage}\n```\n\n{_table(parser)}\n"


def _table(parser: ArgumentParser) -> str:
    rows = [f"| {_words(action)} | {_cell(action)} |" for action in _shown(parser)]
    return "\n".join(["| argument | meaning |", "|---|---|", *rows]) if rows else ""


def _shown(parser: ArgumentParser) -> Iterator[Action]:
    for action in parser._actions:  # noqa: SLF001 argparse has no public name for the arguments of a parser
        if action.help is not SUPPRESS and "--help" not in action.option_strings and action.dest != "command":
            yield action


def _words(action: Action) -> str:
    """What is typed: the flags, and what stands behind them."""
    if not action.option_strings:
        return f"`{action.dest}`" + (" …" if action.nargs in ("+", "*") else "")
    value = ""
    if action.nargs != 0 and not isinstance(action, BooleanOptionalAction):
        value = " " + str(action.metavar or "{" + ",".join(map(str, action.choices or ())) + "}")
        value = f" {action.dest.upper()}" if value == " {}" else value
    return ", ".join(f"`{flag}{value}`" for flag in action.option_strings)


def _cell(action: Action) -> str:
    about = " ".join((action.help or "").replace("%(prog)s", "limbeck").replace("|", "\\|").split())
    return about.replace("<", "&lt;")
