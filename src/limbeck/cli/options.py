"""The options of commands, by the name of the parameter that each is given to; and those of every command."""

from __future__ import annotations

from argparse import ArgumentTypeError, BooleanOptionalAction
from typing import TYPE_CHECKING, Any, TypeAlias

from limbeck.config import EDITIONS, known_edition
from limbeck.findings import SEVERITIES
from limbeck.limits import duration

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from limbeck.config import CommandFunction


def _duration(given: str) -> float | None:
    """A duration of a command line, as `limbeck.limits.duration` has it."""
    try:
        return duration(given)
    except ValueError:
        raise ArgumentTypeError(f"{given!r} is no duration, such as 500ms or 10min") from None


Option: TypeAlias = tuple[tuple[str, ...], dict[str, Any]]
"""The flags of an option, and the settings that argparse takes."""

OPTIONS: dict[str, Option] = {
    "template": (("-t", "--template"), {"type": str, "help": "name of the template for the new environment"}),
    "message": (("-m", "--message"), {"type": str, "help": "what the revision is about"}),
    "sql": (
        ("--sql",),
        {"action": "store_true", "help": "write SQL to stdout, or to the output buffer, and touch no database"},
    ),
    "markdown": (("--markdown",), {"action": "store_true", "help": "print Markdown, for a pull request"}),
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
    "log": (("--log",), {"action": "store_true", "help": "list what ran on the database, newest first"}),
    "last": (("-n", "--last"), {"type": int, "metavar": "N", "help": "with --log: only the last N runs"}),
    "indicate_current": (
        ("-i", "--indicate-current"),
        {"action": "store_true", "help": "mark the revisions that the database is at"},
    ),
    "grep": (
        ("--grep",),
        {"metavar": "PATTERN", "help": "only revisions whose message, id or label matches the regular expression"},
    ),
    "dates": (("--dates",), {"action": "store_true", "help": "say when revisions were made, and by whom as git knows"}),
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
    "save": (("--save",), {"metavar": "FILE", "help": "also write the plan to a file, which --plan runs"}),
    "dry_run": (
        ("--dry-run",),
        {"action": "store_true", "help": "also run the steps, in a transaction that is rolled back"},
    ),
    "scratch": (
        ("--scratch",),
        {"action": "store_true", "help": "also run the steps, on a throwaway database without rows"},
    ),
    "plan_file": (
        ("--plan",),
        {"metavar": "FILE", "help": "run exactly the plan in this file, where nothing has moved since"},
    ),
    "yes": (("--yes",), {"action": "store_true", "help": "do it without asking, also where rows would be lost"}),
    "fix_file": (("--fix",), {"action": "store_true", "help": "write the file of the heads, after a question"}),
    "skipped": (
        ("--skipped",),
        {"action": "store_true", "help": "first run what was skipped: revisions below others that never ran here"},
    ),
    "verify": (
        ("--verify",),
        {"action": "store_true", "help": "first compare the schema with what the history makes of an empty database"},
    ),
    "check": (("--check",), {"action": "store_true", "help": "exit 1 where anything is amiss"}),
    "wait": (
        ("--wait",),
        {
            "type": float,
            "metavar": "SECONDS",
            "help": "wait until the databases are at the heads, else exit 1",
        },
    ),
    "lock": (("--no-lock",), {"action": "store_const", "const": False, "help": "do not keep other runs out meanwhile"}),
    "lock_timeout": (
        ("--lock-timeout",),
        {"type": float, "metavar": "SECONDS", "help": "how long to wait for another run; default 600"},
    ),
    "table_lock_timeout": (
        ("--table-lock-timeout",),
        {
            "type": _duration,
            "metavar": "DURATION",
            "help": "how long to wait for a lock on a table: 2s, 500ms, 1min; 0: without end",
        },
    ),
    "lint": (
        ("--lint",),
        {
            "action": BooleanOptionalAction,
            "help": "review the revisions first, or do not; default: as lint_on_upgrade says",
        },
    ),
    "since": (
        ("--since",),
        {"metavar": "REF", "help": "review the revisions that a branch or commit of git does not have"},
    ),
    "database": (
        ("--database",),
        {"action": "store_true", "help": "ask the database too: sizes of tables, and rows that break what is asked"},
    ),
    "drop_replaced": (
        ("--drop-replaced",),
        {"action": "store_true", "help": "remove what squashes have replaced, where no known database stands inside"},
    ),
    "before": (("--before",), {"metavar": "REV", "help": "the oldest revision that stays, and becomes a base"}),
    "targets": (
        ("--targets",),
        {"metavar": "FILE", "help": "also ask the databases whose URLs stand in this file, one on each line"},
    ),
    "observe": (
        ("--observe",),
        {"action": "store_true", "help": "also run the range on a throwaway database, and say what is locked there"},
    ),
    "schema": (
        ("--schema",),
        {
            "action": "store_true",
            "help": "print the schema there, as the history makes it in a throwaway database",
        },
    ),
    "auto": (
        ("--auto",),
        {"action": "store_true", "help": "only where they touch nothing in common, else show the clash and exit 1"},
    ),
    "pushed": (
        ("--pushed",),
        {"action": "store_true", "help": "also move what the upstream of this branch has, where nobody else uses it"},
    ),
    "no_database": (
        ("--no-database",),
        {"action": "store_true", "help": "do not ask the database whether the revisions have run there"},
    ),
    "fail_on": (
        ("--fail-on",),
        {"choices": SEVERITIES, "help": "fail where a finding is as bad as this, or worse; default: error"},
    ),
    "fix": (
        ("--fix",),
        {"action": "store_true", "help": "first write safe code into the revisions, where it is a mechanical change"},
    ),
    "format": (("--format",), {"help": "what it is printed as; default: text"}),
    "models": (("--models",), {"action": "store_true", "help": "as the models of env.py declare it"}),
    "applied": (("--applied",), {"action": "store_true", "help": "ask the database what it has, and mark that"}),
    "html": (("--html",), {"metavar": "FILE", "help": "write the page to this file"}),
    "dialect": (
        ("--dialect",),
        {"action": "append", "metavar": "NAME", "help": "also show the SQL of this dialect; repeatable"},
    ),
    "serve": (
        ("--serve",),
        {"action": "store_true", "help": "show the page to this machine alone, and anew when files change"},
    ),
    "port": (("--port",), {"type": int, "metavar": "N", "help": "with --serve: the port; default: a free one"}),
    "changed": (
        ("--changed",),
        {"action": "store_true", "help": "only the revisions that this branch of git adds to origin/main"},
    ),
    "bisect": (
        ("--bisect",),
        {"action": "store_true", "help": "find the revision since which models and history differ"},
    ),
    "only": (
        ("--only",),
        {"action": "append", "metavar": "CHECK", "help": "only this check; repeatable"},
    ),
    "fleet_targets": (
        ("--targets",),
        {"metavar": "FILE", "help": "list of databases: .toml, .csv, .jsonl, - for stdin, or module:function"},
    ),
    "only_targets": (
        ("--only",),
        {"action": "append", "metavar": "PATTERN", "help": "only targets of this name, or tag=pattern; repeatable"},
    ),
    "excluded_targets": (
        ("--exclude",),
        {"action": "append", "metavar": "PATTERN", "help": "no targets of this name, or tag=pattern; repeatable"},
    ),
    "shard": (
        ("--shard",),
        {"metavar": "I/N", "help": "only part I of N, from 1; with N alone, JOB_COMPLETION_INDEX says which"},
    ),
    "jobs": (("--jobs",), {"type": int, "metavar": "N", "help": "targets at work at once; default: 8"}),
    "per_server": (
        ("--per-server",),
        {"type": int, "metavar": "N", "help": "targets at work at once on one server; default: any number"},
    ),
    "per_database": (
        ("--per-database",),
        {"type": int, "metavar": "N", "help": "likewise on one database, which schemas share"},
    ),
    "target_retries": (
        ("--retries",),
        {
            "type": int,
            "metavar": "N",
            "help": "how often to try again where a lock or the server is missing; default: 0",
        },
    ),
    "connections": (
        ("--connections",),
        {"type": int, "metavar": "N", "help": "connections at once to one server, two a target; default: any number"},
    ),
    "max_lag": (
        ("--max-lag",),
        {"type": _duration, "metavar": "DURATION", "help": "fewer targets at once where replicas are further behind"},
    ),
    "lag_command": (
        ("--lag-command",),
        {"metavar": "COMMAND", "help": "prints by how many seconds; default: the server is asked"},
    ),
    "target_timeout": (
        ("--target-timeout",),
        {
            "type": _duration,
            "metavar": "DURATION",
            "help": "how long a run on a target may take, as 10min; default: without end",
        },
    ),
    "executor": (
        ("--executor",),
        {"metavar": "KIND", "help": "threads (default), processes, dask:local, or dask://host:8786"},
    ),
    "ledger": (
        ("--ledger",),
        {"metavar": "URL", "help": "database of the ledger; default: limbeck-fleet.db beside the configuration"},
    ),
    "go_on": (("--resume",), {"action": "store_true", "help": "go on with the last campaign, which was broken off"}),
    "canary": (
        ("--canary",),
        {
            "action": "append",
            "metavar": "N|%|PATTERN",
            "help": "targets that come before all others: as 1, 5%%, a name, or tag=pattern; repeatable",
        },
    ),
    "soak": (
        ("--soak",),
        {
            "type": _duration,
            "metavar": "DURATION",
            "help": "how long to wait after a stage before the next begins, as 10min",
        },
    ),
    "gate": (
        ("--gate",),
        {"metavar": "COMMAND", "help": "a command that has to succeed after a stage before the next begins"},
    ),
    "fleet_html": (("--html",), {"metavar": "FILE", "help": "also write the campaign as a page of HTML"}),
    "metrics": (("--metrics",), {"metavar": "FILE", "help": "also write the campaign as metrics, in OpenMetrics text"}),
    "max_failures": (
        ("--max-failures",),
        {"metavar": "N|%", "help": "stop after more failures than this, as 10, or 5%% of the targets"},
    ),
    "run_lock_timeout": (
        ("--lock-timeout",),
        {
            "type": _duration,
            "metavar": "DURATION",
            "help": "how long to wait for another run on a target; default: 30s",
        },
    ),
    "resume": (
        ("--resume",),
        {"action": "store_true", "help": "where a revision was left half done, run what is not committed of it"},
    ),
    "in_doubt": (
        ("--in-doubt",),
        {
            "choices": ("done", "again"),
            "help": "with --resume: what to do about a statement that was perhaps carried out",
        },
    ),
}
"""Flags and settings of each option, by the name of the parameter that it is given to."""

