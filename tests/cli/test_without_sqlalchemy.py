"""Commands that only read files: they work where importing SQLAlchemy, env.py or a revision file would fail."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import Environment


@pytest.fixture
def no_sqlalchemy(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Variables of a process in which `import sqlalchemy`, or Mako, raises."""
    folder = tmp_path_factory.mktemp("stubs")
    for name in ("sqlalchemy", "mako"):
        Path(folder / f"{name}.py").write_text(f"raise RuntimeError('{name} was imported')\n", encoding="utf-8")
    return {"PYTHONPATH": str(folder)}


@pytest.fixture
def guarded(environment: Environment) -> Environment:
    """An environment in which every script notices that it is imported."""
    environment.write("migrations/env.py", "raise RuntimeError('env.py was run')\n")
    for path in environment.versions.glob("*.py"):
        path.write_text(path.read_text(encoding="utf-8") + "\nraise RuntimeError('imported')\n", encoding="utf-8")
    return environment


@pytest.mark.parametrize(
    ("command", "lines"),
    [
        ("heads", ["a2 (head)"]),
        ("history", ["a1 -> a2 (head), second", "<base> -> a1, first"]),
        ("history -r a2:", ["a1 -> a2 (head), second"]),
        ("branches", []),
        ("show a1", ["Rev: a1", "Parent: <base>"]),
        ("graph", ["● a2 (head) second", "● a1 first"]),
        ("graph --format dot", ["digraph history {"]),
        ("heads -v", ["Rev: a2 (head)", "Parent: a1"]),
    ],
)
def test_reads_files_only(guarded: Environment, no_sqlalchemy: dict[str, str], command: str, lines: list[str]) -> None:
    for run in ("cold", "warm"):
        done = guarded.limbeck(*command.split(), environment=no_sqlalchemy)
        assert (done.returncode, done.stderr) == (0, ""), run
        assert done.stdout.splitlines()[: len(lines)] == lines, run


def test_the_stub_does_raise(environment: Environment, no_sqlalchemy: dict[str, str]) -> None:
    done = environment.limbeck("upgrade", "head", environment=no_sqlalchemy)
    assert done.returncode == 3
    assert "sqlalchemy was imported" in done.stderr
