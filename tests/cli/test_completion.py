"""Completion: the scripts of the shells, and what they are answered."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command_line import REVISION, Environment, limbeck


def offered(folder: Path, line: str, shell: str = "fish") -> list[str]:
    """What is offered for ``limbeck <line>``, as value and tab and description."""
    done = limbeck(folder, environment={"_LIMBECK_SHELL": shell, "_LIMBECK_COMPLETE": f"limbeck {line}"})
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def values(folder: Path, line: str) -> list[str]:
    return [each.partition("\t")[0] for each in offered(folder, line)]


def test_what_is_offered(environment: Environment) -> None:
    labelled = REVISION.format(about="third", revision="b3", down="a2")
    environment.write("migrations/versions/b3.py", labelled.replace("branch_labels = None", "branch_labels = 'shop'"))
    folder = environment.root
    assert offered(folder, "upg") == ["upgrade\tBring the database up to a revision."]
    assert offered(folder, "upgrade a") == ["a2\tsecond", "a1\tfirst"]
    assert values(folder, "upgrade ")[:4] == ["head", "heads", "base", "current"]
    assert offered(folder, "upgrade sh") == ["shop\tbranch of b3", "shop@head\tbranch of b3"]
    assert values(folder, "-c alembic.ini history -r a1:a") == ["a1:a2", "a1:a1"]
    assert values(folder, "revision --head a") == ["a2", "a1"]
    assert offered(folder, "upgrade --sq") == [
        "--sql\twrite SQL to stdout, or to the output buffer, and touch no database"
    ]
    assert values(folder, "explain not-up") == ["not-up-to-date"]
    assert values(folder, "completion z") == ["zsh"]
    assert values(folder, "init --template mul") == ["multidb"]
    assert values(folder, "nonsense ") == values(folder, "revision --message a") == []


def test_nothing_is_said_where_there_is_no_environment(tmp_path: Path) -> None:
    assert values(tmp_path, "upgrade ab") == []
    (tmp_path / "alembic.ini").write_text("[alembic\n")
    assert values(tmp_path, "upgrade ab") == []


def test_neither_scripts_nor_env_py_are_run(environment: Environment) -> None:
    for name in ("migrations/env.py", "migrations/versions/a2_second.py"):
        path = environment.root / name
        environment.write(name, path.read_text(encoding="utf-8") + "\nraise RuntimeError('run')\n")
    assert values(environment.root, "upgrade a") == ["a2", "a1"]


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A PATH on which ``limbeck`` is this one."""
    command = tmp_path / "bin" / "limbeck"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m limbeck "$@"\n')
    command.chmod(0o755)
    return f"{command.parent}:{os.environ['PATH']}"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("limbeck upgrade a", ["a2  (second)", "a1  (first)"]),
        ("limbeck upgrade a1", ["a1"]),
        ("limbeck history -r a1:a2", ["a2"]),
        ("limbeck upgrade 'a", ["a2  (second)", "a1  (first)"]),
    ],
)
def test_bash(environment: Environment, path: str, line: str, expected: list[str]) -> None:
    bash = shutil.which("bash")
    assert bash is not None
    script = 'eval "$(limbeck completion bash)"; COMP_LINE=$1 COMP_POINT=${#1}; _limbeck_complete limbeck; '
    script += r'printf "%s\n" "${COMPREPLY[@]}"'
    done = subprocess.run(
        [bash, "-c", script, "bash", line],
        cwd=environment.root,
        env={**os.environ, "PATH": path},
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.splitlines() == expected


@pytest.mark.skipif(shutil.which("fish") is None, reason="needs fish")
def test_fish(environment: Environment, path: str) -> None:
    done = subprocess.run(
        ["fish", "-c", "limbeck completion fish | source; complete -C 'limbeck upgrade a'"],
        cwd=environment.root,
        env={**os.environ, "PATH": path, "HOME": str(environment.root)},
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert sorted(done.stdout.splitlines()) == ["a1\tfirst", "a2\tsecond"]


@pytest.mark.skipif(shutil.which("zsh") is None, reason="needs zsh")
def test_zsh_reads_its_script(environment: Environment, path: str) -> None:
    script = 'compdef() { print -r -- "$@"; }; eval "$(limbeck completion zsh)"; whence -w _limbeck_complete'
    done = subprocess.run(
        ["zsh", "-f", "-c", script],
        cwd=environment.root,
        env={**os.environ, "PATH": path},
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.splitlines() == ["_limbeck_complete limbeck", "_limbeck_complete: function"]


def test_another_shell(tmp_path: Path) -> None:
    done = limbeck(tmp_path, "completion", "fisch")
    assert (done.returncode, done.stderr) == (
        2,
        "error[usage]: There is no completion for 'fisch'\n  hint: did you mean 'fish'?\n",
    )


def test_ten_thousand_revisions_take_as_long_as_heads(environment: Environment) -> None:
    """Both read the header cache; the ratio has room for a busy machine."""
    for number in range(10_000):
        down = f"r{number - 1:05}" if number else "a2"
        text = f"'''revision {number}'''\nrevision = 'r{number:05}'\ndown_revision = '{down}'\n"
        (environment.versions / f"r{number:05}.py").write_text(text)
    environment.limbeck("heads")

    def seconds(work: object) -> float:
        begun = time.perf_counter()
        assert callable(work)
        work()
        return time.perf_counter() - begun

    heads = min(seconds(lambda: environment.limbeck("heads")) for _ in range(3))
    completion = min(seconds(lambda: offered(environment.root, "upgrade r0999")) for _ in range(3))
    assert values(environment.root, "upgrade r0999")[:2] == ["r09999", "r09998"]
    assert completion < 2 * heads
