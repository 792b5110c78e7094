"""Limbeck beside squawk on the SQL of the same scripts: what one of them finds and the other does not, and why."""

from __future__ import annotations

import json
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from reviewing import Reviewed
from scripts_for_squawk import CORPUS, GIVEN
from servers import Server

from limbeck import command
from limbeck.lint.rules import own_rules

SAME = {
    "adding-field-with-default": {
        "counting-column-rewrites-table",
        "stored-column-rewrites-table",
        "volatile-default-rewrites-table",
    },
    "adding-foreign-key-constraint": {"foreign-key-reads-rows"},
    "adding-not-nullable-field": {"set-not-null-reads-rows"},
    "adding-required-field": {"required-column"},
    "adding-serial-primary-key-field": {"constraint-builds-index"},
    "ban-concurrent-index-creation-in-transaction": {"concurrently-in-transaction"},
    "ban-drop-column": {"drop-column"},
    "ban-drop-database": {"drop-schema"},
    "ban-drop-schema": {"drop-schema"},
    "ban-drop-table": {"drop-table"},
    "ban-drop-view": {"drop-cascade", "no-lock-timeout"},
    "ban-truncate-cascade": {"truncate"},
    "changing-column-type": {"type-change-rewrites-table"},
    "constraint-missing-not-valid": {
        "check-reads-rows",
        "constraint-builds-index",
        "foreign-key-reads-rows",
        "validate-in-same-transaction",
    },
    "disallowed-unique-constraint": {"constraint-builds-index"},
    "identifier-too-long": {"name-too-long"},
    "prefer-identity": {"counting-column-rewrites-table"},
    "renaming-column": {"rename-column"},
    "renaming-object": {"rename-enum-value"},
    "renaming-table": {"rename-table"},
    "require-concurrent-index-creation": {"index-locks-table"},
    "require-concurrent-index-deletion": {"drop-index-locks-table"},
    "require-concurrent-partition-detach": {"detach-partition-locks-table"},
    "require-concurrent-reindex": {"reindex-locks-table"},
    "require-lock-timeout": {"no-lock-timeout"},
    "transaction-nesting": {"commit-in-script"},
}
"""Rules of squawk, and those of Limbeck that say the same."""

LEFT_TO_THE_PERSON = {
    "ban-char-field": "a matter of design, and no lock: char(n) pads with blanks",
    "ban-create-domain-with-constraint": "a matter of design: the domain is new, so that no row is read",
    "ban-drop-constraint": "no lock but one for a moment, which no-lock-timeout is about; old code is not refused",
    "ban-drop-not-null": "no lock but one for a moment, which no-lock-timeout is about; readers see NULL once code "
    "writes it, which no linter sees",
    "prefer-bigint-over-int": "a matter of design: int-key says it of keys, where it is switched on",
    "prefer-robust-stmts": "one statement in its revision: a second run is wanted to fail, since IF NOT EXISTS takes "
    "an index that CONCURRENTLY has left invalid for done; where others follow, not-repeatable says it",
    "prefer-text-field": "a matter of design: a longer varchar is not written anew",
    "prefer-timestamp-tz": "a matter of design",
    "require-enum-value-ordering": "the value comes last, which is what ALTER TYPE does where nothing is said",
    "require-statement-timeout": "about time, not locks: a limit for statements ends the VALIDATE or the CONCURRENTLY "
    "build that is long on purpose; `statement_timeout` of a header sets one for a revision",
}
"""Rules of squawk whose findings Limbeck does not share in any script, and why."""

FINDINGS_LEFT = {
    "require-lock-timeout": {
        "it waits for older transactions, and readers and writers do not queue behind it; a lock timeout would leave "
        "an invalid index": (
            "create index concurrently",
            "create index concurrently if not exists",
            "create index concurrently, raw, in a block",
            "create index concurrently in the transaction",
            "drop index concurrently",
            "drop index concurrently in the transaction",
            "reindex concurrently",
        ),
        "nor do those of the partitioned table; a lock timeout would leave the partition half detached": (
            "detach partition concurrently",
        ),
        "SHARE UPDATE EXCLUSIVE, behind which neither readers nor writers queue": ("validate",),
        "the table is new: no one else can hold a lock on it": ("index of a new table",),
        "no table is locked": (
            "check of a domain",
            "drop database",
            "enum value",
            "enum value, used",
            "rename enum value",
        ),
    },
    "changing-column-type": {"the live type is known: a longer varchar is not written anew": ("longer varchar",)},
    "prefer-identity": {"a matter of design: a new table has no row to number": ("table with an integer key",)},
}
"""Single findings of squawk that Limbeck does not share: rule, why, scripts."""

