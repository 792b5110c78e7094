"""The ``limbeck`` command: argv in, an exit code out. This is the only room that ends the process.

The arguments of a command follow from the signature of its function: a function of `limbeck.command`, or one that a
program registers, needs no further declaration but that of an option which no other command has.
"""

from __future__ import annotations

import os
import re
import sys
import warnings
from contextlib import nullcontext, redirect_stdout
from functools import partial
from typing import TYPE_CHECKING

from limbeck import command
from limbeck.config import EDITIONS, Config, default_files, demand_files, named_files
from limbeck.version import __version__

from .completion import LINE, completion
from .failure import ending_process, show_warning
from .fleets import fleet
from .following import followed
from .options import FORMATS, GLOBAL, MAY_BE_LEFT_OUT, OPTIONS, POSITIONALS, flags_of, having, parameters
from .parser import BEHIND, CommandParser, Parser, nearest, usage_error
from .signals import heard

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator, Sequence

    from limbeck.config import CommandFunction
    from limbeck.errors import CommandError

PROGRAM = "limbeck"
"""The program whose new environments ask for an edition; one of another name stands in for Alembic."""


_MAY_GO_WITHOUT = {
    "upgrade": {"revision": f"{POSITIONALS['revision']}; --skipped and --plan may go without"},
    "downgrade": {"revision": f"{POSITIONALS['revision']}; --plan may go without"},
    "merge": {"revisions": f"{POSITIONALS['revisions']}; --auto may go without"},
    "fleet": {"revision": "where `fleet upgrade`, `downgrade` and `plan` go; default: heads"},
    "switch": {"ref": "branch or commit of git; default: what is checked out"},
}
"""Positional arguments that a command can do without, with what is said of each."""


_SEVERAL = ("revisions", "tables")
"""Positional arguments that stand for one thing or more."""


