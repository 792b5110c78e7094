"""The ``limbeck`` command: argv in, an exit code out. This is the only module that ends the process.

The arguments of a command follow from the signature of its function: a function of `limbeck.command`, or one that a
program registers, needs no further declaration but that of an option which no other command has.
"""

from __future__ import annotations

import re
import sys
import warnings
from argparse import SUPPRESS, ArgumentParser, Namespace
from contextlib import nullcontext, redirect_stdout
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias, TypeVar

from . import command, console
from .config import EDITIONS, Config, default_files, demand_files, known_edition, named_files
from .errors import FOUND_SOMETHING, USAGE, CommandError, LimbeckWarning
from .version import __version__

if TYPE_CHECKING:
    from argparse import Action
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import TextIO

    from .config import CommandFunction

T = TypeVar("T")

Option: TypeAlias = tuple[tuple[str, ...], dict[str, Any]]
"""The flags of an option, and the settings that argparse takes."""

PROGRAM = "limbeck"
"""The program whose new environments ask for an edition; one of another name stands in for Alembic."""

INTERRUPTED = 130
"""Exit code of a process that was stopped from the keyboard, as shells have it."""

_OPTIONS: dict[str, Option] = {
    "template": (("-t", "--template"), {"type": str, "help": "name of the template for the new environment"}),
    "message": (("-m", "--message"), {"type": str, "help": "what the revision is about"}),
    "sql": (
        ("--sql",),
        {"action": "store_true", "help": "write SQL to stdout, or to the output buffer, and touch no database"},
    ),
    "tag": (("--tag",), {"type": str, "help": "any text, for env.py to ask for"}),
    "head": (("--head",), {"type": str, "help": "revision, or <branch>@head, that the new one follows"}),
    "splice": (("--splice",), {"action": "store_true", "help": "let it follow a revision that is no head"}),
    "depends_on": (
        ("--depends-on",),
        {"action": "append", "help": "revision that has to be applied before; repeatable"},
    ),
    "rev_id": (("--rev-id",), {"type": str, "help": "id to use instead of one made up"}),
    "version_path": (("--version-path",), {"type": str, "help": "folder of version_locations for the new file"}),
    "branch_label": (("--branch-label",), {"type": str, "help": "label of the branch that begins here"}),
    "verbose": (("-v", "--verbose"), {"action": "store_true", "help": "say all that is known"}),
    "resolve_dependencies": (
        ("--resolve-dependencies",),
        {"action": "store_true", "help": "leave out heads that other revisions depend on"},
    ),
    "autogenerate": (
        ("--autogenerate",),
        {"action": "store_true", "help": "fill the script with what models and database differ in"},
    ),
    "allow_drops": (
        ("--allow-drops",),
        {"action": "store_true", "help": "let more than half of the database's tables be dropped"},
    ),
    "allow_empty": (
        ("--allow-empty",),
        {"action": "store_true", "help": "under an edition, write the script too where --autogenerate finds nothing"},
    ),
    "rename": (
        ("--rename",),
        {
            "action": "append",
            "metavar": "OLD:NEW",
            "help": "what has another name in the models: table:new, or table.column:new; repeatable",
        },
    ),
    "fill": (
        ("--fill",),
        {
            "action": "append",
            "metavar": "TABLE.COLUMN=SQL",
            "help": "value for the rows that there are of a column that becomes NOT NULL; repeatable",
        },
    ),
    "rev_range": (("-r", "--rev-range"), {"action": "store", "help": "which revisions: [start]:[end]"}),
    "indicate_current": (
        ("-i", "--indicate-current"),
        {"action": "store_true", "help": "mark the revisions that the database is at"},
    ),
    "purge": (("--purge",), {"action": "store_true", "help": "delete all rows of the version table first"}),
    "package": (("--package",), {"action": "store_true", "help": "write __init__.py files too"}),
    "edition": (
        ("--edition",),
        {
            "type": lambda text: None if text == "none" else known_edition(text),
            "metavar": "YEAR",
            "help": f"edition that the environment asks for: {EDITIONS[-1]}, or 'none' for files as Alembic's",
        },
    ),
    "json": (("--json",), {"action": "store_true", "help": "print JSON, for a program to read"}),
    "script_location": (
        ("--script-location",),
        {"metavar": "FOLDER", "help": "folder with env.py, where the configuration names none"},
    ),
    "check_heads": (
        ("-c", "--check-heads"),
        {"action": "store_true", "help": "exit 1 unless the database is on all heads"},
    ),
    "lock": (("--no-lock",), {"action": "store_const", "const": False, "help": "do not keep other runs out meanwhile"}),
    "lock_timeout": (
        ("--lock-timeout",),
        {"type": float, "metavar": "SECONDS", "help": "how long to wait for another run; default 600"},
    ),
}
"""Flags and settings of each option, by the name of the parameter that it is given to."""

