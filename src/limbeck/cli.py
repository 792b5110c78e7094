"""The ``limbeck`` command: argv in, an exit code out (behaviour part 1).

This is the only module that ends the process. Options are derived from the signatures of the command functions, so
that a command that somebody registers is on the same footing as ours.
"""

from __future__ import annotations

import sys
import warnings
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any, NoReturn

from . import command, console
from .config import EDITIONS, Config, default_files, demand_files, named_files
from .doctor import doctor
from .errors import FAILED, USAGE, CommandError, LimbeckWarning
from .version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TextIO

    from .config import CommandFunction

COMMANDS = (
    "branches",
    "check",
    "current",
    "downgrade",
    "edit",
    "ensure_version",
    "heads",
    "history",
    "init",
    "list_templates",
    "merge",
    "revision",
    "show",
    "stamp",
    "upgrade",
)

PROGRAM = "limbeck"
"""The program whose new environments ask for an edition; one of another name stands in for Alembic."""

INTERRUPTED = 130
"""Exit code of a process that was stopped from the keyboard, as shells count it."""

_OPTIONS: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
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
    "rename": (
        ("--rename",),
        {
            "action": "append",
            "metavar": "OLD:NEW",
            "help": "what has another name in the models: table:new, or table.column:new; repeatable",
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
            "type": lambda text: None if text == "none" else int(text),
            "metavar": "YEAR",
            "help": f"edition that the environment asks for: {EDITIONS[-1]}, or 'none' for files as Alembic's",
        },
    ),
    "json": (("--json",), {"action": "store_true", "help": "print JSON, for a program to read"}),
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

_POSITIONALS = {
    "directory": "folder of the new environment",
    "revision": "revision: id, part of an id, label, head, heads, base, +N, -N",
    "revisions": "one revision or more, 'heads' for all heads",
}


class _Parser(ArgumentParser):
    """A parser whose errors have the form of ours, and that gets its arguments when it is used.

    Of fifteen commands a process runs one.
    """

    fill: Callable[[], None] | None = None

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        fill, self.fill = self.fill, None
        if fill is not None:
            fill()
        return super().parse_known_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        raise CommandError(message, code="usage", exit_code=USAGE, hint=" ".join(self.format_usage().split()))

    def _check_value(self, action: Any, value: Any) -> None:
        choices = action.choices
        if choices is None or value in choices:
            return
        from difflib import get_close_matches

        near = get_close_matches(str(value), [str(choice) for choice in choices], n=1)
        hint = (
            f"did you mean '{near[0]}'? `{self.prog} --help` lists all" if near else f"`{self.prog} --help` lists them"
        )
        raise CommandError(f"There is no command '{value}'", code="usage", exit_code=USAGE, hint=hint)


class CommandLine:
    """The command line; subclass it, or register commands with it, to extend it.

    :param prog: name of the program in help texts; default: that of the process.
    """

    def __init__(self, prog: str | None = None) -> None:
        self._generate_args(prog)

    def _generate_args(self, prog: str | None) -> None:
        parser = _Parser(prog=prog)
        self._edition = EDITIONS[-1] if parser.prog == PROGRAM else None
        add = parser.add_argument
        add("--version", action="version", version=f"%(prog)s {_version(parser.prog)}")
        add(
            "-c",
            "--config",
            action="append",
            help="configuration file: an ini file or a pyproject.toml, or one of each",
        )
        add("-n", "--name", type=str, default="alembic", help="section of the ini file to use; default: alembic")
        add("-x", action="append", help="anything for env.py, by custom key=value; repeatable")
        add("--raiseerr", action="store_true", help="show a full traceback when something fails")
        add("-q", "--quiet", action="store_true", help="print nothing but what fails")
        self.parser: ArgumentParser = parser
        self.subparsers = parser.add_subparsers(dest="command", metavar="COMMAND")
        for name in COMMANDS:
            self.register_command(getattr(command, name))
        self.register_command(doctor)

    def register_command(self, fn: CommandFunction) -> None:
        """Add a command.

        :param fn: function of a Config and what the command takes: parameters without a default become positional
            arguments, parameters with one become options where the table of options has them.
        """
        about = " ".join((fn.__doc__ or "").strip().partition("\n\n")[0].split())
        parser = self.subparsers.add_parser(fn.__name__, help=about, description=about)
        parser.fill = lambda: self._fill(parser, fn)

    def _fill(self, parser: ArgumentParser, fn: CommandFunction) -> None:
        """Add the arguments that the signature of ``fn`` asks for."""
        positional, keyword = _parameters(fn)
        for name in positional:
            shown = "revisions" if fn is command.stamp and name == "revision" else name
            many = {"nargs": "+"} if shown == "revisions" else {}
            parser.add_argument(name if shown == name else shown, help=_POSITIONALS.get(shown), **many)  # type: ignore[arg-type]
        for name, default in keyword.items():
            if name in _OPTIONS:
                flags, settings = _OPTIONS[name]
                preset = self._edition if name == "edition" else default
                parser.add_argument(*flags, dest=name, default=preset, **settings)
        names = ["revisions" if fn is command.stamp else name for name in positional]
        parser.set_defaults(cmd=(fn, names, [name for name in keyword if name in _OPTIONS]))

    def run_cmd(self, config: Config, options: Namespace) -> None:
        """Run the command that ``options`` name; an error ends the process, unless ``--raiseerr`` is given."""
        fn, positional, keyword = options.cmd
        arguments = [getattr(options, name) for name in positional]
        settings = {name: getattr(options, name) for name in keyword}
        _ending_process(lambda: fn(config, *arguments, **settings), raiseerr=options.raiseerr)

    def main(self, argv: Sequence[str] | None = None) -> None:
        """Parse ``argv`` (default: that of the process) and run the command."""
        warnings.showwarning = _show_warning
        options: Namespace = _ending_process(lambda: self.parser.parse_args(argv), raiseerr=False)
        if not options.command:
            _ending_process(lambda: self.parser.error("too few arguments"), raiseerr=False)
        config = _ending_process(lambda: self._config(options), raiseerr=options.raiseerr)
        self.run_cmd(config, options)

    def _config(self, options: Namespace) -> Config:
        if options.cmd[0] not in (command.init, command.list_templates):
            demand_files(named_files(options.config or ()))
        ini, toml = default_files(options.config or ())
        return Config(file_=ini, toml_file=toml, ini_section=options.name, cmd_opts=options)