class CommandLine:
    """The command line; subclass it, or register commands with it, to extend it.

    :param prog: name of the program in help texts; default: that of the process.
    """

    def __init__(self, prog: str | None = None) -> None:
        self._generate_args(prog)

    def _generate_args(self, prog: str | None) -> None:
        parser = Parser(prog=prog)
        self._edition = EDITIONS[-1] if parser.prog == PROGRAM else None
        parser.add_argument("--version", action="version", version=f"%(prog)s {_version(parser.prog)}")
        for flags, settings in GLOBAL:
            parser.add_argument(*flags, **settings)
        parser.set_defaults(name="alembic")
        self.parser: ArgumentParser = parser
        self.subparsers = parser.add_subparsers(  # type: ignore[type-var]  # a parser by its attributes
            dest="command",
            metavar="COMMAND",
            parser_class=CommandParser,  # pyright: ignore[reportArgumentType]
        )
        for each in _commands():
            self.register_command(each)
        self.register_command(completion)

    def register_command(self, fn: CommandFunction) -> None:
        """Add a command.

        :param fn: a function whose first parameter is a Config. Further ones without a default become positional
            arguments; those with a default become options if another command has an option of that name. With a
            parameter ``json`` it prints by ``config.print_stdout()`` alone: what it writes to ``sys.stdout`` while
            ``--json`` is given goes to stderr.
        """
        about = " ".join((fn.__doc__ or "").strip().partition("\n\n")[0].split())
        self.subparsers.add_parser(fn.__name__, help=about, description=about).fill = partial(self._fill, fn)

    def _fill(self, fn: CommandFunction, parser: ArgumentParser) -> None:
        """Add the arguments that the signature of ``fn`` asks for."""
        positional, keyword = parameters(fn)
        names = ["revisions" if fn is command.stamp else name for name in positional]
        for name in names:
            parser.add_argument(name, nargs="+" if name in _SEVERAL else None, help=POSITIONALS.get(name))
        for name, about in _MAY_GO_WITHOUT.get(fn.__name__, {}).items():
            names.append(name)
            parser.add_argument(name, nargs="*" if name == "revisions" else "?", help=about)
        for name, default in keyword.items():
            if name in OPTIONS:
                flags, settings = OPTIONS[name]
                preset = self._edition if name == "edition" else default
                if name == "format":
                    settings = {**settings, "choices": FORMATS.get(fn.__name__)}
                parser.add_argument(*flags, dest=name, default=preset, **settings)
            elif name in MAY_BE_LEFT_OUT:
                parser.add_argument(name, nargs="?", default=default, help=POSITIONALS[name])
        taken = [name for name in keyword if name in OPTIONS or name in MAY_BE_LEFT_OUT]
        parser.set_defaults(cmd=(fn, names, taken))

    def run_cmd(self, config: Config, options: Namespace) -> None:
        """Run the command that ``options`` name; an error ends the process, unless ``--raiseerr`` is given."""
        fn, positional, keyword = options.cmd
        arguments = [getattr(options, name) for name in positional]
        settings = {name: getattr(options, name) for name in keyword}
        json = settings.get("json", False)

        def run() -> None:
            runs_revisions = "lock" in keyword
            with (
                redirect_stdout(sys.stderr) if json else nullcontext(),
                followed(config, options) if runs_revisions else nullcontext(),
            ):
                fn(config, *arguments, **settings)

        ending_process(run, raiseerr=options.raiseerr, json=json, config=config)

    def main(self, argv: Sequence[str] | None = None) -> None:
        """Parse ``argv`` (default: that of the process) and run the command."""
        if LINE in os.environ:
            from .candidates import answer

            answer(self.parser, self.subparsers.choices)
            return
        warnings.showwarning = show_warning
        json = "--json" in (sys.argv if argv is None else argv)
        options = ending_process(lambda: self.parse(argv), raiseerr=False, json=json)
        config = ending_process(lambda: self._config(options), raiseerr=options.raiseerr, json=json)
        self.run_cmd(config, options)

    def parse(self, argv: Sequence[str] | None = None) -> Namespace:
        """The parsed ``argv`` (default: that of the process); raises `CommandError` for what no command takes."""
        options, unknown = self.parser.parse_known_args(argv)
        if not options.command:
            raise usage_error(
                "too few arguments",
                f"as in `{self.parser.prog} upgrade head`; `{self.parser.prog} --help` lists the commands",
            )
        if unknown:
            raise self._unrecognized(options.command, unknown)
        for name in [name for name in vars(options) if name.startswith(BEHIND)]:
            whole = name.removeprefix(BEHIND)
            setattr(options, whole, [*(getattr(options, whole) or ()), *getattr(options, name)])
            delattr(options, name)
        return options

    def _unrecognized(self, name: str, unknown: Sequence[str]) -> CommandError:
        """The error for arguments that a command does not have."""
        flag = unknown[0].partition("=")[0]
        flags = {each.__name__: flags_of(each) for each in _commands()}
        usage = " ".join(self.subparsers.choices[name].format_usage().split())
        own = [*re.findall(r"--[\w-]+", usage), *(names[-1] for names, _ in GLOBAL)]
        elsewhere = sorted(set().union(*flags.values()).difference(own))
        hint = usage
        if flag in flags.get(name, ()):
            hint = f"{flag} is an option of {name}, and stands behind it"
        elif flag in elsewhere:
            hint = f"{flag} is an option of {having(flag, flags)}"
        elif flag.startswith("--") and (near := nearest(flag, own)):
            hint = f"did you mean {near}?"
        elif flag.startswith("--") and (near := nearest(flag, elsewhere)):
            hint = f"did you mean {near}? That is an option of {having(near, flags)}"
        return usage_error(f"unrecognized arguments: {' '.join(unknown)}", hint)

    def _config(self, options: Namespace) -> Config:
        ini, toml = default_files(options.config or ())
        if options.cmd[0] not in (command.init, command.list_templates):
            demand_files(named_files(options.config or ()))
        config = Config(file_=ini, toml_file=toml, ini_section=options.name, cmd_opts=options)
        config.interactive = True
        return config


def main(argv: Sequence[str] | None = None, prog: str | None = None, **kwargs: object) -> None:
    """Run the ``limbeck`` command.

    :param argv: arguments; default: those of the process. :param prog: name of the program in help texts.
    """
    from limbeck.alembic_names import install

    ending_process(lambda: install(front=True), raiseerr=False)
    with heard():
        CommandLine(prog=prog).main(argv=argv)


def _version(prog: str) -> str:
    """The version of Limbeck; a program of another name says first the one of Alembic: scripts read it."""
    from limbeck.alembic_names import PACKAGE, VERSION

    if prog == PROGRAM:
        return __version__
    return f"{VERSION} (limbeck {__version__})" if prog == PACKAGE else VERSION


def _commands() -> Iterator[CommandFunction]:
    """The functions of Limbeck's own commands."""
    yield from (getattr(command, name) for name in sorted(command.__all__))
    yield fleet