_POSITIONALS = {
    "directory": "folder of the new environment",
    "revision": "revision: id, part of an id, label, head, heads, base, +N, -N",
    "revisions": "one revision or more, 'heads' for all heads",
}

_GLOBAL: tuple[Option, ...] = (
    (
        ("-c", "--config"),
        {"action": "append", "help": "configuration file: an ini file or a pyproject.toml, or one of each"},
    ),
    (("-n", "--name"), {"type": str, "help": "section of the ini file to use; default: alembic"}),
    (("-x",), {"action": "append", "help": "anything for env.py, by custom key=value; repeatable"}),
    (("--raiseerr",), {"action": "store_true", "help": "show a full traceback when something fails"}),
    (("-q", "--quiet"), {"action": "store_true", "help": "print nothing but what fails"}),
)
"""Flags and settings of the options that stand before the command; all may stand behind it too."""

_BEHIND = "behind_"
"""Begins the names that repeatable options have behind the command, where a parser does not see those before it."""

_EXAMPLES = {
    "upgrade": "head",
    "downgrade": "-1",
    "stamp": "head",
    "merge": "heads",
    "show": "head",
    "edit": "head",
    "init": "migrations",
}
"""What commands are usually given, for hints."""

_OTHER_NAMES = {
    "migrate": "upgrade",
    "up": "upgrade",
    "makemigrations": "revision --autogenerate",
    "generate": "revision --autogenerate",
    "rollback": "downgrade",
    "down": "downgrade",
    "status": "current",
    "log": "history",
}
"""Commands of Django and other tools, with what they are called here."""


class _Parser(ArgumentParser):
    """A parser that raises `CommandError`."""

    def error(self, message: str) -> NoReturn:
        command = self.prog.rpartition(" ")[2]
        hint = " ".join(self.format_usage().split())
        if message.startswith("the following arguments are required") and command in _EXAMPLES:
            hint = f"as in `{self.prog} {_EXAMPLES[command]}`; {hint}"
        raise _usage(message, hint)

    def _check_value(self, action: Action, value: object) -> None:
        choices = action.choices
        if choices is None or value in choices:
            return
        near = _OTHER_NAMES.get(str(value)) or _near(str(value), choices)
        listed = f"`{self.prog} --help` lists them"
        hint = f"did you mean '{near}'? {listed}" if near else listed
        raise _usage(f"There is no command '{value}'", hint)

    def _get_option_tuples(self, option_string: str) -> list[tuple[Action, str, str | None]]:
        """The options that an abbreviation may mean: the command's own, before those that may stand anywhere."""
        found = super()._get_option_tuples(option_string)
        return [one for one in found if one[0].help is not SUPPRESS] or found


def _usage(message: str, hint: str) -> CommandError:
    return CommandError(message, code="usage", exit_code=USAGE, hint=hint)


def _near(word: str, known: Iterable[object]) -> str | None:
    from difflib import get_close_matches

    return next(iter(get_close_matches(word, [str(one) for one in known], n=1)), None)


class _CommandParser:
    """The parser of one command, made when something is asked of it: a process runs one command of many.

    It takes the global options too, unless the command has an option of that name.

    :param settings: of `ArgumentParser`.
    """

    fill: Callable[[ArgumentParser], None] | None = None
    """Adds the arguments to the parser."""

    def __init__(self, **settings: Any) -> None:
        self._settings = settings

    @cached_property
    def _made(self) -> ArgumentParser:
        made = _Parser(**{"conflict_handler": "resolve", **self._settings})
        for flags, settings in _GLOBAL:
            name = flags[-1].lstrip("-")
            repeats = settings.get("action") == "append"
            hidden = {"dest": f"{_BEHIND}{name}" if repeats else name, "default": SUPPRESS, "help": SUPPRESS}
            made.add_argument(*flags, **{**settings, **hidden})
        if self.fill is not None:
            self.fill(made)
        return made

    def __getattr__(self, name: str) -> Any:
        return getattr(self._made, name)