FORMATS = {
    "lint": ("text", "json", "github", "gitlab", "markdown", "sarif"),
    "schema": ("text", "mermaid", "dbml", "sql", "json"),
    "graph": ("text", "mermaid", "dot", "svg", "json"),
}
"""What ``--format`` takes, by command."""

POSITIONALS = {
    "directory": "folder of the new environment",
    "revision": "revision: id, part of an id, label, head, heads, base, +N, -N",
    "rev": "revision: id, part of an id, label, head, heads, current",
    "action": "status, plan, check, upgrade, downgrade, retry or report",
    "shell": "bash, zsh or fish",
    "code": "code of an error or a warning, as not-up-to-date",
    "revisions": "one revision or more, 'heads' for all heads",
    "start": "revision that it leads from, or base",
    "end": "revision that it leads to",
    "table": "table, or table.column; with its schema where that is not the default one",
    "tables": "table, schema.table where that is not the default one; several for several",
    "range": "revision, or start:end; default: all; of lint what the database lacks, else the last revision",
    "branch": "branch or commit of git; default: that of the remote, as origin/main, else the upstream",
    "at": "revision at which the schema is shown, made by the history on a throwaway database; default: as it is",
    "target": "revision to go up or down to, by default heads: as for upgrade and downgrade",
}

