"""Every rule by its examples: found, not found beside it, exempt, allowed; its safe code runs and draws no finding."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import page
import pytest
import sqlalchemy as sa
from reviewing import Reviewed
from servers import Server

from limbeck.command.environments import environment_of
from limbeck.lint import engine
from limbeck.lint.observe import carried_out
from limbeck.lint.ranges import Range
from limbeck.lint.rule import Rule
from limbeck.lint.rules import own_rules
from limbeck.results import ObservedStatement
from limbeck.testing.rules import Example, examples

DIALECTS = ("postgresql", "mariadb", "sqlite")


WITHOUT_A_SAFE_WAY = {
    "models-imported",
    "naming-pattern",
    "downgrade-differs",
    "alter-blocks-writes",
    "batch-rebuilds-table",
    "enum-values-move",
    "references-ignored",
    "two-heads",
    "several-passes",
    "no-comment",
    "rewrite-locks-table",
    "rows-may-not-fit",
    "type-narrows",
    "no-primary-key",
    "money-as-float",
    "int-key",
    "unnamed-constraint",
    "rest-not-reviewed",
    "sql-of-values",
    "no-way-back",
    "message-says-nothing",
    "alter-copies-table",
    "sql-not-read",
    "set-logged-rewrites-table",
    "stored-column-rewrites-table",
}
"""Rules about what cannot be done otherwise."""


def _dialects(rule: Rule) -> list[str]:
    return [name for name in DIALECTS if rule.applies_to(name)] if rule.dialects else ["postgresql"]


RULES = [(rule, dialect) for rule in own_rules() for dialect in _dialects(rule)]


CASES = [
    pytest.param(rule, dialect, example, id=f"{example}-{dialect}")
    for rule, dialect in RULES
    for example in examples(rule)
]


@pytest.fixture(scope="module")
def databases() -> Iterator[dict[str, tuple[Server, str]]]:
    """A database a server, for all tests of this module."""
    made: dict[str, tuple[Server, str]] = {}
    yield made
    for server, url in made.values():
        server.drop(str(sa.make_url(url).database))


def make(place: Reviewed, rule: Rule, dialect: str) -> None:
    """Have nothing in the database but what the examples of a rule ask for."""
    name = sa.make_url(place.url).database
    if dialect == "postgresql":
        place.sql("DROP SCHEMA IF EXISTS old CASCADE", "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    elif dialect == "mariadb":
        place.sql(f"DROP DATABASE `{name}`", f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4", f"USE `{name}`")
    else:
        Path(str(name)).unlink(missing_ok=True)
    place.sql(*rule.examples.given)


@pytest.fixture
def url(request: pytest.FixtureRequest, databases: dict[str, tuple[Server, str]], dialect: str) -> str:
    """A database with nothing in it."""
    if dialect == "sqlite":
        return str(request.getfixturevalue("sqlite_url"))
    if dialect not in databases:
        server = request.getfixturevalue(f"{dialect}_server")
        databases[dialect] = server, server.create()
    url = databases[dialect][1]
    name = sa.make_url(url).database
    emptied = {
        "postgresql": ("DROP SCHEMA IF EXISTS old CASCADE", "DROP SCHEMA public CASCADE", "CREATE SCHEMA public"),
        "mariadb": (f"DROP DATABASE `{name}`", f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4"),
    }
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        for statement in emptied[dialect]:
            connection.exec_driver_sql(statement)
    return url


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, rule: Rule, dialect: str) -> Reviewed:
    """An environment for a rule, whose database has nothing but what its examples ask for."""
    settings = (
        rule.examples.settings if rule.is_on else f"{rule.examples.settings}\nlint_rules = {rule.name}={rule.severity}"
    )
    reviewed = Reviewed(tmp_path, url, settings)
    make(reviewed, rule, dialect)
    if rule.examples.module:
        (tmp_path / "shop_models.py").write_text(rule.examples.module)
        monkeypatch.syspath_prepend(tmp_path)
    return reviewed


@pytest.mark.parametrize(("rule", "dialect", "example"), CASES)
def test_an_example(rule: Rule, example: Example, tmp_path: Path, url: str) -> None:
    """Found, not found beside it, exempt, allowed by a comment; the safe code runs and draws no finding."""
    example.check(tmp_path, url, needs_safe=rule.name not in WITHOUT_A_SAFE_WAY)


# --- proved by what servers do ----------------------------------------------------------------------------------------

LET_WRITES_GO_ON = {
    "ROW EXCLUSIVE",
    "SHARE UPDATE EXCLUSIVE",
    "ALGORITHM=INSTANT, LOCK=NONE",
    "ALGORITHM=NOCOPY, LOCK=NONE",
    "ALGORITHM=INPLACE, LOCK=NONE",
}
"""Locks under which other sessions read and write."""


def claims(codes: Callable[[Rule], Sequence[str]]) -> list[object]:
    """One case an example of the rules that say what is locked or written anew."""
    return [
        pytest.param(rule, dialect, code, id=f"{rule.name}-{dialect}-{n}")
        for rule, dialect in RULES
        if rule.lock or rule.rewrites
        for n, code in enumerate(codes(rule))
    ]


def carry_out(place: Reviewed) -> tuple[ObservedStatement, ...]:
    """What the statements of the revisions do, which are run."""
    environment = environment_of(place.config())
    return carried_out(environment, {script.revision for script in environment.script.walk_revisions()})


def heard_of(place: Reviewed, rule: Rule, statements: tuple[ObservedStatement, ...]) -> list[str]:
    """What findings of a rule say of statements that were observed."""
    config = place.config()
    by = engine.reviewer(config)._replace(observed=statements)
    found = engine.lint(environment_of(config), Range("base:heads"), by).findings
    return [one.message.rpartition("; observed")[2] for one in found if one.rule == rule.name]


@pytest.mark.parametrize(("rule", "dialect", "code"), claims(lambda rule: rule.examples.found))
def test_does_what_it_says(rule: Rule, dialect: str, place: Reviewed, code: str) -> None:
    """The example runs, observed as by `lint --observe`, and takes the lock, and writes the table anew, as is said."""
    place.write(code, back=rule.examples.back, doc=rule.examples.message)
    statements = carry_out(place)
    assert [one.error for one in statements if one.error] == []
    make(place, rule, dialect)
    said = heard_of(place, rule, statements)
    assert said
    for one in said:
        assert one.startswith(": "), one
        assert rule.lock is None or f"{rule.lock} on " in one, one
        assert not rule.rewrites or " written anew" in one, one


@pytest.mark.parametrize(("rule", "dialect", "code"), claims(lambda rule: rule.examples.near))
def test_beside_it_nothing_of_that_happens(rule: Rule, dialect: str, place: Reviewed, code: str) -> None:
    """What a rule leaves alone writes no table anew, and reads none under a lock that others wait for."""
    place.write(code, back=rule.examples.back, doc=rule.examples.message)
    statements = carry_out(place)
    if rule.rewrites:
        assert [one.rewritten for one in statements if one.rewritten] == []


@pytest.mark.parametrize(("rule", "dialect", "code"), claims(lambda rule: rule.examples.found))
def test_safe_code_lets_others_go_on(rule: Rule, place: Reviewed, code: str) -> None:
    """The safe code reads rows, and writes tables anew, under locks only that let others read and write."""
    found = next(one for one in place.found(code, back=rule.examples.back) if one["rule"] == rule.name)
    if found["safe"] is None:
        assert rule.name in WITHOUT_A_SAFE_WAY
        return
    place.write(*re.split(r"\n\n# the next revision:\n", found["safe"]))
    for one in carry_out(place):
        assert one.error is None, one
        lets_go_on = LET_WRITES_GO_ON | (
            {"EXCLUSIVE"} if rule.name == "refresh-locks-view" else set()
        )  # nobody writes it
        busy = {*one.read, *one.rewritten}
        assert {lock.mode for lock in one.locks if lock.table in busy} <= lets_go_on, one


SHORT = next(rule for rule in own_rules() if rule.name == "no-lock-timeout")


@pytest.mark.parametrize(
    ("rule", "dialect", "code", "lock"),
    [
        (SHORT, "postgresql", 'op.execute("REINDEX TABLE account")', "SHARE"),
        (SHORT, "postgresql", 'op.execute("TRUNCATE account")', "ACCESS EXCLUSIVE"),
        (SHORT, "postgresql", 'op.execute("CLUSTER account USING account_pkey")', "ACCESS EXCLUSIVE"),
        (
            SHORT,
            "postgresql",
            'op.create_table("item", sa.Column("account_id", sa.Integer, sa.ForeignKey("account.id")))',
            "SHARE ROW EXCLUSIVE",
        ),
    ],
)
def test_other_statements_without_a_lock_timeout(rule: Rule, place: Reviewed, code: str, lock: str) -> None:
    assert rule.name in {one["rule"] for one in place.found(code)}
    assert ("account", lock) in {(one.table, one.mode) for statement in carry_out(place) for one in statement.locks}


@pytest.mark.parametrize(
    ("rule", "dialect"), [pytest.param(rule, _dialects(rule)[0], id=rule.name) for rule in own_rules()]
)
def test_documented(rule: Rule, place: Reviewed) -> None:
    """docs/lint.md has its reason, its first example and the safe code for that; `make lint-page` writes them."""
    code = rule.examples.found[0]
    (found, *_) = [(one["safe"], one["fixable"]) for one in place.found_by(rule, code)]
    if "LIMBECK_WRITE_LINT_PAGE" in os.environ:
        page.write(rule, *found)
    assert page.section(rule, *found) in page.PAGE.read_text(encoding="utf-8")


def test_every_section_has_its_rule() -> None:
    assert page.names() == [rule.name for rule in own_rules()]