class CommandLine:
    """The command line; subclass it, or register commands with it, to extend it.

    :param prog: name of the program in help texts; default: that of the process.
    """

    def __init__(self, prog: str | None = None) -> None:
        self._generate_args(prog)

    def _generate_args(self, prog: str | None) -> None:
        parser = _Parser(prog=prog)
        self._edition = EDITIONS[-1] if parser.prog == PROGRAM else None
        parser.add_argument("--version", action="version", version=f"%(prog)s {_version(parser.prog)}")
        for flags, settings in _GLOBAL:
            parser.add_argument(*flags, **settings)
        parser.set_defaults(name="alembic")
        self.parser: ArgumentParser = parser
        self.subparsers = parser.add_subparsers(  # type: ignore[type-var]  # a parser by its attributes
            dest="command",
            metavar="COMMAND",
            parser_class=_CommandParser,  # pyright: ignore[reportArgumentType]
        )
        for each in _commands():
            self.register_command(each)

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
        positional, keyword = _parameters(fn)
        names = ["revisions" if fn is command.stamp else name for name in positional]
        for name in names:
            parser.add_argument(name, nargs="+" if name == "revisions" else None, help=_POSITIONALS.get(name))
        for name, default in keyword.items():
            if name in _OPTIONS:
                flags, settings = _OPTIONS[name]
                preset = self._edition if name == "edition" else default
                parser.add_argument(*flags, dest=name, default=preset, **settings)
        parser.set_defaults(cmd=(fn, names, [name for name in keyword if name in _OPTIONS]))

    def run_cmd(self, config: Config, options: Namespace) -> None:
        """Run the command that ``options`` name; an error ends the process, unless ``--raiseerr`` is given."""
        fn, positional, keyword = options.cmd
        arguments = [getattr(options, name) for name in positional]
        settings = {name: getattr(options, name) for name in keyword}
        json = settings.get("json", False)

        def run() -> None:
            with redirect_stdout(sys.stderr) if json else nullcontext():
                fn(config, *arguments, **settings)

        _ending_process(run, raiseerr=options.raiseerr, json=json)

    def main(self, argv: Sequence[str] | None = None) -> None:
        """Parse ``argv`` (default: that of the process) and run the command."""
        warnings.showwarning = _show_warning
        json = "--json" in (sys.argv if argv is None else argv)
        options = _ending_process(lambda: self.parse(argv), raiseerr=False, json=json)
        config = _ending_process(lambda: self._config(options), raiseerr=options.raiseerr, json=json)
        self.run_cmd(config, options)

    def parse(self, argv: Sequence[str] | None = None) -> Namespace:
        """The parsed ``argv`` (default: that of the process); raises `CommandError` for what no command takes."""
        options, unknown = self.parser.parse_known_args(argv)
        if not options.command:
            raise _usage(
                "too few arguments",
                f"as in `{self.parser.prog} upgrade head`; `{self.parser.prog} --help` lists the commands",
            )
        if unknown:
            raise self._unrecognized(options.command, unknown)
        for name in [name for name in vars(options) if name.startswith(_BEHIND)]:
            whole = name.removeprefix(_BEHIND)
            setattr(options, whole, [*(getattr(options, whole) or ()), *getattr(options, name)])
            delattr(options, name)
        return options

    def _unrecognized(self, name: str, unknown: Sequence[str]) -> CommandError:
        """The error for arguments that a command does not have."""
        flag = unknown[0].partition("=")[0]
        flags = {each.__name__: _flags(each) for each in _commands()}
        usage = " ".join(self.subparsers.choices[name].format_usage().split())
        own = [*re.findall(r"--[\w-]+", usage), *(names[-1] for names, _ in _GLOBAL)]
        elsewhere = sorted(set().union(*flags.values()).difference(own))
        hint = usage
        if flag in flags.get(name, ()):
            hint = f"{flag} is an option of {name}, and stands behind it"
        elif flag in elsewhere:
            hint = f"{flag} is an option of {_having(flag, flags)}"
        elif flag.startswith("--") and (near := _near(flag, own)):
            hint = f"did you mean {near}?"
        elif flag.startswith("--") and (near := _near(flag, elsewhere)):
            hint = f"did you mean {near}? That is an option of {_having(near, flags)}"
        return _usage(f"unrecognized arguments: {' '.join(unknown)}", hint)

    def _config(self, options: Namespace) -> Config:
        ini, toml = default_files(options.config or ())
        if options.cmd[0] not in (command.init, command.list_templates):
            demand_files(named_files(options.config or ()))
        return Config(file_=ini, toml_file=toml, ini_section=options.name, cmd_opts=options)


def main(argv: Sequence[str] | None = None, prog: str | None = None, **kwargs: object) -> None:
    """Run the ``limbeck`` command.

    :param argv: arguments; default: those of the process. :param prog: name of the program in help texts.
    """
    from .alembic_names import install

    _ending_process(lambda: install(front=True), raiseerr=False)
    CommandLine(prog=prog).main(argv=argv)