MAY_BE_LEFT_OUT = frozenset({"at", "branch", "range", "target"})
"""Those of them that have a default."""

GLOBAL: tuple[Option, ...] = (
    (
        ("-c", "--config"),
        {"action": "append", "help": "configuration file: an ini file or a pyproject.toml, or one of each"},
    ),
    (("-n", "--name"), {"type": str, "help": "section of the ini file to use; default: alembic"}),
    (("-x",), {"action": "append", "help": "anything for env.py, by custom key=value; repeatable"}),
    (("--raiseerr",), {"action": "store_true", "help": "show a full traceback when something fails"}),
    (("-q", "--quiet"), {"action": "store_true", "help": "print nothing but what fails"}),
    (("--progress",), {"action": "store_true", "help": "say on stderr how far a statement is that takes long"}),
    (("--log-format",), {"metavar": "FORMAT", "help": "text, or json: events of runs as lines of JSON on stderr"}),
)
"""Flags and settings of the options that stand before the command; all may stand behind it too."""


def having(flag: str, flags: Mapping[str, set[str]]) -> str:
    """The commands whose options include ``flag``."""
    return ", ".join(name for name, has in flags.items() if flag in has)


def flags_of(fn: CommandFunction) -> set[str]:
    """The flags of all options of a command."""
    return {flag for name in parameters(fn)[1] if name in OPTIONS for flag in OPTIONS[name][0]}


def parameters(fn: Callable[..., object]) -> tuple[list[str], dict[str, object]]:
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