NOT_SEEN_BY_SQUAWK = {
    "attach-partition-reads-rows": "squawk has no rule for it",
    "backfill-under-lock": "squawk judges statement by statement",
    "concurrently-in-transaction": "squawk has a rule for CREATE INDEX only, not for DROP INDEX",
    "check-reads-rows": "squawk does not look at a check that is written with a column",
    "drop-cascade": "squawk's rules about drops do not look at CASCADE, but for TRUNCATE",
    "enum-value-used-too-soon": "squawk judges statement by statement",
    "foreign-key-without-index": "squawk does not know the indexes of the database",
    "json-without-equality": "squawk has no rule for it",
    "locks-several-tables": "squawk judges statement by statement",
    "old-writers-refused": "about code that is running, which squawk leaves out",
    "refresh-locks-view": "squawk has no rule for it",
    "required-column": "squawk takes a new primary key for a serial one",
    "rewrite-locks-table": "squawk has no rule for it",
    "rows-may-not-fit": "about rows, which squawk leaves out",
    "set-logged-rewrites-table": "squawk has no rule for it",
    "trigger-locks-table": "squawk has no rule for it",
    "truncate": "squawk has a rule for CASCADE only",
    "unnamed-constraint": "squawk has no rule for it",
    "write-without-where": "squawk has no rule for it",
}
"""Rules of Limbeck whose findings squawk does not share in some script, and why."""

Found = dict[str, set[str]]


@pytest.fixture(scope="module")
def both(
    tmp_path_factory: pytest.TempPathFactory, postgresql_server: Server, squawk: Path
) -> Iterator[tuple[Found, Found]]:
    """What squawk finds, and what Limbeck finds, by script."""
    url = postgresql_server.create()
    place = Reviewed(tmp_path_factory.mktemp("corpus"), url, settings="")
    place.sql(*GIVEN)
    written, here = place.root / "sql", {}
    written.mkdir()
    for number, (name, body) in enumerate(CORPUS.items()):
        place.write("pass", body)
        here[name] = {one["rule"] for one in place.lint("a1")}
        command.upgrade(place.config(), "a0:a1", sql=True)
        (written / f"{number:03}.sql").write_text(place.out.getvalue())
    asked = [squawk, "--reporter", "json", "--pg-version", "15", *sorted(written.iterdir())]
    answer = subprocess.run(asked, capture_output=True, text=True, check=False)
    there: Found = defaultdict(set)
    names = list(CORPUS)
    for one in json.loads(answer.stdout):
        there[names[int(Path(one["file"]).stem)]].add(one["rule_name"])
    yield there, here
    postgresql_server.drop(str(sa.make_url(url).database))


def test_the_corpus_is_large_and_says_what_it_shows(both: tuple[Found, Found]) -> None:
    there, here = both
    assert len(CORPUS) >= 60
    assert "sql-not-read" not in set().union(*here.values())
    assert "syntax-error" not in set().union(*there.values())
    assert len({name for name in CORPUS if here[name] and there[name]}) >= 60


def test_nothing_that_squawk_finds_is_missed_but_for_what_is_written_here(both: tuple[Found, Found]) -> None:
    there, here = both
    missed = {
        (rule, name)
        for name in CORPUS
        for rule in there[name]
        if rule not in LEFT_TO_THE_PERSON and not SAME.get(rule, set()) & here[name]
    }
    assert missed == {
        (rule, name) for rule, reasons in FINDINGS_LEFT.items() for names in reasons.values() for name in names
    }


def test_what_is_left_to_the_person_is_found_by_squawk_and_never_by_limbeck(both: tuple[Found, Found]) -> None:
    there, _ = both
    assert set(LEFT_TO_THE_PERSON) <= set().union(*there.values())
    assert not set(LEFT_TO_THE_PERSON) & set(SAME)


def test_what_squawk_does_not_see_is_written_here(both: tuple[Found, Found]) -> None:
    there, here = both
    alone = {
        rule
        for name in CORPUS
        for rule in here[name]
        if not any(rule in SAME.get(other, set()) for other in there[name])
    }
    assert alone == set(NOT_SEEN_BY_SQUAWK)


def test_the_table_of_rules_names_rules_that_there_are(both: tuple[Found, Found]) -> None:
    there, _ = both
    assert set(SAME) <= set().union(*there.values())
    assert set().union(*SAME.values(), NOT_SEEN_BY_SQUAWK) <= {rule.name for rule in own_rules()}
