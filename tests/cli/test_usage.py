"""Command names, arguments and options are those of Alembic 1.20; those of Limbeck come on top."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable

import pytest

from limbeck.cli import CommandLine

USAGE = """
branches [-h] [-v]
check [-h]
current [-h] [-c] [-v]
downgrade [-h] [--sql] [--tag TAG] revision
edit [-h] rev
ensure_version [-h] [--sql]
heads [-h] [-v] [--resolve-dependencies]
history [-h] [-r REV_RANGE] [-v] [-i]
init [-h] [-t TEMPLATE] [--package] directory
list_templates [-h]
merge [-h] [-m MESSAGE] [--branch-label BRANCH_LABEL] [--rev-id REV_ID] [--splice] revisions [revisions ...]
revision [-h] [-m MESSAGE] [--autogenerate] [--sql] [--head HEAD] [--splice] [--branch-label BRANCH_LABEL] \
[--version-path VERSION_PATH] [--rev-id REV_ID] [--depends-on DEPENDS_ON]
show [-h] rev
stamp [-h] [--sql] [--tag TAG] [--purge] revisions [revisions ...]
upgrade [-h] [--sql] [--tag TAG] revision
""".strip().splitlines()

OURS = {
    "--json",
    "--no-lock",
    "--lock-timeout SECONDS",
    "--table-lock-timeout DURATION",
    "--allow-drops",
    "--allow-empty",
    "--rename OLD:NEW",
    "--edition YEAR",
    "--fill TABLE.COLUMN=SQL",
    "--grep PATTERN",
    "--dates",
    "--log",
    "-n N",
    "--verify",
    "--check",
    "--fix",
    "--auto",
    "--schema",
    "--skipped",
    "--yes",
    "--plan FILE",
    "--resume",
    "--in-doubt {done,again}",
    "--progress",
    "--lint | --no-lint",
    "--fail-on {error,warning,info}",
}

Command = Callable[..., subprocess.CompletedProcess[str]]


def parts(usage: str) -> tuple[set[str], list[str]]:
    """Options, and what stands after them."""
    options = re.findall(r"\[(-[^\]]*)\]", usage)
    return set(options), re.sub(r"\[-[^\]]*\]", "", usage).split()


@pytest.mark.parametrize("line", USAGE, ids=lambda line: line.split()[0])
def test_usage_line(bare: Command, line: str) -> None:
    done = bare(line.split(maxsplit=1)[0], "--help")
    assert done.returncode == 0
    shown = " ".join(done.stdout.partition("\n\n")[0].split()).partition("limbeck ")[2]
    options, arguments = parts(shown)
    expected_options, expected_arguments = parts(line)
    assert options - OURS == expected_options
    named = [dict.fromkeys(one.strip("[]") for one in each) for each in (arguments, expected_arguments)]
    assert [*named[0]] == [*named[1]]  # --skipped, --auto and --plan need none


def test_help_lists_every_command(bare: Command) -> None:
    done = bare("--help")
    assert done.returncode == 0
    listed = re.findall(r"^    (\w+)", done.stdout, flags=re.MULTILINE)
    assert set(listed) >= {line.split()[0] for line in USAGE}


def test_version_goes_to_stdout(bare: Command) -> None:
    done = bare("--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"limbeck \d+\.\d+.*\n", done.stdout)


def parsed(*argv: str) -> dict[str, object]:
    line = CommandLine(prog="limbeck")
    return {name: value for name, value in vars(line.parse(argv)).items() if name != "cmd"}


@pytest.mark.parametrize(
    ("before", "behind"),
    [
        ("-c other.ini heads", "heads -c other.ini"),
        ("--config other.ini heads", "heads --config other.ini"),
        ("-n other upgrade head", "upgrade -n other head"),
        ("-x a=1 -x b=2 upgrade head", "-x a=1 upgrade head -x b=2"),
        ("-q --raiseerr stamp a1 a2", "stamp a1 a2 -q --raiseerr"),
        ("--quiet current", "current --quiet"),
    ],
)
def test_a_global_option_may_stand_behind_the_command(before: str, behind: str) -> None:
    assert parsed(*behind.split()) == parsed(*before.split())


@pytest.mark.parametrize(
    ("command", "means"),
    [
        ("current -c", {"check_heads": True, "config": None}),
        ("current --c", {"check_heads": True, "config": None}),
        ("history --r a1:", {"rev_range": "a1:", "raiseerr": False}),
        ("heads --r", {"resolve_dependencies": True, "raiseerr": False}),
        ("current --conf x.ini", {"check_heads": False, "config": ["x.ini"]}),
    ],
)
def test_a_command_keeps_its_own_options_and_their_abbreviations(command: str, means: dict[str, object]) -> None:
    assert parsed(*command.split()).items() >= means.items()


def test_a_program_may_use_the_name_of_a_global_option() -> None:
    line = CommandLine(prog="limbeck")
    line.subparsers.choices["heads"].add_argument("-n", dest="number", type=int)
    assert line.parse(["-n", "other", "heads", "-n", "3"]).number == 3
