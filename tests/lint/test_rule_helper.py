"""`limbeck.testing.rules`: a rule of a package is tested as those of Limbeck are, and mistakes in it are found."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from limbeck.lint.changes import CreateTable
from limbeck.lint.rule import Examples, Found, Rule
from limbeck.lint.step import Step
from limbeck.testing.rules import Example, examples

PAGE = Path(__file__).parents[2] / "docs" / "lint.md"

BARE = 'op.create_table("p", sa.Column("id", sa.Integer, primary_key=True))'
DATED = 'op.create_table("p", sa.Column("id", sa.Integer, primary_key=True), sa.Column("created_at", sa.DateTime))'


def dated(step: Step) -> Iterator[Found]:
    for placed, table in step.of(CreateTable, new=True):
        if "created_at" not in {column.name for column in table.columns}:
            yield Found(placed, f"{table.table} has no created_at", (DATED,))


RULE = Rule("audit-columns", "warning", "Rows say when they came.", dated, Examples(found=(BARE,), near=(DATED,)))


def failing(rule: Rule, root: Path, **options: bool) -> list[str]:
    """The tests of a rule that fail."""
    failed = []
    for number, example in enumerate(examples(rule)):
        folder = root / str(number)
        folder.mkdir()
        try:
            example.check(folder, **options)
        except AssertionError:
            failed.append(str(example))
    return failed


def changed(**examples: object) -> Rule:
    return dataclasses.replace(RULE, examples=dataclasses.replace(RULE.examples, **examples))  # type: ignore[arg-type]


def test_a_right_rule(tmp_path: Path) -> None:
    assert [str(one) for one in examples(RULE)] == [
        "audit-columns-found-0",
        "audit-columns-near-0",
        "audit-columns-allowed-0",
        "audit-columns-safe-0",
    ]
    assert failing(RULE, tmp_path) == []


@pytest.mark.parametrize(
    ("rule", "fails"),
    [
        (changed(found=(DATED,)), {"audit-columns-found-0", "audit-columns-allowed-0", "audit-columns-safe-0"}),
        (changed(near=(BARE,)), {"audit-columns-near-0"}),
        (changed(exempt=BARE), {"audit-columns-exempt-0"}),
        (dataclasses.replace(RULE, is_on=False), set()),
    ],
)
def test_a_wrong_one(rule: Rule, fails: set[str], tmp_path: Path) -> None:
    assert set(failing(rule, tmp_path)) == fails


def test_safe_code_that_draws_a_finding(tmp_path: Path) -> None:
    def check(step: Step) -> Iterator[Found]:
        return (found._replace(safe=(BARE,)) for found in dated(step))

    assert failing(dataclasses.replace(RULE, check=check), tmp_path) == ["audit-columns-safe-0"]


def test_without_safe_code(tmp_path: Path) -> None:
    def check(step: Step) -> Iterator[Found]:
        return (found._replace(safe=()) for found in dated(step))

    rule = dataclasses.replace(RULE, check=check)
    for name in ("needed", "not needed"):
        (tmp_path / name).mkdir()
    assert failing(rule, tmp_path / "needed") == ["audit-columns-safe-0"]
    assert failing(rule, tmp_path / "not needed", needs_safe=False) == []


def test_safe_code_that_does_not_run(tmp_path: Path) -> None:
    def check(step: Step) -> Iterator[Found]:
        return (found._replace(safe=('op.execute("INSERT INTO nowhere VALUES (1)")',)) for found in dated(step))

    safe = Example(dataclasses.replace(RULE, check=check), "safe", 0, BARE)
    with pytest.raises(Exception, match="no such table: nowhere"):
        safe.check(tmp_path)


def test_the_example_of_the_page(tmp_path: Path) -> None:
    """The rule and its test, as they stand there, in a package and a file of tests."""
    section = PAGE.read_text(encoding="utf-8").partition("## Rules of your own")[2].partition("\n## ")[0]
    rule, test = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "__init__.py").touch()
    (tmp_path / "acme" / "rules.py").write_text(rule)
    (tmp_path / "test_rules.py").write_text(test)
    words = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(tmp_path),
        "test_rules.py",
    ]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "4 passed" in done.stdout, done.stdout + done.stderr
