"""Every rule by its examples: found, not found beside it, exempt, allowed; its safe code runs and draws no finding."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import page
import pytest
import sqlalchemy as sa
from reviewing import Reviewed
from servers import Server

from limbeck.lint.rule import Rule
from limbeck.lint.rules import own_rules

DIALECTS = ("postgresql", "mariadb", "sqlite")


NOT_SEEN_HERE = {"rows-may-not-fit", "old-writers-refused"}
"""The rules that safe code may draw: only the rows can tell, or the application."""

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


def cases(kind: str) -> list[object]:
    """One case an example, by rule, dialect and number."""
    found: list[object] = []
    for rule, dialect in RULES:
        codes = getattr(rule.examples, kind)
        codes = (codes,) if isinstance(codes, str) else codes or ()
        found += [pytest.param(rule, dialect, code, id=f"{rule.name}-{dialect}-{n}") for n, code in enumerate(codes)]
    return found


each = lambda kind: pytest.mark.parametrize(("rule", "dialect", "code"), cases(kind))  # noqa: E731 three times


@pytest.fixture(scope="module")
def databases() -> Iterator[dict[str, tuple[Server, str]]]:
    """A database a server, for all tests of this module."""
    made: dict[str, tuple[Server, str]] = {}
    yield made
    for server, url in made.values():
        server.drop(str(sa.make_url(url).database))


@pytest.fixture
def place(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    databases: dict[str, tuple[Server, str]],
    rule: Rule,
    dialect: str,
) -> Reviewed:
    """An environment for a rule, whose database has nothing but what its examples ask for."""
    if dialect != "sqlite" and dialect not in databases:
        server = request.getfixturevalue(f"{dialect}_server")
        databases[dialect] = server, server.create()
    settings = (
        rule.examples.settings if rule.is_on else f"{rule.examples.settings}\nlint_rules = {rule.name}={rule.severity}"
    )
    url = request.getfixturevalue("sqlite_url") if dialect == "sqlite" else databases[dialect][1]
    reviewed = Reviewed(tmp_path, url, settings)
    name = sa.make_url(reviewed.url).database
    if dialect == "postgresql":
        reviewed.sql("DROP SCHEMA IF EXISTS old CASCADE", "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    elif dialect == "mariadb":
        reviewed.sql(f"DROP DATABASE `{name}`", f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4", f"USE `{name}`")
    reviewed.sql(*rule.examples.given)
    if rule.examples.module:
        (tmp_path / "shop_models.py").write_text(rule.examples.module)
        monkeypatch.syspath_prepend(tmp_path)
    return reviewed


@each("found")
def test_found_and_allowed_by_a_comment(rule: Rule, place: Reviewed, code: str) -> None:
    found = place.found_by(rule, code)
    assert found
    file = place.versions / "a0_.py"
    assert {(one["severity"], one["file"]) for one in found} == {(rule.severity, str(file))}
    text = file.read_text().splitlines()
    for line in sorted({one["line"] or 2 for one in found}, reverse=True):
        indent = re.match(r"\s*", text[line - 1])[0]  # type: ignore[index]
        text.insert(line - 1, f"{indent}# limbeck: allow({rule.name}): tried on a copy of the database")
    file.write_text("\n".join(text))
    assert not {rule.name, "unneeded-allow"} & {one["rule"] for one in place.lint() if one["revision"] == "a0"}


@each("near")
def test_near_miss(rule: Rule, place: Reviewed, code: str) -> None:
    assert rule.name not in {one["rule"] for one in place.found(code)}


@each("exempt")
def test_exempt_where_the_table_is_new(rule: Rule, place: Reviewed, code: str) -> None:
    assert rule.name not in {one["rule"] for one in place.found(code)}


@each("found")
def test_safe_code_runs_and_draws_no_finding(rule: Rule, place: Reviewed, code: str) -> None:
    found = place.found_by(rule, code)[0]
    if found["safe"] is None:
        assert rule.name in WITHOUT_A_SAFE_WAY
        return
    safe = re.split(r"\n\n# the next revision:\n", found["safe"])
    assert [one for one in place.found(*safe) if one["rule"] not in NOT_SEEN_HERE - {rule.name}] == []
    place.upgrade()


LOCKING = [
    pytest.param(rule, dialect, code, id=f"{rule.name}-{n}")
    for rule, dialect in RULES
    if rule.lock
    for n, code in enumerate(rule.examples.found)
]


@pytest.mark.parametrize(("rule", "dialect", "code"), LOCKING)
def test_takes_the_lock_that_it_says(rule: Rule, place: Reviewed, code: str) -> None:
    """PostgreSQL's own word, after the statements of the example in one transaction."""
    if "autocommit_block" in code:
        assert _asked_for(place, code) == rule.lock
    else:
        assert rule.lock in {mode for _, mode in _locks(place, code)}