def main(argv: Sequence[str] | None = None, prog: str | None = None, **kwargs: Any) -> None:
    """Run the ``limbeck`` command.

    :param argv: arguments; default: those of the process. :param prog: name of the program in help texts.
    """
    from .alembic_names import install

    _ending_process(lambda: install(front=True), raiseerr=False)
    CommandLine(prog=prog).main(argv=argv)


def _version(prog: str) -> str:
    """Our version; programs of another name say the one that they stand in for, since scripts read it."""
    from .alembic_names import PACKAGE, VERSION

    if prog == PROGRAM:
        return __version__
    return f"{VERSION} (limbeck {__version__})" if prog == PACKAGE else VERSION


def _parameters(fn: Callable[..., Any]) -> tuple[list[str], dict[str, Any]]:
    """The parameters of a command after its Config: the positional ones, and those with a default."""
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


def _ending_process(work: Callable[[], Any], *, raiseerr: bool) -> Any:
    """Do ``work``; where it fails, say so on stderr and end the process with the error's exit code."""
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
        _say(error)
        sys.exit(error.exit_code if isinstance(error, CommandError) else FAILED)


def _say(error: Exception) -> None:
    known = error if isinstance(error, CommandError) else _described(error)
    sys.stdout.flush()
    console.write(sys.stderr, known.report() + "\n")
    for note in getattr(error, "__notes__", ()):
        console.write(sys.stderr, f"  {note}\n")


def _described(error: Exception) -> CommandError:
    """An error that is not ours, by kind, first line and the line of the user's file that it came from."""
    file, line = _user_line(error)
    orig = getattr(error, "orig", None)
    text = " ".join(str(orig if orig is not None else error).split("\n", 1)[0].split())
    kind = type(orig if orig is not None else error).__name__
    code = "database" if orig is not None else "script-failed" if file is not None else "unexpected"
    hint = "--raiseerr before the command shows the whole traceback"
    if kind == "OperationalError" and getattr(error, "statement", None) is None:
        hint = f"is the server up, and does the URL name it? {hint}"
    statement = getattr(error, "statement", None)
    if statement:
        hint = f"the statement was: {' '.join(statement.split())[:300]}; {hint}"
    return CommandError(f"{kind}: {text}", code=code, file=file, line=line, hint=hint)


def _user_line(error: Exception) -> tuple[str | None, int | None]:
    """File and line of the innermost frame that belongs neither to us nor to an installed package."""
    import os.path
    import sysconfig

    ours = os.path.dirname(os.path.abspath(__file__))
    installed = (ours, sysconfig.get_path("purelib"), sysconfig.get_path("stdlib"), "<")
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
    """Print a warning of ours as one line and a hint, any other as Python does."""
    if isinstance(message, LimbeckWarning):
        console.write(file or sys.stderr, message.report() + "\n")
    else:
        console.write(file or sys.stderr, warnings.formatwarning(message, category, filename, lineno, line))
