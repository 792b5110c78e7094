"""What bad input gets: `error[code]: ...` with the place, a hint, an exit code; no traceback, nothing half-written."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from command_line import REVISION, Environment

USAGE, FAILED = 2, 3


@dataclass
class Case:
    """One kind of bad input.

    :param about: what is wrong.
    :param spoil: spoils a good environment.
    :param command: what is run then.
    :param code: of the error.
    :param names: what the error names: the culprit, its file and line.
    """

    about: str
    spoil: Callable[[Environment], object]
    command: str
    code: str
    names: tuple[str, ...]
    exit: int = FAILED


def nothing(_: Environment) -> None:
    """The command line itself is what is wrong."""


def spoiled(name: str, text: str | bytes) -> Callable[[Environment], object]:
    return lambda environment: environment.write(name, text)


def missing(name: str) -> Callable[[Environment], object]:
    return lambda environment: (environment.root / name).unlink()


def configured(key: str, value: str) -> Callable[[Environment], object]:
    return lambda environment: environment.configure(key, value)


def only_toml(environment: Environment) -> None:
    missing("alembic.ini")(environment)
    environment.write("pyproject.toml", "[tool.limbeck]\nscript_location =\n")


def two_alike(environment: Environment) -> None:
    for revision in ("abcd1", "abcd2"):
        environment.write(f"migrations/versions/{revision}.py", REVISION.format(about="", revision=revision, down="a2"))


def endless_link(environment: Environment) -> None:
    path = environment.versions / "a2_second.py"
    path.unlink()
    path.symlink_to(path.name)


A2 = "migrations/versions/a2_second.py"
BROKEN = REVISION.format(about="second", revision="a2", down="a1") + "\n\ndef (:\n"
CASES = [
    Case("no configuration", missing("alembic.ini"), "heads", "script-location-not-set", ("script_location",)),
    Case("-c names no file", nothing, "-c other.ini heads", "config-missing", ("other.ini",)),
    Case("malformed ini", spoiled("alembic.ini", "[alembic]\nwhat\n"), "heads", "ini-syntax", ("alembic.ini:2",)),
    Case(
        "ini of another encoding",
        spoiled("alembic.ini", b"[alembic]\nx = \xff\n"),
        "heads",
        "config-encoding",
        ("alembic.ini",),
    ),
    Case("malformed toml", only_toml, "heads", "toml-syntax", ("pyproject.toml:2",)),
    Case("two ini files", nothing, "-c alembic.ini -c alembic.ini heads", "usage", ("ini",), USAGE),
    Case("unknown section", nothing, "-n other heads", "unknown-section", ("other",)),
    Case(
        "unset variable",
        configured("sqlalchemy.url", "sqlite:///%(NAME)s"),
        "upgrade head",
        "interpolation-missing",
        ("NAME", "sqlalchemy.url"),
    ),
    Case("unknown edition", configured("edition", "1999"), "upgrade head", "unknown-edition", ("1999",)),
    Case(
        "script location missing",
        configured("script_location", "nowhere"),
        "heads",
        "script-location-missing",
        ("nowhere",),
    ),
    Case(
        "URL without a dialect",
        configured("sqlalchemy.url", "nonsense"),
        "upgrade head",
        "bad-url",
        ("sqlalchemy.url", "alembic.ini"),
    ),
    Case(
        "URL still the template's",
        configured("sqlalchemy.url", "driver://user:pass@localhost/dbname"),
        "upgrade head",
        "no-url",
        ("driver",),
    ),
    Case("env.py missing", missing("migrations/env.py"), "upgrade head", "file-missing", ("env.py",)),
    Case(
        "syntax error in env.py",
        spoiled("migrations/env.py", "import os\ndef (:\n"),
        "upgrade head",
        "python-syntax",
        ("env.py:2",),
    ),
    Case(
        "env.py fails",
        spoiled("migrations/env.py", "\n\nimport nowhere\n"),
        "upgrade head",
        "script-failed",
        ("env.py:3", "nowhere"),
    ),
    Case(
        "template missing",
        missing("migrations/script.py.mako"),
        "revision -m x",
        "template-missing",
        ("script.py.mako",),
    ),
    Case(
        "malformed template",
        spoiled("migrations/script.py.mako", "a\n% for\n"),
        "revision -m x",
        "template-syntax",
        ("script.py.mako:2",),
    ),
    Case(
        "template fails",
        spoiled("migrations/script.py.mako", "a\n${1 / 0}\n"),
        "revision -m x",
        "template-failed",
        ("script.py.mako:2",),
    ),
    Case(
        "template is not Python",
        spoiled("migrations/script.py.mako", "a b\n"),
        "revision -m x",
        "template-result",
        ("script.py.mako", "a b"),
    ),
    Case("revision with a syntax error", spoiled(A2, BROKEN), "upgrade head", "python-syntax", ("a2_second.py:19",)),
    Case("revision without a header", spoiled(A2, "x = 1\n"), "upgrade a2", "unknown-revision", ("a2",)),
    Case("revision that cannot be read", endless_link, "upgrade a2", "unknown-revision", ("a2",)),
    Case("revision of another encoding", spoiled(A2, b'"""\xff"""\n'), "upgrade a2", "unknown-revision", ("a2",)),
    Case(
        "revision that fails",
        spoiled(A2, BROKEN.replace("def (:", "1 / 0")),
        "upgrade head",
        "script-import",
        ("a2_second.py:19",),
    ),
    Case("unknown command", nothing, "headz", "usage", ("headz", "heads"), USAGE),
    Case("unknown option", nothing, "heads --all", "usage", ("--all",), USAGE),
    Case("no command", nothing, "", "usage", ("too few arguments",), USAGE),
    Case("argument missing", nothing, "upgrade", "usage", ("revision",), USAGE),
    Case("unknown target", nothing, "upgrade a3", "unknown-revision", ("a3",)),
    Case("ambiguous target", two_alike, "upgrade abcd", "ambiguous-revision", ("abcd1", "abcd2")),
    Case("junk in a target", nothing, "upgrade head+x", "target-syntax", ("head+x",)),
    Case("range online", nothing, "upgrade a1:a2", "usage", ("Range", "upgrade a2"), USAGE),
    Case("history without a range", nothing, "history -r a1", "usage", (":",), USAGE),
    Case("downgrade --sql without a range", nothing, "downgrade --sql base", "usage", ("<fromrev>:<torev>",), USAGE),
    Case("too far down", nothing, "downgrade -5", "walked-too-far", ("-5",)),
    Case("folder of init in use", nothing, "init migrations", "directory-not-empty", ("migrations",)),
    Case("unknown template", nothing, "init -t other elsewhere", "unknown-template", ("other", "generic")),
    Case("illegal id", nothing, "revision --rev-id a@b", "illegal-revision-id", ("a@b", "@")),
    Case("id in use", nothing, "revision --rev-id a1", "duplicate-revision", ("a1",)),
    Case("unknown head", nothing, "revision --head b7", "unknown-revision", ("b7",)),
    Case("no head", nothing, "revision --head a1", "not-a-head", ("a1", "--splice")),
    Case("unknown dependency", nothing, "revision --depends-on b7", "unknown-revision", ("b7",)),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.about)
def test_bad_input(environment: Environment, case: Case) -> None:
    case.spoil(environment)
    before = environment.files()

    done = environment.limbeck(*case.command.split())

    said = f"exit {done.returncode}\n{done.stdout}{done.stderr}"
    assert done.returncode == case.exit, said
    errors = re.findall(r"^error\[(.*?)\]: .*\n(?:.*\n)*?  hint: .+$", done.stderr, flags=re.MULTILINE)
    assert errors == [case.code], said
    for name in case.names:
        assert name in done.stderr, said
    assert "Traceback" not in said
    assert "FAILED" not in done.stdout.replace("...  FAILED", ""), said
    assert environment.files() == before, said


def test_raiseerr_gives_the_traceback(environment: Environment) -> None:
    done = environment.limbeck("--raiseerr", "upgrade", "a3")
    assert done.returncode == 1
    assert "Traceback (most recent call last):" in done.stderr
    assert "a3" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("command", ["heads", "history", "branches", "show a1", "current", "upgrade a1"])
@pytest.mark.parametrize(
    "text",
    [b"def (:\n", b'"""\xff"""\n', b"revision = compute()\n"],
    ids=["syntax error", "another encoding", "fails on import"],
)
def test_a_stray_file_is_named_and_takes_nothing_down(environment: Environment, text: bytes, command: str) -> None:
    environment.write("migrations/versions/stray.py", text)

    done = environment.limbeck(*command.split())

    assert done.returncode == 0, done.stderr
    assert re.search(r"^warning\[[a-z-]+\]: .*stray\.py", done.stderr, flags=re.MULTILINE), done.stderr


def test_a_failing_hook_fails_the_command(environment: Environment) -> None:
    ini = (environment.root / "alembic.ini").read_text(encoding="utf-8")
    environment.write("alembic.ini", ini + "\n[post_write_hooks]\nhooks = h\nh.type = exec\nh.executable = false\n")

    done = environment.limbeck("revision", "-m", "x")

    assert done.returncode == FAILED, done.stderr
    assert re.search(r"^error\[[a-z-]+\]: .*\bh\b", done.stderr, flags=re.MULTILINE), done.stderr
    assert "Traceback" not in done.stderr