SHORT = next(rule for rule in own_rules() if rule.name == "no-lock-timeout")


@pytest.mark.parametrize(
    ("rule", "dialect", "code", "lock"),
    [
        (SHORT, "postgresql", 'op.execute("REINDEX TABLE account")', ("account", "ShareLock")),
        (SHORT, "postgresql", 'op.execute("TRUNCATE account")', ("account", "AccessExclusiveLock")),
        (SHORT, "postgresql", 'op.execute("CLUSTER account USING account_pkey")', ("account", "AccessExclusiveLock")),
        (
            SHORT,
            "postgresql",
            'op.create_table("item", sa.Column("account_id", sa.Integer, sa.ForeignKey("account.id")))',
            ("account", "ShareRowExclusiveLock"),
        ),
    ],
)
def test_other_statements_without_a_lock_timeout(rule: Rule, place: Reviewed, code: str, lock: tuple[str, str]) -> None:
    assert rule.name in {one["rule"] for one in place.found(code)}
    assert lock in _locks(place, code)


def _locks(place: Reviewed, code: str) -> set[tuple[str, str]]:
    """The tables and modes of the locks that a transaction holds after ``code``, as PostgreSQL has them."""
    watch = (
        "\nfrom pathlib import Path"
        "\nlocks = op.get_bind().exec_driver_sql('SELECT relname, mode FROM pg_locks l JOIN pg_class c"
        " ON c.oid = l.relation WHERE pid = pg_backend_pid() AND relnamespace = ''public''::regnamespace').all()"
        f"\nPath({str(place.root / 'locks')!r}).write_text('\\n'.join(' '.join(one) for one in locks))"
    ).replace("''public''", "\\'public\\'")
    place.write(code + watch)
    place.upgrade()
    return {tuple(line.split()) for line in (place.root / "locks").read_text().splitlines()}  # type: ignore[misc]


def _asked_for(place: Reviewed, code: str) -> str:
    """The lock that a statement outside a transaction waits for, while another session reads the table."""
    place.write(code)
    engine = sa.create_engine(place.url, poolclass=sa.NullPool)
    with engine.connect() as reader, engine.connect() as watcher:
        reader.exec_driver_sql("SELECT * FROM account")
        run = threading.Thread(target=place.upgrade)
        run.start()
        waiting = None
        while waiting is None and run.is_alive():
            waiting = watcher.exec_driver_sql(
                "SELECT mode FROM pg_locks WHERE NOT granted AND relation = 'account'::regclass"
            ).scalar()
        reader.rollback()
        run.join()
    return str(waiting)


@pytest.mark.parametrize(
    ("rule", "dialect", "code", "is_in_place"),
    [
        pytest.param(rule, "mariadb", code, kind == "near", id=f"{kind}-{n}")
        for rule in own_rules()
        if rule.name == "alter-copies-table"
        for kind in ("found", "near")
        for n, code in enumerate(getattr(rule.examples, kind))
    ],
)
def test_copies_the_table_as_it_says(rule: Rule, place: Reviewed, code: str, is_in_place: bool) -> None:
    """MariaDB's own word: whether it accepts ALGORITHM=INPLACE for the statement of the example."""
    place.write(code)
    (action,) = place.actions()
    statement = f"{action.sql[0].rstrip(';')}, ALGORITHM=INPLACE"
    if is_in_place:
        place.sql(statement)
    else:
        with pytest.raises(sa.exc.DBAPIError, match="ALGORITHM=INPLACE is not supported"):
            place.sql(statement)


@pytest.mark.parametrize(
    ("rule", "dialect", "code", "writes_go_on"),
    [
        pytest.param(rule, "mariadb", code, kind == "near", id=f"{kind}-{n}")
        for rule in own_rules()
        if rule.name == "alter-blocks-writes"
        for kind in ("found", "near")
        for n, code in enumerate(getattr(rule.examples, kind))
    ],
)
def test_blocks_writes_as_it_says(rule: Rule, place: Reviewed, code: str, writes_go_on: bool) -> None:
    """MariaDB's own word: whether it accepts LOCK=NONE for the statement of the example, which is done in place."""
    place.write(code)
    (action,) = place.actions()
    statement = re.sub(r"^CREATE (.*) ON (\w+)", r"ALTER TABLE \2 ADD \1", action.sql[0].rstrip(";"))
    if writes_go_on:
        place.sql(f"{statement}, ALGORITHM=INPLACE, LOCK=NONE")
    else:
        with pytest.raises(sa.exc.DBAPIError, match="LOCK=NONE is not supported"):
            place.sql(f"{statement}, ALGORITHM=INPLACE, LOCK=NONE")
        place.sql(f"{statement}, ALGORITHM=INPLACE, LOCK=SHARED")


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