def _version(prog: str) -> str:
    """The version of Limbeck; a program of another name says first the one of Alembic: scripts read it."""
    from .alembic_names import PACKAGE, VERSION

    if prog == PROGRAM:
        return __version__
    return f"{VERSION} (limbeck {__version__})" if prog == PACKAGE else VERSION


def _commands() -> Iterator[CommandFunction]:
    """The functions of Limbeck's own commands."""
    return (getattr(command, name) for name in command.__all__)


def _having(flag: str, flags: Mapping[str, set[str]]) -> str:
    """The commands whose options include ``flag``."""
    return ", ".join(name for name, has in flags.items() if flag in has)


def _flags(fn: CommandFunction) -> set[str]:
    """The flags of all options of a command."""
    return {flag for name in _parameters(fn)[1] if name in _OPTIONS for flag in _OPTIONS[name][0]}


def _parameters(fn: Callable[..., object]) -> tuple[list[str], dict[str, object]]:
    """The parameters of a command after its Config: those without a default, and the others with their defaults."""
    fn = getattr(fn, "__wrapped__", fn)
    code = fn.__code__
    names = code.co_varnames[1 : code.co_argcount]
    only = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    defaults = fn.__defaults__ or ()
    split = len(names) - len(defaults)
    return list(names[:split]), {
        **dict(zip(names[split:], defaults, strict=True)),
        **{n: (fn.__kwdefaults__ or {}).get(n) for n in only},
    }


def _ending_process(work: Callable[[], T], *, raiseerr: bool, json: bool = False) -> T:
    """Do ``work``; where it fails, say so on stderr and end the process with the error's exit code.

    :param raiseerr: let the error through instead.
    :param json: say it on stdout too, as a JSON document. A command that found something has printed its own.
    """
    try:
        return work()
    except KeyboardInterrupt:
        if raiseerr:
            raise
        console.write(sys.stderr, "interrupted\n")
        sys.exit(INTERRUPTED)
    except Exception as error:
        if raiseerr:
            raise
        known = error if isinstance(error, CommandError) else _described(error)
        notes = (*_further_lines(error), *getattr(error, "__notes__", ()))
        if json and known.exit_code != FOUND_SOMETHING:
            console.write(sys.stdout, _document(known, notes))
        console.write(sys.stdout, "")
        console.write(sys.stderr, known.report() + "\n")
        for note in notes:
            console.write(sys.stderr, f"  {note}\n")
        sys.exit(known.exit_code)


def _document(error: CommandError, notes: tuple[str, ...]) -> str:
    """An error as a JSON document."""
    from .results import ErrorResult
    from .show import json_

    shown = ErrorResult(error.code, str(error), error.hint, error.file, error.line, notes, error.exit_code)
    return json_.document(shown) + "\n"


def _described(error: Exception) -> CommandError:
    """An error of another library or of a script: kind, first line, and the line of the user's file it came from."""
    from .runtime.database_errors import advice, first_line, how_to_install, is_of_database

    file, line = _user_line(error)
    known = advice(error) if isinstance(error, OSError) or is_of_database(error) else None
    if known is not None or is_of_database(error):
        code = "database"
    else:
        code = "unexpected" if file is None else "script-failed"
    hint = known or "--raiseerr shows the whole traceback"
    if isinstance(error, ModuleNotFoundError):
        hint = how_to_install(error) or hint
    statement = getattr(error, "statement", None)
    if statement:
        hint = f"{hint}; the statement was: {' '.join(statement.split())[:300]}"
    return CommandError(first_line(error), code=code, file=file, line=line, hint=hint)


def _further_lines(error: Exception) -> tuple[str, ...]:
    """What a database says below the first line of its error, also where that is the cause of a `CommandError`."""
    from .runtime.database_errors import further_lines

    return further_lines(error.__cause__ if isinstance(error, CommandError) and error.__cause__ else error)


def _user_line(error: Exception) -> tuple[str | None, int | None]:
    """File and line of the innermost frame that is neither Limbeck's nor of an installed package."""
    import os.path
    import sysconfig

    limbeck = os.path.dirname(os.path.abspath(__file__))
    installed = (limbeck, sysconfig.get_path("purelib"), sysconfig.get_path("stdlib"), "<")
    found: tuple[str | None, int | None] = (None, None)
    traceback = error.__traceback__
    while traceback is not None:
        file = traceback.tb_frame.f_code.co_filename
        if not file.startswith(installed):
            found = (file, traceback.tb_lineno)
        traceback = traceback.tb_next
    return found


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Print a `LimbeckWarning` as a line and a hint, any other warning as Python does."""
    if isinstance(message, LimbeckWarning):
        console.write(file or sys.stderr, message.report() + "\n")
    else:
        console.write(file or sys.stderr, warnings.formatwarning(message, category, filename, lineno, line))
